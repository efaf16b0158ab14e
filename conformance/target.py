"""The server under judgement, as far as the suite knows it, and how fast it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# so many runs side by side, and nothing has to wait for a slot
ENOUGH = 4
PROBE_NODES = frozenset({"work", "check", "left", "right", "nest"})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the target is, in seconds; a scenario's sleeps and patience scale with it.

    `round_trip`: one small GET. `pickup`: from the creation of a run to its first sign of life.
    `slots`: how many runs were seen side by side, at most the number that was tried. `grace`: what
    patience is never less than.
    """

    round_trip: float = 0.005
    pickup: float = 0.05
    slots: int = 8
    grace: float = 10.0

    @property
    def hold(self) -> float:
        """A sleep long enough that several requests fit into it."""
        return min(5.0, max(0.25, 40 * self.round_trip))

    @property
    def patience(self) -> float:
        """How long anything that should happen soon may take before it counts as not happening."""
        found = self.grace + 6 * self.pickup + 200 * self.round_trip
        return found if self.slots >= ENOUGH else 4 * found  # runs wait for one another

    @property
    def poll(self) -> float:
        """Between two looks at a status."""
        return min(0.1, max(0.01, self.pickup / 8))


@dataclass(frozen=True, slots=True)
class Target:
    """A server, the assistant the suite drives on it, and what the suite may ask of it.

    `capabilities` names what the target offers of what requirements may `need`: `probe` (the probe
    graph plays scripts, and its sleeps take time), `webhook` (it calls loopback addresses),
    `parallel` (it runs several runs at once), `quiet` (nobody else's runs are active on it),
    `protocol` (it has the routes of protocol v2), `socket` (and takes WebSockets there),
    `namespaces` (it stores items where it is told), `other_user` (a second user is let in).
    `lacking` says, for each that it does not offer, why and what to do. `documented` holds
    (method, path template) of the document it publishes, None where it publishes none; `nowhere` is
    what it answers on a path that nobody has. `headers` go with every request and are secret;
    `other_headers` go in their place with those of a second user.
    """

    url: str
    name: str = "unknown"
    version: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    other_headers: Mapping[str, str] = field(default_factory=dict)
    assistant_id: str = ""
    graph_id: str = ""
    capabilities: frozenset[str] = frozenset()
    lacking: Mapping[str, str] = field(default_factory=dict)
    documented: frozenset[tuple[str, str]] | None = None
    document: Mapping[str, Any] | None = None
    nowhere: bytes = b""
    pace: Pace = Pace()

    @property
    def has_probe(self) -> bool:
        """Whether the assistant plays scripts."""
        return "probe" in self.capabilities
