"""Cron schedules and time zones: what they mean, and the moment that comes next.

The grammar is croniter's, which real servers use; it is imported when the first cron is made.
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import UTC, datetime, tzinfo
from importlib import resources

from mockserver.engine.errors import InvalidError, RefusedError

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_WHOLE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_SHOWN = 80  # characters of a text that is refused


def next_moment(schedule: str, timezone: str | None, after: datetime) -> datetime:
    """The first moment of a schedule strictly after another, in UTC, to the second.

    Raises InvalidError for what is no schedule or no zone, RefusedError for a schedule that no
    moment of the next fifty years fulfils.
    """
    from croniter import CroniterBadDateError, croniter

    zone = UTC if timezone is None else zone_of(timezone)
    try:
        found: datetime = croniter(schedule, after.astimezone(zone)).get_next(datetime)
    except CroniterBadDateError:
        raise RefusedError(f"The schedule {schedule[:_SHOWN]!r} is never fulfilled") from None
    except Exception as error:  # noqa: BLE001 - odd texts fail in it in many ways
        reason = f"Invalid schedule {schedule[:_SHOWN]!r}: {error}"
        raise InvalidError(reason) from None
    return found.astimezone(UTC)


def zone_of(name: str) -> tzinfo:
    """The time zone of that name in the IANA database.

    Raises InvalidError for a name it does not have, RefusedError for what can be no name.
    """
    if name in _names():
        return zoneinfo.ZoneInfo(name)
    if not name or name.startswith("/") or "\0" in name or ".." in name.split("/"):
        raise RefusedError(f"{name[:_SHOWN]!r} is no name of a time zone")
    raise InvalidError(f"There is no time zone {name[:_SHOWN]!r}; one is America/New_York")


def instant(text: str) -> datetime:
    """A time that ISO 8601 can write, in UTC; without an offset it is taken for UTC.

    Raises InvalidError.
    """
    try:
        if not _TIME.match(text):
            raise ValueError("no date and time of day")
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError(
            f"Invalid time {text[:_SHOWN]!r}: say it as 2026-11-20T09:00:00Z"
        ) from None


def spelled(text: str) -> str:
    """A time as it was given where that was by RFC 3339, else in UTC. Raises InvalidError."""
    moment = instant(text)
    return text if _WHOLE_TIME.fullmatch(text) else moment.isoformat()


@functools.cache
def _names() -> frozenset[str]:
    """Every name of the database, the same on all machines."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(listed.split())
