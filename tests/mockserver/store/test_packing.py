from __future__ import annotations

import random

import pytest

from mockserver.store.packing import Packer


def blobs(count: int, size: int = 2000) -> list[bytes]:
    source = random.Random(1)
    shared = source.randbytes(size)
    return [shared + source.randbytes(20) for _ in range(count)]


def test_what_was_packed_comes_back() -> None:
    packer = Packer()
    raws = [b"", b"x", *blobs(3), *blobs(2, 100_000), b"x" * 1_000_000]
    packed = [packer.pack(raw, kind) for raw in raws for kind in ("", "a", "b")]
    assert [packer.unpack(blob) for blob in packed] == [raw for raw in raws for _ in range(3)]


def test_blobs_of_a_kind_shrink_to_what_differs() -> None:
    packer = Packer()
    first, *others = [packer.pack(raw) for raw in blobs(5)]
    assert len(first) > 2000
    assert all(len(blob) < 100 for blob in others)


def test_kinds_do_not_share_and_are_bounded() -> None:
    packer = Packer()
    raws = [packer.unpack(packer.pack(raw, str(n))) for n, raw in enumerate(blobs(300))]
    assert raws == blobs(300)


@pytest.mark.parametrize("size", [0, 1, 255])
def test_a_blob_too_short_teaches_nothing(size: int) -> None:
    packer = Packer()
    packer.pack(b"a" * size, "k")
    raws = blobs(2)
    assert len(packer.pack(raws[0], "k")) > len(packer.pack(raws[1], "k")) * 10
