// A proxy on a free port that passes requests on and breaks the first streams off, as a bad network does.

import http from "node:http";

/**
 * Serves what `target` (a URL) serves; the first `drops` event streams are broken off after
 * `events` whole events each. Gives the proxy's URL, the requests it saw ({method, url, headers})
 * and close().
 */
export async function droppingProxy(target, { events, drops = 1 }) {
  const requests = [];
  let left = drops;
  const server = http.createServer((request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    const { hostname, port } = new URL(target);
    const onward = http.request(
      { hostname, port, path: request.url, method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        const isStream = (answer.headers["content-type"] ?? "").startsWith("text/event-stream");
        if (!isStream || left === 0) return answer.pipe(response);
        left -= 1;
        passEvents(answer, response, events, () => onward.destroy());
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, close };
}

function passEvents(answer, response, count, drop) {
  let text = "";
  let passed = 0;
  answer.setEncoding("utf8");
  answer.on("data", (piece) => {
    text += piece;
    let end;
    while (passed < count && (end = /\r?\n\r?\n/.exec(text))) {
      const whole = text.slice(0, end.index + end[0].length);
      text = text.slice(whole.length);
      response.write(whole);
      if (/^event:/m.test(whole)) passed += 1;
    }
    if (passed < count) return;
    // what is written has to reach the client before the connection breaks
    response.write("", () => setImmediate(() => response.destroy()));
    passed = Infinity;
    drop();
  });
  answer.on("error", () => {});
  answer.on("end", () => passed < count && response.end());
}
