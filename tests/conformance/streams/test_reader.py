"""The SSE reader: every way to write a stream, cut at every point."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.streams.reader import Frame, SseReader

STREAM = (
    b'event: metadata\r\ndata: {"run_id":"r"}\r\n\r\n'
    b": heartbeat\r\n\r\n"
    b'id: 7-0\r\nevent: values\r\ndata: {"a":"\xc3\xa9\xe2\x80\xa8"}\r\n\r\n'
    b"data: one\r\ndata:two\r\nretry: 10\r\n\r\n"
)
FRAMES = [
    Frame(event="metadata", data='{"run_id":"r"}'),
    Frame(comment="heartbeat"),
    Frame(event="values", data='{"a":"é\u2028"}', id="7-0"),
    Frame(data="one\ntwo", retry="10"),
]


def read(*chunks: bytes) -> list[Frame]:
    reader = SseReader()
    found = [frame for chunk in chunks for frame in reader.feed(chunk)]
    last, rest = reader.close()
    assert rest is None
    return found + last


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_cut_anywhere_changes_nothing(cut: int) -> None:
    assert read(STREAM[:cut], STREAM[cut:]) == FRAMES


def test_byte_by_byte() -> None:
    assert read(*(bytes([byte]) for byte in STREAM)) == FRAMES


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\n"])
def test_every_line_ending(ending: bytes) -> None:
    stream = STREAM.replace(b"\r\n", ending)
    assert read(stream) == FRAMES
    assert read(*(bytes([byte]) for byte in stream)) == FRAMES


def test_endings_may_be_mixed() -> None:
    assert read(b"event: a\ndata: 1\r\n\revent: b\rdata: 2\n\n") == [
        Frame(event="a", data="1"),
        Frame(event="b", data="2"),
    ]


def test_only_one_space_belongs_to_the_colon() -> None:
    assert read(b"data:  two spaces\n\n") == [Frame(data=" two spaces")]


def test_fields_without_colon_and_unknown_fields_stay_visible() -> None:
    assert read(b"data\nwhat\nname: x\n\n") == [Frame(data="", unknown=("what", "name"))]


def test_the_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert read(b"\xef\xbb\xbfdata: 1\n\n") == [Frame(data="1")]


def test_bad_utf8_does_not_stop_the_reader() -> None:
    assert read(b"data: \xff\n\n") == [Frame(data="\ufffd")]


def test_times_are_those_of_the_last_byte() -> None:
    reader = SseReader()
    assert reader.feed(b"data: 1\n", 1.0) == []
    assert reader.feed(b"\n", 2.5) == [Frame(data="1", time=2.5)]


def test_an_empty_id_is_an_id() -> None:
    assert read(b"id:\ndata: 1\n\n") == [Frame(data="1", id="")]


def test_blank_lines_alone_are_nothing() -> None:
    assert read(b"\n\n\r\n\r\n") == []


def test_what_the_end_cuts_off_is_told() -> None:
    reader = SseReader()
    assert reader.feed(b"event: values\ndata: {") == []
    frames, rest = reader.close()
    assert frames == []
    assert rest == Frame(event="values", data="{")


def test_a_complete_last_line_without_blank_line_is_unfinished_too() -> None:
    reader = SseReader()
    reader.feed(b"data: 1\n")
    assert reader.close() == ([], Frame(data="1"))


def test_a_comment_cut_off_by_the_end_is_a_comment() -> None:
    reader = SseReader()
    reader.feed(b": heart")
    assert reader.close() == ([Frame(comment="heart")], None)


TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)


@given(
    frames=st.lists(st.tuples(TEXT.filter(bool), st.lists(TEXT, min_size=1, max_size=3))),
    ending=st.sampled_from(["\n", "\r", "\r\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_what_is_written_is_read(
    frames: list[tuple[str, list[str]]], ending: str, cuts: list[int]
) -> None:
    stream = "".join(
        f"event: {name}{ending}" + "".join(f"data: {line}{ending}" for line in lines) + ending
        for name, lines in frames
    ).encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert read(*chunks) == [Frame(event=name, data="\n".join(lines)) for name, lines in frames]
