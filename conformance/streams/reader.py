"""An incremental reader of Server-Sent Events: bytes in, frames out, as they arrive.

Own code, because the suite judges the bytes: what a lenient client library repairs in silence (a
field without a colon, a frame cut off by the end of the body, two data lines) must stay visible
here.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream, or one comment.

    `event` is None where the frame named none (the standard's default is then `message`), `data` is
    None where it had no data line and else the data lines joined by newlines, `id` is the frame's
    own id and None where it had none. `comment` is the text of a comment line; a comment is a frame
    of its own, with the other fields None. `time` is when its last byte came, in the unit the
    feeder uses.
    """

    event: str | None = None
    data: str | None = None
    id: str | None = None
    retry: str | None = None
    comment: str | None = None
    unknown: tuple[str, ...] = ()
    time: float = 0.0

    @property
    def is_comment(self) -> bool:
        """Whether this is a comment (a heartbeat, say) and no event."""
        return self.comment is not None


class SseReader:
    """A push parser: `feed` it bytes as they come, it returns the frames they complete.

    Lines may end in CRLF, LF or CR, cut anywhere between two feeds. `close` tells what was left
    over when the body ended.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line: list[str] = []
        self._after_cr = False
        self._first = True
        self._seen = False
        self._event: str | None = None
        self._data: list[str] = []
        self._id: str | None = None
        self._retry: str | None = None
        self._unknown: list[str] = []

    def feed(self, chunk: bytes, time: float = 0.0) -> list[Frame]:
        """The frames that this chunk completes, in order."""
        return self._take(self._decoder.decode(chunk), time)

    def close(self, time: float = 0.0) -> tuple[list[Frame], Frame | None]:
        """The frames completed by the end of the body, and the unfinished one if there is one.

        The standard discards an event without its closing blank line; a checker wants to see it.
        """
        frames = self._take(self._decoder.decode(b"", final=True), time)
        if "".join(self._line):
            self._line_done(time, frames)
        rest = self._frame(time) if self._seen else None
        self._reset()
        return frames, rest

    def _take(self, text: str, time: float) -> list[Frame]:
        frames: list[Frame] = []
        start = 0
        for position, character in enumerate(text):
            if character not in "\r\n":
                self._after_cr = False
                continue
            if character == "\n" and self._after_cr:  # the second half of CRLF
                self._after_cr = False
                start = position + 1
                continue
            self._after_cr = character == "\r"
            self._line.append(text[start:position])
            start = position + 1
            self._line_done(time, frames)
        self._line.append(text[start:])
        return frames

    def _line_done(self, time: float, frames: list[Frame]) -> None:
        line = "".join(self._line)
        self._line.clear()
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._seen:
                frames.append(self._frame(time))
            self._reset()
        elif line.startswith(":"):
            frames.append(Frame(comment=line[1:].removeprefix(" "), time=time))
        else:
            self._field(line)

    def _field(self, line: str) -> None:
        self._seen = True
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            self._id = value
        elif name == "retry":
            self._retry = value
        else:
            self._unknown.append(line if not colon else name)

    def _frame(self, time: float) -> Frame:
        return Frame(
            event=self._event,
            data="\n".join(self._data) if self._data else None,
            id=self._id,
            retry=self._retry,
            unknown=tuple(self._unknown),
            time=time,
        )

    def _reset(self) -> None:
        self._seen = False
        self._event = self._id = self._retry = None
        self._data = []
        self._unknown = []
