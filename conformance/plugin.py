"""The suite as a pytest plugin: one item a check, scenarios under way beneath them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from conformance.judging import judge, lacking
from conformance.outcome import Outcome, Result
from conformance.registry import Check, Scenario, checks, scenarios
from conformance.scheduler import Loop, Scheduler

if TYPE_CHECKING:
    from conformance.recording import Recording
    from conformance.target import Target

Listen = Callable[[Result, int, int], None]


class CheckFailedError(Exception):
    """An item's result that is no pass; pytest reports it, we report the result."""


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, found: Check, suite: Suite, **more: Any) -> None:
        super().__init__(**more)
        self.found = found
        self.suite = suite
        self.extra_keyword_matches.update(found.requirements)
        self.extra_keyword_matches.update({found.profile, found.scenario or "universal"})

    def runtest(self) -> None:
        """Waits for what the check reads, judges, and fails or skips as the result says."""
        result = self.suite.judge(self.found)
        if result.outcome is Outcome.NOT_EXERCISED:
            pytest.skip(result.message)
        if result.outcome is not Outcome.PASS:
            raise CheckFailedError(result.message)

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:  # noqa: ARG002 - pytest's
        """The message; a traceback would show our code, not the target's fault."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[str, int | None, str]:
        """Where the item stands: its scenario and its id."""
        return self.found.scenario or "universal", None, self.found.id


class Suite:
    """The plugin: collects the checks, starts the scenarios they need, keeps the results."""

    def __init__(
        self,
        target: Target,
        loop: Loop,
        chosen: Iterable[Check],
        *,
        strict: bool = False,
        quick: bool = False,
        listen: Listen | None = None,
    ) -> None:
        self.results: list[Result] = []
        self.recordings: Mapping[str, Recording] = {}
        self.internal_error: str | None = None
        self._target = target
        self._loop = loop
        self._chosen = list(chosen)
        self._strict = strict
        self._quick = quick
        self._listen = listen
        self._scheduler: Scheduler | None = None
        self._count = 0
        self._partial = False

    @pytest.hookimpl
    def pytest_collection(self, session: pytest.Session) -> bool:
        """The items are the checks; there are no files."""
        session.items = [
            CheckItem.from_parent(session, name=found.id, found=found, suite=self)
            for found in self._chosen
        ]
        session.testscollected = len(session.items)
        session.config.hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=session.items
        )
        self._start(session)
        return True

    def _start(self, session: pytest.Session) -> None:
        """Starts what the selected items need; orders them by when their recording is ready."""
        found = [item.found for item in session.items if isinstance(item, CheckItem)]
        self._count = len(found)
        self._scheduler = Scheduler(
            self._loop, self._target, needed(found, self._target, quick=self._quick)
        )
        able = {s.name for s in scenarios().values() if s.needs <= self._target.capabilities}
        self._partial = set(self._scheduler.names) != able
        order = {name: place for place, name in enumerate(self._scheduler.names)}

        def place(item: pytest.Item) -> int:
            scenario = item.found.scenario if isinstance(item, CheckItem) else None
            return order.get(scenario, -1) if scenario is not None else len(order)

        session.items.sort(key=place)
        self._scheduler.start()

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr: Any) -> bool:
        """Keeps what pytest or we did wrong."""
        self.internal_error = str(excrepr)
        return True

    def judge(self, check: Check) -> Result:
        """One check's result, kept and told to the listener."""
        assert self._scheduler is not None
        if lacking(check, self._target) is not None:
            result = judge(check, {}, self._target, strict=self._strict)
        else:
            if check.scenario is None:
                self.recordings = self._scheduler.all()
                seen = self.recordings
            else:
                seen = {check.scenario: self._scheduler.wait(check.scenario)}
            result = judge(check, seen, self._target, strict=self._strict)
        if self._partial and check.universal and result.outcome is Outcome.NOT_EXERCISED:
            return result  # nobody asked for the scenarios that would show it
        self.results.append(result)
        if self._listen is not None:
            self._listen(result, len(self.results), self._count)
        return result


def needed(found: Sequence[Check], target: Target, *, quick: bool = False) -> list[Scenario]:
    """The scenarios these checks read, the long ones first; all, where all are universal."""
    able = [
        scenario
        for scenario in scenarios().values()
        if scenario.needs <= target.capabilities and (scenario.quick or not quick)
    ]
    names = {check.scenario for check in found if check.scenario is not None}
    wanted = [scenario for scenario in able if scenario.name in names] if names else able
    return sorted(wanted, key=lambda scenario: (_PHASE[scenario.exclusive], -scenario.limit))


_PHASE = MappingProxyType({"": 0, "area": 1, "server": 2})


def select(profiles: Iterable[str], *, quick: bool) -> list[Check]:
    """The checks of these profiles (all where none is named), of quick scenarios where asked."""
    wanted = set(profiles)
    quick_ones = {name for name, scenario in scenarios().items() if scenario.quick}
    return [
        check
        for check in checks().values()
        if (not wanted or check.profile in wanted)
        and (not quick or check.scenario is None or check.scenario in quick_ones)
    ]


def run(suite: Suite, expression: str = "") -> int:
    """Runs pytest in this process over the suite's checks; pytest's exit code."""
    plain = ("terminal", "cacheprovider", "logging", "capture", "junitxml", "doctest", "warnings")
    arguments = [word for name in plain for word in ("-p", f"no:{name}")]
    # a folder without files of its own: nobody's conftest and nobody's options
    here = str(Path(__file__).parent)
    arguments += ["--rootdir", here, "-c", os.devnull]
    if expression:
        arguments += ["-k", expression]
    with _without_other_plugins():
        return int(pytest.main(arguments, plugins=[suite]))


@contextmanager
def _without_other_plugins() -> Iterator[None]:
    """Installed plugins stay out: they cost start-up time and may change what an item means."""
    names = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
