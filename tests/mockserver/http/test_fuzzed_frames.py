"""WebSockets whose clients do not keep to the protocol, or say what is no command."""

from __future__ import annotations

import asyncio
import json
import random
import struct
import uuid
from typing import TYPE_CHECKING, NamedTuple

from mockserver.settings import Settings
from tests.mockserver.http.bare import (
    HANDSHAKE,
    PATIENCE,
    Client,
    Mock,
    get,
    on_uvloop,
    serving,
)
from tests.mockserver.http.test_fuzzed_envelopes import COMMANDS, envelope
from tests.mockserver.http.twisting import twisted

if TYPE_CHECKING:
    import pytest

SEED, FUZZED, AT_ONCE = 20_261_122, 300, 16
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\1\2\3\4"
TREE = b'{"id":1,"method":"agent.getTree"}'


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    first: int = 0x80,
    masked: bool = True,
    claims: int | None = None,
) -> bytes:
    """A frame; `first` holds the bits before the opcode, `claims` is a length that may be wrong."""
    size = len(payload) if claims is None else claims
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((first | opcode, bit | size))
    elif size < 2**16:
        head = struct.pack(">BBH", first | opcode, bit | 126, size)
    else:
        head = struct.pack(">BBQ", first | opcode, bit | 127, size)
    if masked:
        payload = bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))
    return head + (MASK if masked else b"") + payload


class Heard(NamedTuple):
    """What a server said: its messages, the code it closed with."""

    messages: list[bytes]
    closed: int | None


def heard(received: bytes) -> Heard:
    """The whole frames a server sent. Fails on what a server may not send."""
    messages: list[bytes] = []
    while len(received) >= 2:
        opcode, size, at = received[0] & 15, received[1], 2
        assert received[0] & 0xF0 == 0x80, received[:40]
        if size == 126:
            size, at = int.from_bytes(received[2:4]), 4
        elif size == 127:
            size, at = int.from_bytes(received[2:10]), 10
        if len(received) < at + size:
            break
        payload, received = received[at : at + size], received[at + size :]
        if opcode == CLOSE:
            assert not received
            return Heard(messages, int.from_bytes(payload[:2]) if payload else 1005)
        assert opcode in (TEXT, PING, PONG)
        if opcode == TEXT:
            messages.append(payload)
    return Heard(messages, None)


class Peer:
    """A bare socket on which a WebSocket was opened."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def open(self, *early: bytes) -> None:
        path = f"/threads/{uuid.UUID(int=7, version=4)}/stream/events"
        await self.client.send(get(path, *HANDSHAKE) + b"".join(early))
        while b"\r\n\r\n" not in self.client.received:
            assert await self.client.more()
        assert self.client.received.startswith(b"HTTP/1.1 101 ")

    def heard(self) -> Heard:
        return heard(self.client.received.partition(b"\r\n\r\n")[2])

    async def until_closed(self) -> int | None:
        """The code that the server closes with; None where it only hangs up."""
        async with asyncio.timeout(PATIENCE):
            while self.heard().closed is None and await self.client.more():
                pass
        return self.heard().closed

    async def answers(self, count: int) -> list[bytes]:
        async with asyncio.timeout(PATIENCE):
            while len(self.heard().messages) < count:
                assert await self.client.more()
        return self.heard().messages


WRONG = {
    "no mask": (frame(TEXT, TREE, masked=False), 1002),
    "a reserved opcode": (frame(3), 1002),
    "a reserved bit": (frame(TEXT, TREE, first=0xA0), 1002),
    "the rest of nothing": (frame(0, TREE), 1002),
    "a message within another": (frame(TEXT, b"{", first=0) + frame(TEXT, TREE), 1002),
    "a ping in pieces": (frame(PING, b"x", first=0), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a close of one byte": (frame(CLOSE, b"\3"), 1002),
    "a close with a reserved code": (frame(CLOSE, struct.pack(">H", 1005)), 1002),
    "a close whose reason is no text": (frame(CLOSE, struct.pack(">H", 1000) + b"\xff"), 1007),
    "text that is none": (frame(TEXT, b"\xff\xfe"), 1007),
    "text that is none, in pieces": (
        frame(TEXT, b'{"id":\xc3', first=0) + frame(0, b"\xc3"),
        1007,
    ),
    "a message past the limit": (frame(BINARY, claims=2**40), 1009),
    "a message past all numbers": (frame(BINARY, claims=2**63 + 1), 1009),
    "a close": (frame(CLOSE, struct.pack(">H", 1000) + b"bye"), 1000),
    "an empty close": (frame(CLOSE), 1005),
    "a close within a message": (frame(TEXT, b"{", first=0) + frame(CLOSE), 1002),
}


def test_a_wrong_frame_closes_with_its_code(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        found = {}
        async with serving(Settings()) as mock:
            for name, (raw, _) in WRONG.items():
                async with Client(mock) as client:
                    peer = Peer(client)
                    await peer.open()
                    await client.send(raw)
                    found[name] = await peer.until_closed()
        assert found == {name: code for name, (_, code) in WRONG.items()}

    on_uvloop(test, caplog)


def test_what_comes_with_the_opening_is_answered_in_order(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving(Settings()) as mock, Client(mock) as client:
            peer = Peer(client)
            again = TREE.replace(b"1", b"2")
            await peer.open(frame(PING, b"?"), frame(TEXT, TREE), frame(TEXT, again))
            answers = [json.loads(answer)["id"] for answer in await peer.answers(2)]
            assert answers == [1, 2]
            client.close()

    on_uvloop(test, caplog)


def test_a_message_in_pieces_is_one(caplog: pytest.LogCaptureFixture) -> None:
    pieces = [frame(TEXT, TREE[:9], first=0), frame(PING), frame(0, TREE[9:])]

    async def test() -> None:
        async with serving(Settings()) as mock, Client(mock) as client:
            peer = Peer(client)
            await peer.open()
            for byte in b"".join(pieces):
                await client.send(bytes([byte]))
            (answer,) = await peer.answers(1)
            assert json.loads(answer)["id"] == 1

    on_uvloop(test, caplog)


def said(chance: random.Random) -> bytes:
    """What a client says: mostly a command, or nearly one; else a frame of any kind."""
    payload = twisted(chance, chance.choice(COMMANDS))
    match chance.randrange(12):
        case 0:
            return frame(chance.randrange(16), payload[:200], first=chance.choice((0, 0x80, 0xC0)))
        case 1:
            return frame(TEXT, payload, claims=chance.choice((0, 1, 2**16, 2**31, 2**63)))
        case 2:
            return frame(CLOSE, chance.choice((b"", chance.randbytes(5), struct.pack(">H", 1001))))
        case 3:
            return frame(chance.choice((PING, PONG)), chance.randbytes(chance.choice((0, 9, 130))))
        case 4:
            at = chance.randrange(len(payload) + 1)
            return frame(TEXT, payload[:at], first=0) + frame(0, payload[at:])
        case 5:
            return frame(TEXT, chance.randbytes(20))
        case 6:
            raw = frame(TEXT, payload)
            at = chance.randrange(len(raw))
            return raw[:at] + chance.randbytes(1) + raw[at + 1 :]
        case _:
            return frame(chance.choice((TEXT, TEXT, BINARY)), payload)


async def fuzz(mock: Mock, sent: bytes, cuts: list[int], early: int, end: str) -> None:
    async with Client(mock) as client:
        peer = Peer(client)
        try:
            await peer.open(sent[:early])
        except OSError:
            return  # what came early was refused, and the reset was quicker
        sent = sent[early:]
        pieces = zip([0, *cuts], [*cuts, len(sent)], strict=True)
        await client.say([sent[a:b] for a, b in pieces if b > a], end)
        for message in peer.heard().messages:
            body = json.loads(message)
            assert body["type"] == "event" or envelope(body), (sent, message)


def test_nothing_a_websocket_says_is_a_fault_or_leaves_anything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(SEED)
    cases = []
    for _ in range(FUZZED):
        sent = b"".join(said(chance) for _ in range(chance.choice((1, 2, 5))))
        cuts = sorted(chance.choices(range(len(sent)), k=chance.choice((0, 0, 1, 5))))
        early = chance.choice((0, 0, 0, 3, len(sent)))
        end = chance.choice(("read", "read", "half", "close", "reset"))
        cases.append((sent, [max(0, cut - early) for cut in cuts], early, end))

    async def test() -> None:
        async with serving(Settings(pace="immediate", heartbeat_seconds=0.1)) as mock:
            for at in range(0, FUZZED, AT_ONCE):
                await asyncio.gather(*(fuzz(mock, *case) for case in cases[at : at + AT_ONCE]))

    on_uvloop(test, caplog)
