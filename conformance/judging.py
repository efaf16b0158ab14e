"""From a check and the recordings to a result: outcome, words, reproduction."""

from __future__ import annotations

import re
import time
import traceback
from typing import TYPE_CHECKING

from conformance.errors import NotExercisedError, Violation
from conformance.outcome import Outcome, Result, broken, result_of
from conformance.registry import Check, scenarios
from conformance.reproduce import commands
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.recording import Exchange, Recording
    from conformance.target import Target


def lacking(check: Check, target: Target) -> str | None:
    """The first capability the check needs and the target does not offer; None where it has all."""
    needs = check.needs | {need for promise in check.promises for need in promise.needs}
    if check.scenario is not None:
        needs |= scenarios()[check.scenario].needs
    missing = sorted(needs - target.capabilities)
    return missing[0] if missing else None


def judge(
    check: Check, recordings: Mapping[str, Recording], target: Target, *, strict: bool
) -> Result:
    """What became of one check; never raises."""
    if (need := lacking(check, target)) is not None:
        why = target.lacking.get(need, f"the target does not offer {need}")
        return result_of(check, Outcome.NOT_EXERCISED, message=why, lacking=need)
    if check.scenario is not None and (fault := recordings[check.scenario].fault):
        return result_of(check, Outcome.HARNESS_ERROR, message=fault)
    began = time.monotonic()
    try:
        judged = check.outcome_of(recordings)
    except Violation as violation:
        return _violated(check, violation, recordings, target, time.monotonic() - began, strict)
    except NotExercisedError as reason:
        return result_of(check, Outcome.NOT_EXERCISED, message=str(reason))
    except Exception:  # noqa: BLE001 - a fault of the check is none of the target's
        return result_of(check, Outcome.HARNESS_ERROR, message=traceback.format_exc())
    taken = time.monotonic() - began
    if not judged:
        return _unseen(check, target)
    return result_of(check, Outcome.PASS, duration=taken)


def _unseen(check: Check, target: Target) -> Result:
    """A universal check without anything to judge: the target's lack, where it has one."""
    # without the probe next to nothing is driven
    need = "probe" if "probe" in target.lacking else next(iter(sorted(target.lacking)), None)
    why = target.lacking[need] if need else "nothing of what it judges was seen"
    return result_of(check, Outcome.NOT_EXERCISED, message=why, lacking=need)


def _violated(
    check: Check,
    violation: Violation,
    recordings: Mapping[str, Recording],
    target: Target,
    taken: float,
    strict: bool,
) -> Result:
    exchange = violation.exchange
    recording = _recording_of(exchange, recordings)
    return result_of(
        check,
        broken(check.level, strict=strict),
        duration=taken,
        message=str(violation),
        expected=violation.expected,
        actual=violation.actual,
        seen=exchange.title if exchange is not None else "",
        operation=exchange.operation if exchange is not None else None,
        unserved=unserved(exchange, target) if exchange is not None else None,
        reproduce=commands(recording, exchange, target) if recording is not None else (),
    )


def unserved(exchange: Exchange, target: Target) -> str | None:
    """The route of an exchange, where its answer says that the target does not have it.

    Known from the target's own document, or else from the answer to a path that no server has.
    """
    if exchange.operation is None or exchange.status not in (404, 405, 501):
        return None
    operation = operations()[exchange.operation]
    if target.documented is not None:
        shape = re.sub(r"\{[^}]*\}", "{}", operation.path)
        missing = (operation.method, shape) not in target.documented
    else:
        missing = exchange.status != 404 or exchange.body == target.nowhere
    return f"{operation.method.upper()} {operation.path}" if missing else None


def _recording_of(
    exchange: Exchange | None, recordings: Mapping[str, Recording]
) -> Recording | None:
    if exchange is None:
        return None
    return next(
        (
            recording
            for recording in recordings.values()
            if any(found is exchange for found in recording.exchanges)
        ),
        None,
    )
