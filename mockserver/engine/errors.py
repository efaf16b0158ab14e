"""What the engine refuses, in its own terms. The HTTP side maps each class to a status."""

from __future__ import annotations


class EngineError(Exception):
    """A request the engine refuses. The text is for the caller: what happened and what to do."""


class NotFoundError(EngineError):
    """The thing named does not exist, or not where it was named."""


class ConflictError(EngineError):
    """The thing exists already, or its present state forbids this."""


class InvalidError(EngineError):
    """Well formed, but something this API does not allow: a bad id, a bad value."""


class RefusedError(EngineError):
    """The request contradicts itself or the state it applies to."""
