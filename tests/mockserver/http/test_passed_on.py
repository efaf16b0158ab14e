"""Which headers of a request reach the agents."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.http.passed_on import selection
from mockserver.http.validation import RequestHeaders
from mockserver.settings import Settings

SENT = {"x-foo": "1", "x-bar": "2", "y": "3", "x-api-key": "k", "authorization": "t"}


def selected(patterns: tuple[str, ...], headers: dict[str, str]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return dict(selection(Settings(passed_on=patterns))(RequestHeaders(raw)))


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ((), set()),
        (("x-foo",), {"x-foo"}),
        (("X-Foo",), {"x-foo"}),
        (("x-*",), {"x-foo", "x-bar"}),
        (("*",), {"x-foo", "x-bar", "y"}),
        (("*a*",), {"x-bar"}),
        (("x",), set()),
        (("x-.oo", "x-fo+"), set()),
        (("*", "!x-*"), {"y"}),
        (("!x-*",), set()),
        (("x-api-key", "authorization"), set()),
    ],
)
def test_patterns_choose_and_exclude(patterns: tuple[str, ...], names: set[str]) -> None:
    assert selected(patterns, SENT) == {name: SENT[name] for name in names}


@pytest.mark.parametrize(
    ("baggage", "found"),
    [
        ("", {}),
        ("a=1, b", {}),
        ("langsmith-project=my%20project", {"langsmith-project": "my project"}),
        ("langsmith-tags=a,langsmith-tags=b%2Cc", {"langsmith-tags": ["b", "c"]}),
        ("langsmith-metadata=%7B%22a%22%3A1%7D", {"langsmith-metadata": {"a": 1}}),
        ("langsmith-metadata=1", {}),
        ("langsmith-metadata=%7B", {}),
    ],
)
def test_what_a_tracer_sends_reaches_every_agent(baggage: str, found: dict[str, Any]) -> None:
    sent = {"langsmith-trace": "t", "baggage": baggage}
    assert selected((), sent) == {"langsmith-trace": "t", **found}
    assert selected((), {"baggage": baggage}) == {}
