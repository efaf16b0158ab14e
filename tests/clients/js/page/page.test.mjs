// One chat page (PAGE: hook, assistant or v2) in headless Chromium (CHROMIUM), from another origin
// than the server (SERVER_URL). Pictures of what was seen land in PICTURES.

import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { chromium } from "playwright-core";
import { build } from "vite";

const { CHROMIUM, PAGE, PICTURES, SERVER_URL } = process.env;
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css" };
const SLOWLY = { pace: 0.25 };
let browser;
let pages;
let origin;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  const isOld = (file) => file.startsWith(`${PAGE}-`);
  for (const file of readdirSync(PICTURES).filter(isOld)) rmSync(join(PICTURES, file));
  await build();
  pages = http.createServer((request, response) => {
    const file = join("dist", PAGE, new URL(request.url, "http://x").pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.setHeader("content-type", TYPES[file.split(".").at(-1)]);
    createReadStream(file).pipe(response);
  });
  pages.listen(0, "127.0.0.1");
  await new Promise((resolve) => pages.once("listening", resolve));
  origin = `http://127.0.0.1:${pages.address().port}`;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
});

after(async () => {
  await browser?.close();
  pages?.close();
  pages?.closeAllConnections();
});

/** Opens the page and plays `act`; whatever the browser complains about fails the test. */
async function visit(options, act) {
  const context = await browser.newContext({ viewport: { width: 800, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const query = new URLSearchParams({ server: SERVER_URL, ...options });
  const picture = (what) => page.screenshot({ path: join(PICTURES, `${PAGE}-${what}.png`) });
  try {
    await page.goto(`${origin}/${PAGE}.html?${query}`);
    await act({ page, picture, say: sayer(page) });
  } catch (error) {
    await picture("broken");
    throw new Error(`${error.stack}\nthe browser said: ${complaints.join("\n") || "nothing"}`);
  } finally {
    await context.close();
  }
  assert.deepEqual(complaints.filter((text) => !options.expected?.test(text)), []);
}

const sayer = (page) => async (text) => {
  await page.getByRole("textbox").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};
const script = (...steps) => JSON.stringify(steps);
const answer = (page, n = -1) => page.locator(".message.ai").nth(n);

/** Whether a request makes a run that goes on from an earlier checkpoint, in either protocol. */
function isFork(request) {
  const body = request.method() === "POST" ? request.postDataJSON() : {};
  if (request.url().endsWith("/runs/stream")) return body.checkpoint;
  return request.url().endsWith("/commands") && body.params.config?.configurable.checkpoint_id;
}

/** All the texts that the last answer had until it read `whole`. */
async function watch(page, whole) {
  return page.evaluate(
    (whole) =>
      new Promise((resolve) => {
        const seen = [];
        const look = () => {
          const text = [...document.querySelectorAll(".message.ai p, .message.ai")].at(-1)?.innerText ?? "";
          const first = text.split("\n")[0].trim();
          if (first && first !== seen.at(-1)) seen.push(first);
          if (first === whole) resolve(seen);
          else requestAnimationFrame(look);
        };
        look();
      }),
    whole,
  );
}

describe(`a chat page (${PAGE})`, { timeout: 120_000 }, () => {
  it("shows an answer as it comes, and the whole talk after a reload", async () => {
    const steps = script({ say: "This comes word by word.", ...SLOWLY });
    await visit({ assistant: "probe", script: steps }, async ({ page, picture, say }) => {
      const watched = watch(page, "This comes word by word.");
      await say("Tell me slowly.");
      await answer(page).getByText("This comes").waitFor();
      await picture("1-streaming");
      const seen = await watched;
      assert.ok(seen.length >= 2, `the answer came in one piece: ${seen}`);
      await picture("2-answered");
      await page.reload();
      await answer(page).getByText("This comes word by word.").waitFor();
      await page.locator(".message.human").getByText("Tell me slowly.").waitFor();
      await picture("3-reloaded");
    });
  });

  it("asks for approval, also after a reload, and goes on", async () => {
    const steps = script(
      { interrupt: { action: "delete everything" } },
      { say: { $: "resume" } },
    );
    await visit({ assistant: "probe", script: steps }, async ({ page, picture, say }) => {
      await say("Clean up.");
      await page.getByText("delete everything").waitFor();
      await picture("4-asked");
      await page.reload();
      await page.getByText("delete everything").waitFor();
      await page.getByRole("button", { name: "Approve" }).click();
      await answer(page).getByText("approved").waitFor();
      await page.getByText("delete everything").waitFor({ state: "detached" });
      await picture("5-approved");
    });
  });

  it("regenerates an answer", async () => {
    await visit({}, async ({ page, picture, say }) => {
      await say("Say it again");
      await answer(page).getByText("Say it again").waitFor();
      const first = await answer(page).getAttribute("id");
      const forked = page.waitForResponse((response) => isFork(response.request()));
      await answer(page).getByRole("button", { name: "Regenerate" }).click();
      assert.equal((await forked).status(), 200);
      await answer(page).getByText("Say it again").waitFor();
      if (PAGE === "hook") {
        await answer(page).getByRole("button", { name: "Answer 2" }).waitFor();
      } else if (PAGE === "v2") {
        await page.locator(`.message.ai:not([id="${first}"])`).waitFor();
      }
      await page.locator(".message").nth(2).waitFor({ state: "detached" });
      assert.equal(await page.locator(".message").count(), 2);
      await picture("6-regenerated");
    });
  });
});

if (PAGE !== "assistant") {
  describe("a page that is reloaded while a run goes on", { timeout: 120_000 }, () => {
    it("joins the run again and shows the rest", async () => {
      const steps = script({ say: "One two three four five six seven eight.", pace: 0.5 });
      await visit({ assistant: "probe", script: steps }, async ({ page, picture, say }) => {
        await say("Count.");
        await answer(page).getByText("One two").waitFor();
        await page.reload();
        await page.locator("main[data-loading=true]").waitFor();
        await picture("7-joined-again");
        await answer(page).getByText("One two three four five six seven eight.").waitFor();
        await page.locator("main[data-loading=false]").waitFor();
        assert.equal(await page.locator(".message").count(), 2);
      });
    });

    it("stops it, and shows what fails", async () => {
      const steps = script({ say: "Begun." }, { node: "check" }, { sleep: 30 });
      await visit({ assistant: "probe", script: steps }, async ({ page, say }) => {
        await say("Go.");
        await answer(page).getByText("Begun.").waitFor();
        await page.getByRole("button", { name: "Stop" }).click();
        await page.locator("main[data-loading=false]").waitFor();
      });
      const failing = script({ fail: { error: "ValueError", message: "boom" } });
      const options = { assistant: "probe", script: failing, expected: /boom|ValueError/ };
      await visit(options, async ({ page, picture, say }) => {
        await say("Fail.");
        await page.locator(".error").getByText("boom").waitFor();
        await picture("8-failed");
      });
    });
  });
}

if (PAGE === "v2") {
  describe("a page with a history", { timeout: 120_000 }, () => {
    it("lists the states of its thread, newest first", async () => {
      await visit({}, async ({ page, picture, say }) => {
        await say("Remember this");
        await answer(page).getByText("Remember this").waitFor();
        await page.locator("main[data-loading=false]").waitFor();
        await page.getByRole("button", { name: "History" }).click();
        await page.getByText("input: 0 messages").waitFor();
        const states = ["loop: 2 messages", "loop: 1 messages", "input: 0 messages"];
        assert.deepEqual(await page.getByRole("listitem").allInnerTexts(), states);
        await picture("9-history");
      });
    });
  });
}
