"""One call of `runcontract check`: discover, calibrate, judge, fuzz, report."""

from __future__ import annotations

import difflib
import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from conformance import baseline as baselines
from conformance import plugin
from conformance.calibrate import calibrate
from conformance.discover import discover
from conformance.errors import UsageError
from conformance.fuzzing import PROFILE, fuzz
from conformance.outcome import Outcome, Result
from conformance.report import json_report, junit, terminal
from conformance.report.model import Report
from conformance.scheduler import Loop, new_client
from spec.requirements import requirements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.target import Target

HARNESS_FAULT = "harness-fault"
_FUZZ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `fuzz_seconds` 0 means none, None the default time."""

    url: str
    assistant: str | None = None
    profiles: tuple[str, ...] = ()
    quick: bool = False
    fuzz_seconds: float | None = None
    seed: int | None = None
    baseline: str | None = None
    strict: bool = False
    json_file: Path | None = None
    junit_file: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    other_headers: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""


class Session:
    """One run of the suite against one target. `faults` tells what was our own fault."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._known = profiles()
        for name in options.profiles:
            if name not in self._known:
                closest = difflib.get_close_matches(name, self._known, n=1, cutoff=0.0)
                raise UsageError(f"no profile {name!r}; the closest is {closest[0]!r}")
        for file in (options.json_file, options.junit_file):
            if file is not None and not file.resolve().parent.is_dir():
                raise UsageError(f"the folder of {file} is not there")
        self._baseline = baselines.load(options.baseline) if options.baseline else None
        self.faults = ""
        self._seed = secrets.randbelow(2**31) if options.seed is None else options.seed

    def run(self) -> str:
        """Judges and reports; `conformant`, `not-conformant`, or `harness-fault`.

        Raises UsageError where the target cannot be reached or nothing was selected.
        """
        options = self._options
        started_at, began = datetime.now(UTC), time.monotonic()
        loop = Loop()
        try:
            with terminal.Live() as live:
                live.phase(f"looking at {options.url}")
                target = loop.submit(self._meet()).result()
                results = list(self._judge(target, loop, live))
                if self._fuzzes():
                    seconds = options.fuzz_seconds or _FUZZ_SECONDS
                    live.phase(f"fuzzing for {seconds:.0f} s")
                    results += fuzz(
                        target, seconds, self._seed, strict=options.strict, tell=live.phase
                    )
        finally:
            loop.close()
        if self._baseline is not None:
            results = baselines.apply(self._baseline, results)
        report = Report(
            target=target,
            seed=self._seed,
            started_at=started_at,
            duration=time.monotonic() - began,
            results=tuple(sorted(results, key=lambda result: result.id)),
            baseline=self._baseline.target if self._baseline else "",
        )
        self._write(report)
        terminal.show(report)
        faults = [result for result in results if result.outcome is Outcome.HARNESS_ERROR]
        if faults:
            self.faults = "\n\n".join(f"{result.id}\n{result.message}" for result in faults)
            return HARNESS_FAULT
        return report.verdict

    def _fuzzes(self) -> bool:
        options = self._options
        wanted = not options.profiles or PROFILE in options.profiles
        return options.fuzz_seconds != 0.0 and not options.expression and wanted

    async def _meet(self) -> Target:
        options = self._options
        found = await discover(options.url, options.assistant, options.headers)
        target = replace(found, other_headers=MappingProxyType(dict(options.other_headers)))
        async with new_client(target) as client:
            return await calibrate(target, client)

    def _judge(self, target: Target, loop: Loop, live: terminal.Live) -> list[Result]:
        options = self._options
        chosen = plugin.select(options.profiles, quick=options.quick)
        if not chosen and self._fuzzes():
            return []
        suite = plugin.Suite(
            target, loop, chosen, strict=options.strict, quick=options.quick, listen=live.judged
        )
        code = plugin.run(suite, options.expression)
        if code == int(pytest.ExitCode.INTERRUPTED):
            raise KeyboardInterrupt
        if suite.internal_error is not None:
            raise RuntimeError(suite.internal_error)
        if code == int(pytest.ExitCode.NO_TESTS_COLLECTED) or not suite.results:
            raise UsageError("no check is selected: see -k, --profile and --quick")
        return suite.results

    def _write(self, report: Report) -> None:
        for file, writer in (
            (self._options.json_file, json_report.write),
            (self._options.junit_file, junit.write),
        ):
            if file is None:
                continue
            try:
                writer(report, file)
            except OSError as broken:
                raise UsageError(f"cannot write {file}: {broken.strerror}") from broken


def profiles() -> tuple[str, ...]:
    """The profiles that requirements name."""
    return tuple(sorted({found.profile for found in requirements().values()}))
