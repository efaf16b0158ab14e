"""The commands that show a violation again."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from conformance.recording import StreamRecord
from conformance.reproduce import commands
from conformance.target import Target
from tests.conformance.making import RUN_ID, THREAD, exchange, recording, run

TARGET = Target("http://t:1", headers=MappingProxyType({"x-api-key": "secret"}))
THREAD_MADE = exchange(
    "create_thread", body={"thread_id": THREAD}, method="POST", path="/threads", request_body=b"{}"
)
RUN_MADE = exchange(
    "create_run",
    body=run(),
    at=1,
    method="POST",
    path=f"/threads/{THREAD}/runs",
    request_body=b'{"assistant_id":"it\'s"}',
    request_headers=MappingProxyType({"content-type": "application/json", "accept": "*/*"}),
)
LOOKED = exchange("list_runs", body=[], at=2, path=f"/threads/{THREAD}/runs")
FAILED = exchange(at=4.05, path=f"/threads/{THREAD}/runs/{RUN_ID}?a=1")
ELSEWHERE = exchange("delete_thread", at=0.5, method="DELETE", path=f"/threads/{RUN_ID}")


def test_what_led_there_and_nothing_else() -> None:
    found = commands(recording(THREAD_MADE, ELSEWHERE, RUN_MADE, LOOKED, FAILED), FAILED, TARGET)
    made, pause, created, wait, last = found
    assert made.startswith("THREAD=$(curl -s -X POST http://t:1/threads ")
    assert made.endswith("| jq -r .thread_id)")
    assert pause == "sleep 0.9"
    assert created.startswith("RUN=$(curl -s -X POST http://t:1/threads/$THREAD/runs ")
    assert "-H 'content-type: application/json'" in created
    assert wait == "sleep 3.0"
    assert "'http://t:1/threads/'\"$THREAD\"'/runs/'\"$RUN\"'?a=1'" in last


def test_secrets_are_variables() -> None:
    found = " ".join(commands(recording(THREAD_MADE, FAILED), FAILED, TARGET))
    assert "secret" not in found
    assert '-H "x-api-key: $X_API_KEY"' in found


def test_a_second_users_secrets_are_variables_of_their_own() -> None:
    target = replace(TARGET, other_headers=MappingProxyType({"authorization": "Bearer hidden"}))
    theirs = MappingProxyType({"authorization": "Bearer hidden", "accept": "*/*"})
    asked = replace(FAILED, request_headers=theirs)
    made, *_, last = commands(recording(THREAD_MADE, asked), asked, target)
    assert '-H "x-api-key: $X_API_KEY"' in made
    assert '-H "authorization: $OTHER_AUTHORIZATION"' in last
    assert "hidden" not in last
    assert "X_API_KEY" not in last


def test_quotes_survive_the_shell() -> None:
    found = commands(recording(RUN_MADE), RUN_MADE, TARGET)
    assert found[-1].endswith("""-d '{"assistant_id":"it'"'"'s"}'""")


def test_without_an_exchange_there_is_nothing_to_repeat() -> None:
    assert commands(recording(), None, TARGET) == ()


def test_long_chains_keep_their_beginning_and_end() -> None:
    many = [
        exchange("patch_thread", at=1 + n / 50, method="PATCH", path=f"/threads/{THREAD}")
        for n in range(40)
    ]
    found = commands(recording(THREAD_MADE, *many, FAILED), FAILED, TARGET)
    assert found[0].startswith("THREAD=")
    assert sum("PATCH" in line for line in found) == 11


def test_the_id_of_a_streamed_run_comes_from_its_location() -> None:
    made = exchange(
        "stream_run",
        method="POST",
        path=f"/threads/{THREAD}/runs/stream",
        headers=MappingProxyType({"content-location": f"/threads/{THREAD}/runs/{RUN_ID}"}),
    )
    first, *_, last = commands(recording(made, FAILED), FAILED, TARGET)
    assert first.startswith("RUN=$(curl -s -X POST ")
    assert "-D - -o /dev/null" in first
    assert "content-location" in first
    assert '"$RUN"' in last


def test_commands_of_the_protocol_name_their_runs() -> None:
    started = exchange(
        "send_thread_command",
        body={"type": "success", "result": {"run_id": RUN_ID}},
        at=1,
        method="POST",
        path=f"/threads/{THREAD}/commands",
        request_body=b'{"id":1,"method":"run.start"}',
    )
    first, _, last = commands(recording(started, FAILED), FAILED, TARGET)
    assert first.startswith("RUN=$(curl ")
    assert first.endswith("| jq -r .result.run_id)")
    assert "$RUN" in last


def test_sockets_are_websocats() -> None:
    where = f"/threads/{THREAD}/stream/events"
    part = exchange(None, 101, method="WEBSOCKET", path=where, request_body=b'{"id":1}')
    whole = replace(part, request_body=b'{"id":1}\n{"id":2}', stream=StreamRecord(()))
    (only,) = commands(recording(part, whole), whole, TARGET)
    assert only == (
        """printf '%s\\n' '{"id":1}' '{"id":2}' | websocat -n -H "x-api-key: $X_API_KEY" """
        f"ws://t:1{where}"
    )
