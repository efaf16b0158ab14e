"""What an answer is judged by: its body, or the value the body was encoded from."""

from __future__ import annotations

import jsonschema_rs
import pytest

from mockserver.http.answers import Documented
from mockserver.http.errors import BrokenContractError

NUMBER = jsonschema_rs.Draft202012Validator({"type": "integer"})


def numbers(*, repeats: bool) -> Documented:
    """The answers of an operation that gives a number."""
    return Documented("count", {200: NUMBER}, frozenset({"200"}), repeats=repeats)


def test_bytes_are_judged_by_what_they_were_encoded_from() -> None:
    assert numbers(repeats=False).encoded(200, b"5", 5) == b"5"
    with pytest.raises(BrokenContractError, match="not of type"):
        numbers(repeats=False).encoded(200, b'"x"', "x")


@pytest.mark.parametrize("repeats", [True, False])
def test_bytes_of_unknown_origin_are_parsed(*, repeats: bool) -> None:
    assert numbers(repeats=repeats).encoded(200, b"5") == b"5"
    with pytest.raises(BrokenContractError, match="not of type"):
        numbers(repeats=repeats).encoded(200, b'"x"')
