"""What an agent's run fails with, and how a failure is shown.

Callers see `{"error": class name, "message": text}`. The text is real only for the classes the API
shows; for every other class it is one fixed sentence, and only the thread's state keeps the repr.
"""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = "The agent failed; its error text is shown in the thread's state only."


class InvalidUpdateError(Exception):
    """A node or a caller wrote something the state cannot take."""


class EmptyInputError(Exception):
    """A run has nothing to do: no input, and no unfinished node to go on with."""


class GraphRecursionError(RecursionError):
    """The run used up its supersteps before it was done."""


class NodeCancelledError(Exception):
    """A node was cancelled from inside the agent, not by the server."""


# HTTPException and user-cancel errors are made by the API itself, never by an agent
SHOWN = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    RecursionError,
    TimeoutError,
    InvalidUpdateError,
    EmptyInputError,
    NodeCancelledError,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An agent's failure: class name, the text callers may see, the full repr for the state."""

    error: str
    message: str
    repr: str

    @classmethod
    def of(cls, reason: BaseException) -> Failure:
        """The failure an exception stands for."""
        name = type(reason).__name__
        text = str(reason) if isinstance(reason, SHOWN) else HIDDEN
        return cls(name, text, f"{name}({', '.join(map(repr, reason.args))})")

    def payload(self) -> dict[str, str]:
        """`{"error", "message"}` as streams, joins and threads show it."""
        return {"error": self.error, "message": self.message}
