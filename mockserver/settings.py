"""Everything a mock can be told at its start, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

PaceName = Literal["real", "immediate", "virtual"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How one mock server behaves. Times are seconds, sizes are bytes."""

    host: str = "127.0.0.1"
    port: int = 2024
    pace: PaceName = "real"
    speed: float = 1.0  # how many times faster than its script a run plays at pace "real"
    seed: int | None = None  # makes ids and the agents' random choices repeatable
    agents_file: Path | None = None
    api_key: str | None = None  # who asks must know it
    users_file: Path | None = None  # who may ask; each has resources of their own
    passed_on: tuple[str, ...] = ()  # patterns of request headers that reach agents; "!" excludes
    loopback_webhooks: bool = True  # whether a run may call this machine
    validate_responses: bool = True
    heartbeat_seconds: float = 5.0
    job_timeout_seconds: float = 86_400.0
    max_body_bytes: int = 32 * 1024 * 1024
    max_body_depth: int = (
        128  # nested arrays and objects; encoders give up at 254 with our envelopes around
    )
