from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine.subscriptions import ChannelError, Subscription, since_of
from mockserver.engine.transcripts import Entry

NEST = ("nest:1430ac1b-40fb-109d-cba8-494d3ecab970",)
DEEP = (*NEST, "inner:92ec237d-e69d-cc03-2cd2-a3326311a8ae")


def entry(
    channel: str = "values",
    namespace: tuple[str, ...] = (),
    name: str | None = None,
    seq: int = 5,
) -> Entry:
    return Entry(seq, channel, channel, namespace, name, b"{}")


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        {},
        {"channels": []},
        {"channels": "values"},
        {"channels": ["debug"]},
        {"channels": ["values", 5]},
        {"channels": [["values"]]},
        {"channels": ["custom:"]},
    ],
)
def test_what_is_no_subscription_is_refused(asked: Any) -> None:
    with pytest.raises(ChannelError):
        Subscription.of(asked)


@pytest.mark.parametrize(
    "odd",
    [
        {"namespaces": 5, "depth": "x", "since": "y"},
        {"namespaces": [["a", 5], "b"], "depth": -1, "since": -1},
        {"depth": True, "since": True},
        {"depth": 1.5, "since": None},
    ],
)
def test_ill_formed_options_count_as_absent(odd: dict[str, Any]) -> None:
    assert Subscription.of({"channels": ["values"], **odd}) == Subscription(frozenset({"values"}))


def test_channels_are_matched_by_name() -> None:
    asked = Subscription.of({"channels": ["values", "custom:progress"]})
    assert asked.wants(entry("values"))
    assert not asked.wants(entry("messages"))
    assert asked.wants(entry("custom", name="progress"))
    assert not asked.wants(entry("custom", name="other"))
    assert not asked.wants(entry("custom"))
    assert Subscription.of({"channels": ["custom"]}).wants(entry("custom", name="progress"))


@pytest.mark.parametrize(
    ("namespaces", "depth", "wanted"),
    [
        ([], None, (True, True, True)),
        ([], 0, (True, True, True)),  # depth counts from a namespace asked for
        ([[]], None, (True, True, True)),
        ([[]], 0, (True, False, False)),
        ([[]], 1, (True, True, False)),
        ([["nest"]], None, (False, True, True)),
        ([["nest"]], 0, (False, True, False)),
        ([list(NEST)], None, (False, True, True)),
        ([["nest:other"]], None, (False, False, False)),
        ([["nes"]], None, (False, False, False)),
        ([["nest", "inner"]], None, (False, False, True)),
        ([["nest"], []], 0, (True, True, False)),
    ],
)
def test_namespaces_are_matched_by_their_beginning(
    namespaces: list[list[str]], depth: int | None, wanted: tuple[bool, ...]
) -> None:
    asked = Subscription.of({"channels": ["values"], "namespaces": namespaces, "depth": depth})
    seen = tuple(asked.wants(entry(namespace=place)) for place in ((), NEST, DEEP))
    assert seen == wanted


def test_since_leaves_out_what_came_before() -> None:
    asked = Subscription.of({"channels": ["values"], "since": 5})
    assert not asked.wants(entry(seq=5))
    assert asked.wants(entry(seq=6))
    assert since_of({"since": 0}) == 0
    assert since_of({"since": "0"}) is None
    assert since_of({}) is None
