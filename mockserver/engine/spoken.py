"""The frames of a message that is streamed token by token, mode `messages-tuple`.

They differ in the token alone: what is around it, most of it metadata, is encoded once a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from mockserver.engine import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.engine.events import Namespace, Speech, TokenSpoken

_HOLE = b'"content":""'


class Spoken:
    """One message, as the stream of a run shows it. `encode` makes the bytes of a frame."""

    __slots__ = ("_head", "_last", "_speech", "_tail", "name")

    def __init__(
        self, speech: Speech, namespace: Namespace, encode: Callable[[str, object], bytes]
    ) -> None:
        self._speech = speech
        self.name = "|".join(("messages", *namespace))
        around = []
        for last in (False, True):
            chunk = messages.chunk("", speech.message_id, last=last)
            # the token's place is the first there is: names of events and nodes hold no quotes
            around.append(encode(self.name, [chunk, speech.trace.metadata]).partition(_HOLE))
        (head, hole, self._tail), (_, _, self._last) = around
        self._head = head + hole[:-2]

    def wire(self, index: int) -> bytes:
        """The frame, without id, of the token of this number."""
        speech = self._speech
        ends = speech.ends
        token = orjson.dumps(speech.text[ends[index - 1] if index else 0 : ends[index]])
        return self._head + token + (self._last if index == len(ends) - 1 else self._tail)


class Speeches:
    """The messages a run is just speaking."""

    __slots__ = ("_encode", "_spoken")

    def __init__(self, encode: Callable[[str, object], bytes]) -> None:
        self._encode = encode
        self._spoken: dict[int, tuple[Speech, Spoken]] = {}  # with what the id is of, so it stays

    def frame(self, event: TokenSpoken) -> tuple[str, bytes]:
        """The name and the bytes of a token's frame."""
        speech, index = event.speech, event.index
        known = self._spoken.get(id(speech))
        if known is None:
            known = (speech, Spoken(speech, event.namespace, self._encode))
            self._spoken[id(speech)] = known
        if index == len(speech.ends) - 1:
            del self._spoken[id(speech)]
        spoken = known[1]
        return spoken.name, spoken.wire(index)
