"""Schemathesis' NDJSON report, read line by line while it is written, as findings and progress.

Pinned to Schemathesis 4.32; `tests/conformance/fuzz/test_events.py` holds its form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.fuzz.commands import commands, content_of, variable
from conformance.fuzz.findings import Finding
from conformance.fuzz.wire import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REQUIREMENTS: Mapping[str, str] = MappingProxyType(
    {
        "not_a_server_error": "FUZZ-5XX-01",
        "status_code_conformance": "FUZZ-STATUS-01",
        "content_type_conformance": "FUZZ-TYPE-01",
        "response_headers_conformance": "FUZZ-HEADER-01",
        "response_schema_conformance": "FUZZ-SCHEMA-01",
        "negative_data_rejection": "FUZZ-REJECT-01",
        "missing_required_header": "FUZZ-REJECT-01",
        "positive_data_acceptance": "FUZZ-ACCEPT-01",
        "unsupported_method": "FUZZ-METHOD-01",
        "allow_header_conformance": "FUZZ-ALLOW-01",
        "use_after_free": "FUZZ-DELETED-01",
        "ensure_resource_availability": "FUZZ-CREATED-01",
    }
)
# What these checks say is wrong may be whole again on the wire.
_REJECTING = ("negative_data_rejection", "missing_required_header")
_REMOVERS = ("rollback", "/prune", "delete_threads")
_TIMED_OUT = ("timed out", "Timeout")
_HUNG_UP = ("Connection aborted", "Connection reset", "RemoteDisconnected", "ConnectionError")


class FormChangedError(Exception):
    """The report has not the form it is pinned to."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the fuzzer is: its phase, the operation it works on, cases and findings so far."""

    phase: str = "starting"
    operation: str = ""
    cases: int = 0
    findings: int = 0


class Reader:
    """Takes the report's lines one by one; keeps one finding for each (operation, kind of break).

    `names` maps `GET /path/{template}` to operationIds; `waiting` holds those that may time out;
    `conforms` says of an operation and what was sent whether the document allows it. The values of
    `secret`, headers by name, appear nowhere: a shell variable stands for each.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        waiting: frozenset[str],
        on_progress: Callable[[Progress], None],
        conforms: Callable[[str, Sent], bool],
        secret: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.finished = False
        self.trouble: list[str] = []
        self._names = names
        self._waiting = waiting
        self._on_progress = on_progress
        self._conforms = conforms
        self._secret = secret
        self._progress = Progress()
        self._found: dict[tuple[str, str], Finding] = {}
        self._times: dict[tuple[str, str], int] = {}

    @property
    def findings(self) -> list[Finding]:
        """What was found so far, in order; how often each was seen is in its message."""
        return [
            replace(finding, message=f"{finding.message}\n({self._times[key]} times)")
            if self._times[key] > 1
            else finding
            for key, finding in self._found.items()
        ]

    def take(self, line: str) -> None:
        """One line of the report; an event that tells nothing is passed over.

        Raises FormChangedError where a line is not what Schemathesis 4.32 writes.
        """
        try:
            self._take(json.loads(line))
        except (LookupError, TypeError, AttributeError, ValueError) as reason:
            raise FormChangedError(f"unexpected line in the report: {line[:300]}") from reason

    def _take(self, event: Mapping[str, Any]) -> None:
        for kind, content in event.items():
            if kind == "PhaseStarted":
                self._move(phase=content["phase"]["name"], operation="")
            elif kind == "ScenarioFinished":
                self._scenario(content["phase"], content["recorder"])
            elif kind == "NonFatalError":
                self._error(content)
            elif kind == "FatalError":
                self.trouble.append(_text(content))
            elif kind == "EngineFinished":
                self.finished = True

    def _move(self, **more: Any) -> None:
        self._progress = replace(self._progress, findings=len(self._found), **more)
        self._on_progress(self._progress)

    def _scenario(self, phase: str, recorder: Mapping[str, Any]) -> None:
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] == "failure":
                    self._failure(case, check, recorder)
        label = self._names.get(recorder["label"], recorder["label"])
        cases = self._progress.cases + len(recorder.get("interactions", ()))
        self._move(phase=phase, operation=label, cases=cases)

    def _failure(self, case: str, check: Mapping[str, Any], recorder: Mapping[str, Any]) -> None:
        failure = check["failure_info"]["failure"]
        status, answer = _answer(recorder, case)
        if status >= 500 and check["name"] != "not_a_server_error":
            return  # one fault, one finding
        operation = self._names.get(failure["operation"], failure["operation"])
        reproduce = commands(recorder, case, frozenset(name.lower() for name in self._secret))
        if check["name"] == "ensure_resource_availability" and _removed(recorder):
            return
        if check["name"] in _REJECTING and self._conforms(operation, _sent(recorder, case)):
            return
        self._keep(
            Finding(
                requirement_id=REQUIREMENTS.get(check["name"], "FUZZ-SCHEMA-01"),
                operation=operation,
                title=failure["title"],
                message=f"{failure['message']}\n{answer}".strip(),
                reproduce=reproduce,
            )
        )

    def _error(self, content: Mapping[str, Any]) -> None:
        """A request that got no answer is the target's fault, anything else is ours."""
        text = _text(content)
        label = str(content.get("label", ""))
        operation = self._names.get(label, label)
        if any(mark in text for mark in _TIMED_OUT):
            if operation not in self._waiting:
                self._unanswered("FUZZ-TIME-01", operation, "No answer in time", text)
        elif any(mark in text for mark in _HUNG_UP):
            self._unanswered("FUZZ-5XX-01", operation, "Connection dropped", text)
        else:
            self.trouble.append(f"{label}: {text}")

    def _unanswered(self, requirement: str, operation: str, title: str, text: str) -> None:
        shown = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
        self._keep(Finding(requirement, operation, title, text[:600], shown))

    def _keep(self, finding: Finding) -> None:
        key = (finding.operation, finding.title)
        hidden = replace(
            finding,
            message=self._hide(finding.message),
            reproduce=[self._hide(command) for command in finding.reproduce],
        )
        self._found.setdefault(key, hidden)
        self._times[key] = self._times.get(key, 0) + 1

    def _hide(self, text: str) -> str:
        for name, value in self._secret.items():
            text = text.replace(value, variable(name)) if value else text
        return text


def _text(content: Any) -> str:
    """The longest string in an error event: its message."""
    if isinstance(content, str):
        return content
    parts = content.values() if isinstance(content, dict) else content
    texts = [_text(part) for part in parts] if isinstance(content, dict | list) else []
    return max(texts, key=len, default="")


def _removed(recorder: Mapping[str, Any]) -> bool:
    """Whether a request of the scenario may have removed something without a DELETE."""
    return any(word in json.dumps(recorder["cases"]) for word in _REMOVERS)


def _answer(recorder: Mapping[str, Any], case: str) -> tuple[int, str]:
    """The status of a case's answer (0 where none came) and a line that shows it."""
    response = (recorder["interactions"].get(case) or {}).get("response")
    if not response:
        return 0, ""
    body = content_of(response.get("content")).decode(errors="replace")
    return response["status_code"], f"answer: {response['status_code']} {body[:300]}".strip()


def _sent(recorder: Mapping[str, Any], case: str) -> Sent:
    request = recorder["interactions"][case]["request"]
    headers = {
        name: values if isinstance(values, list) else [values]
        for name, values in request["headers"].items()
    }
    return Sent(request["uri"], headers, content_of(request.get("body")))
