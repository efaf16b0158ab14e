from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mockserver.engine.errors import InvalidError, RefusedError
from mockserver.engine.schedules import instant, next_moment, spelled, zone_of

NOW = datetime(2026, 11, 20, 11, 30, 12, 500_000, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("schedule", "timezone", "moment"),
    [
        ("* * * * *", None, "2026-11-20T11:31:00"),
        ("* * * * * *", None, "2026-11-20T11:30:13"),
        ("30 11 * * *", None, "2026-11-21T11:30:00"),
        ("0 0 1 1 * 0 2030", None, "2030-01-01T00:00:00"),
        ("@daily", None, "2026-11-21T00:00:00"),
        ("@Weekly", None, "2026-11-22T00:00:00"),
        ("0 0 l * *", None, "2026-11-30T00:00:00"),
        ("0 0 * * FRI#1", None, "2026-12-04T00:00:00"),
        ("0 9 * * mon-fri", "America/New_York", "2026-11-20T14:00:00"),
        ("0 9 * * *", "Asia/Tokyo", "2026-11-21T00:00:00"),
        ("0 12 * * *", "EST", "2026-11-20T17:00:00"),
        ("0 0 29 2 *", None, "2028-02-29T00:00:00"),
    ],
)
def test_the_next_moment(schedule: str, timezone: str | None, moment: str) -> None:
    found = next_moment(schedule, timezone, NOW)
    assert found.isoformat() == f"{moment}+00:00"


def test_the_moment_after_a_moment_is_another() -> None:
    first = next_moment("* * * * * *", None, NOW)
    assert next_moment("* * * * * *", None, first) == first + timedelta(seconds=1)


def test_hours_that_a_zone_skips_or_repeats() -> None:
    skipped = datetime(2027, 3, 13, 12, tzinfo=UTC)
    assert next_moment("30 2 * * *", "America/New_York", skipped) == datetime(
        2027, 3, 14, 7, tzinfo=UTC
    )
    once = next_moment("30 1 * * *", "America/New_York", datetime(2027, 11, 7, 0, tzinfo=UTC))
    assert once.isoformat() in ("2027-11-07T05:30:00+00:00", "2027-11-07T06:30:00+00:00")


@pytest.mark.parametrize(
    "junk",
    [
        *("", "  ", "* * * *", "* * * * * * * *", "60 * * * *", "*/0 * * * *", "@reboot", "@"),
        *("mon * * * *", "H * * * *", "1.5 * * * *", "\0 * * * *", "1-99999999999 * * * *"),
        *("\u0663 * * * *", "0 0 * * 5#9", "every morning", "x" * 1000),
    ],
)
def test_what_is_no_schedule(junk: str) -> None:
    with pytest.raises(InvalidError):
        next_moment(junk, None, NOW)


@pytest.mark.parametrize("schedule", ["0 0 31 2 *", "* * * * * * 2000", "0 0 30 2 1#5"])
def test_what_is_never(schedule: str) -> None:
    with pytest.raises(RefusedError, match="never"):
        next_moment(schedule, None, NOW)


@pytest.mark.parametrize("name", ["utc", "Nowhere/Land", "Europe", "zone.tab", "x" * 300, "tzdata"])
def test_zones_that_there_are_not(name: str) -> None:
    with pytest.raises(InvalidError):
        zone_of(name)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "Europe/../etc", "\0"])
def test_what_can_be_no_zone(name: str) -> None:
    with pytest.raises(RefusedError):
        zone_of(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T00:00:00.123456-05:00", "2030-01-01T00:00:00.123456-05:00"),
        ("2030-01-01T00:00:00", "2030-01-01T00:00:00+00:00"),
        ("2030-01-01 02:00+02:00", "2030-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_shown_as_given_where_that_is_a_form_of_the_apis(text: str, shown: str) -> None:
    assert spelled(text) == shown
    assert instant(text) == instant(shown)


@pytest.mark.parametrize(
    "junk",
    ["", "someday", "2030-01-01", "2030-W01", "0001-01-01T00:00:00+23:59", "2030-13-01T00:00"],
)
def test_what_is_no_time(junk: str) -> None:
    with pytest.raises(InvalidError):
        spelled(junk)
