"""`runcontract check` as its user calls it: exit codes, messages, files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from conformance import registry
from conformance.cli import check
from spec.data import HERE
from tests.conformance.tiny import tiny_server
from tests.ownership import USERS_FILE
from tests.serving import mock_process

HEALTH = ("--no-fuzz", "-k", "server-is-well")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, arguments)


def test_a_good_server_is_conformant() -> None:
    with tiny_server() as (url, _):
        result = run(url, *HEALTH)
    assert result.exit_code == 0, result.output
    assert "CONFORMANT" in result.stdout
    assert "1 pass" in result.stdout


def test_a_bad_server_is_not() -> None:
    with tiny_server(ok={"ok": "so-so"}) as (url, _):
        result = run(url, *HEALTH)
    assert result.exit_code == 1
    assert "NOT CONFORMANT" in result.stdout
    assert "SYS-OK-01" in result.stdout
    assert "system.server-is-well" in result.stdout
    assert f"$ curl -s -i {url}/ok" in result.stdout


def test_nobody_there_is_told_with_what_was_tried() -> None:
    with tiny_server() as (url, _):
        pass
    result = run(url)
    assert result.exit_code == 2
    assert f"{url}/openapi.json" in result.stderr
    assert "started?" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["127.0.0.1:80"], "no URL"),
        (["http://127.0.0.1:9", "--profile", "rums"], "'runs'"),
        (["http://127.0.0.1:9", "--baseline", "nothing-like-it"], "no baseline"),
        (["http://127.0.0.1:9", "--fuzz", "3", "--no-fuzz"], "contradict"),
        (["http://127.0.0.1:9", "-H", "no colon"], "-H"),
        (["http://127.0.0.1:9", "--json", "/no/such/folder/r.json"], "folder"),
        (["http://127.0.0.1:9", "--seed", "one"], "--seed"),
        ([], "URL"),
    ],
)
def test_bad_usage(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_an_unknown_assistant_is_bad_usage() -> None:
    with tiny_server() as (url, _):
        result = run(url, "--assistant", "nobody", *HEALTH)
    assert result.exit_code == 2
    assert "it has agent" in result.stderr


def test_nothing_selected_is_bad_usage() -> None:
    with tiny_server() as (url, _):
        result = run(url, "--no-fuzz", "-k", "no-such-check")
    assert result.exit_code == 2
    assert "-k" in result.stderr


def test_a_fault_of_ours_is_no_fault_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("ours")

    found = registry.checks()["system.server-is-well"]
    ours = registry.Check(found.id, found.requirements, found.scenario, broken, None, "")
    monkeypatch.setitem(registry._CHECKS, found.id, ours)
    with tiny_server() as (url, _):
        result = run(url, *HEALTH)
    assert result.exit_code == 3
    assert "harness error" in result.stdout
    match = re.search(r"see (\S+)", result.stderr)
    assert match is not None
    crash = Path(match[1])
    assert "ZeroDivisionError" in crash.read_text()
    crash.unlink()


def test_a_crash_of_ours_leaves_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("conformance.session.terminal.show", crash)
    with tiny_server() as (url, _):
        result = run(url, *HEALTH)
    assert result.exit_code == 3
    match = re.search(r"see (\S+)", result.stderr)
    assert match is not None
    assert "ZeroDivisionError" in Path(match[1]).read_text()
    Path(match[1]).unlink()


def test_headers_go_with_every_request_and_stay_secret(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    with tiny_server(ok={}) as (url, seen):
        result = run(url, *HEALTH, "-H", "X-Api-Key: s3cret", "--json", str(file))
    assert result.exit_code == 1
    assert seen
    assert all(headers["x-api-key"] == "s3cret" for headers in seen)
    assert "s3cret" not in result.output + file.read_text()
    assert "$X_API_KEY" in result.stdout


@pytest.mark.parametrize("headers", [(), ("-H", "x-api-key: wrong")])
def test_a_target_that_refuses_us_is_told_with_the_remedy(headers: tuple[str, ...]) -> None:
    with mock_process("--api-key", "right") as (url, _):
        result = run(url, *HEALTH, *headers)
    assert result.exit_code == 2
    assert f"{url} refuses us: POST /assistants/search answered 403" in result.stderr
    assert "-H 'x-api-key: KEY'" in result.stderr
    assert "wrong" not in result.output


def test_a_target_is_judged_with_its_key() -> None:
    chosen = ("--no-fuzz", "--quick", "-k", "assistants or threads or server-is-well or run-wait")
    with mock_process("--api-key", "right") as (url, _):
        result = run(url, *chosen, "-H", "x-api-key: right")
    assert result.exit_code == 0, result.output


def test_reports_are_written_and_fit_their_schema(tmp_path: Path) -> None:
    as_json, as_xml = tmp_path / "r.json", tmp_path / "r.xml"
    with tiny_server(ok={}) as (url, _):
        result = run(url, *HEALTH, "--seed", "7", "--json", str(as_json), "--junit", str(as_xml))
    assert result.exit_code == 1
    report = json.loads(as_json.read_text())
    schema = json.loads((HERE / "report.schema.json").read_text())
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(report)
    assert report["target"] == {"url": url, "name": "unknown", "version": "1.2.3"}
    assert report["seed"] == 7
    assert report["verdict"] == "not-conformant"
    assert report["summary"]["fail"] == 1
    assert report["checks"][0]["reproduce"] == [f"curl -s -i {url}/ok"]
    suite = ET.parse(as_xml).getroot()
    assert suite.get("failures") == "1"
    case = suite.find(".//testcase")
    assert case is not None
    assert case.get("name") == "system.server-is-well"
    assert case.find("failure") is not None


def test_what_needs_control_is_told_once_with_the_remedy() -> None:
    with tiny_server() as (url, _):
        result = run(url, "--no-fuzz", "-k", "server-is-well or RUN-MULTI-02 or RUN-CANCEL-01")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("runcontract probe DIR") == 1
    assert "not exercised 3 checks" in result.stdout


def test_a_profile_may_be_chosen() -> None:
    with tiny_server() as (url, _):
        result = run(url, "--no-fuzz", "--profile", "system")
    assert result.exit_code == 0, result.output
    assert "2 pass" in result.stdout


def test_a_baseline_excuses_and_is_two_way(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    entry = "{requirement: SYS-OK-01, reason: it is never quite well}"
    file.write_text(f"target: tiny 1\nentries: [{entry}]\n")
    with tiny_server(ok={}) as (url, _):
        excused = run(url, *HEALTH, "--baseline", str(file))
    with tiny_server() as (url, _):
        stale = run(url, *HEALTH, "--baseline", str(file))
    assert excused.exit_code == 0
    assert "it is never quite well" in excused.stdout
    assert stale.exit_code == 1
    assert "remove the entry" in stale.stdout


def test_a_second_user_sees_nothing_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(USERS_FILE)
    alice = ("--no-fuzz", "--profile", "auth", "-H", "x-api-key: alice-key")
    with mock_process("--users", str(file)) as (url, _):
        apart = run(url, *alice, "--other-user", "authorization: Bearer bob-key")
        same = run(url, *alice, "--other-user", "x-api-key: alice-key")
        alone = run(url, *alice)
        refused = run(url, *alice, "--other-user", "x-api-key: nobody's")
    assert apart.exit_code == 0, apart.output
    assert "8 pass" in apart.output
    assert same.exit_code == 1
    assert "auth.foreign-ids-look-missing" in same.output
    assert "--other-user 'x-api-key: KEY'" in alone.output
    assert refused.exit_code == 2
    assert f"{url} refuses the second user" in refused.stderr
    assert run("http://127.0.0.1:9", "--other-user", "no colon").stderr.startswith(
        "runcontract check: --other-user 'no colon' is no header"
    )
