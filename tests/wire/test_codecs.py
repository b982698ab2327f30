"""Content encodings undone: every one in any cut, and none beyond its bounds."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable

import pytest

from llmvcr.wire import codecs

TEXT = b'{"object": "list", "data": []}\n' * 40


def _bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _by(*modules: str, **options: int) -> Callable[[bytes], bytes]:
    """What packs by the first of these libraries that is there; where none is, the test is left out."""

    def pack(data: bytes) -> bytes:
        for module in modules:
            try:
                packed: bytes = importlib.import_module(module).compress(data, **options)
            except ImportError:
                continue
            return packed
        pytest.skip(f"none of {', '.join(modules)} is installed")

    return pack


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "X-Gzip": (" X-Gzip ", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", _bare),
    "brotli": ("br", _by("brotli", "brotlicffi", quality=4)),
    "zstd": ("zstd", _by("compression.zstd", "backports.zstd", "zstandard")),
}
EVERY = pytest.mark.parametrize("kind", PACKERS)


def _fed(encoding: str, packed: bytes, size: int) -> bytes:
    decoder = codecs.decoder(encoding)
    assert decoder is not None
    return b"".join(decoder.feed(packed[at : at + size]) for at in range(0, len(packed), size))


@EVERY
def test_what_is_packed_is_unpacked_in_any_cut(kind: str) -> None:
    """The same bytes, whether they come singly, in pieces, or as a whole."""
    encoding, pack = PACKERS[kind]
    packed = pack(TEXT)
    assert [_fed(encoding, packed, size) for size in (1, 2, 7, len(packed))] == [TEXT] * 4
    assert codecs.unpacked(packed, encoding) == TEXT


@EVERY
def test_a_body_that_was_cut_gives_what_it_holds(kind: str) -> None:
    """Any prefix gives a prefix, and never an error: a stream that was cut is a stream that was recorded."""
    encoding, pack = PACKERS[kind]
    packed = pack(TEXT)
    given = [codecs.unpacked(packed[:end], encoding) for end in range(len(packed))]
    assert all(one is not None and TEXT.startswith(one) for one in given)


@EVERY
def test_what_is_not_in_the_encoding_is_left_alone(kind: str) -> None:
    """The header is wrong, or the bytes are damaged: ValueError from the decoder, None, and the body as it is."""
    encoding, pack = PACKERS[kind]
    pack(b"")
    with pytest.raises(ValueError, match="is not in the encoding"):
        _fed(encoding, b"hello, this is no such thing", 100)
    assert codecs.unpacked(b"hello, this is no such thing", encoding) is None
    assert codecs.plain(b"hello, this is no such thing", encoding) == b"hello, this is no such thing"


@EVERY
def test_nothing_grows_beyond_its_bounds(kind: str) -> None:
    """Up to 8 MiB of anything; beyond that no more than a hundred times what it was, as a whole and in pieces."""
    encoding, pack = PACKERS[kind]
    small, large = pack(bytes(8 << 20)), pack(bytes(12 << 20))
    assert codecs.unpacked(small, encoding) == bytes(8 << 20)
    if len(large) * 100 < 12 << 20:
        for size in (1 << 12, len(large)):
            with pytest.raises(ValueError, match=r"unpack to more than \d+$"):
                _fed(encoding, large, size)
        assert codecs.plain(large, encoding) is large


def test_no_body_is_larger_than_the_largest() -> None:
    """Not even one that is hardly packed: 64 MiB."""
    packed = zlib.compress(bytes(codecs.MOST + 1), 0)
    assert codecs.unpacked(packed, "deflate") is None


def test_members_of_gzip_are_joined() -> None:
    """One behind the other, zeros between them, in any cut; what is no member is dropped, as clients do."""
    packed = gzip.compress(TEXT[:50]) + b"\0\0" + gzip.compress(TEXT[50:]) + b"\0"
    for behind in (b"", b"\x1f", b"else"):
        assert [_fed("gzip", packed + behind, size) for size in (1, 3, 999)] == [TEXT] * 3


def test_frames_of_zstd_are_joined() -> None:
    """One behind the other, in any cut."""
    _, pack = PACKERS["zstd"]
    packed = pack(TEXT[:50]) + pack(TEXT[50:])
    assert [_fed("zstd", packed, size) for size in (1, 3, 999)] == [TEXT] * 3


def test_a_window_larger_than_a_server_may_ask_for_is_refused() -> None:
    """RFC 9659: 8 MiB; a frame of a few bytes would have its reader set a gigabyte aside."""
    _, pack = PACKERS["zstd"]
    pack(b"")
    # A frame header (RFC 8878, 3.1.1.1) that asks for 2 GiB, and an empty last block.
    assert codecs.unpacked(b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00", "zstd") is None
    assert codecs.unpacked(b"\x28\xb5\x2f\xfd\x00" + bytes([13 << 3]) + b"\x01\x00\x00", "zstd") == b""


LIBRARIES = ("brotli", "brotlicffi", "backports.zstd", "zstandard")


@pytest.mark.parametrize("module", LIBRARIES)
def test_each_library_is_held_to_the_bounds(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the older ones, which cannot be told where to stop."""
    library = pytest.importorskip(module)
    encoding = "br" if "brotli" in module else "zstd"
    for other in (*LIBRARIES, "compression.zstd"):
        if other != module:
            monkeypatch.setitem(sys.modules, other, None)
    assert [_fed(encoding, library.compress(TEXT), size) for size in (1, 7, 9999)] == [TEXT] * 3
    assert codecs.unpacked(library.compress(bytes(12 << 20)), encoding) is None


def test_brotli_before_it_could_be_stopped_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its decompressor of version 1.1 has no bound of its own."""
    brotli = pytest.importorskip("brotli")

    newer = brotli.Decompressor

    class Older:
        def __init__(self) -> None:
            self._now = newer()
            self.is_finished = self._now.is_finished

        def process(self, data: bytes) -> bytes:
            piece: bytes = self._now.process(data)
            return piece

    packed, bomb = brotli.compress(TEXT), brotli.compress(bytes(12 << 20))
    monkeypatch.setattr(brotli, "Decompressor", Older)
    assert [_fed("br", packed, size) for size in (1, 7, 9999)] == [TEXT] * 3
    assert codecs.unpacked(bomb, "br") is None


@pytest.mark.parametrize("name", ["", "identity", "rot13", "gzip, br", "compress"])
def test_an_encoding_that_nothing_undoes_has_no_decoder(name: str) -> None:
    """The body is left as it is."""
    assert codecs.decoder(name) is None
    assert codecs.plain(b"\xff\xfe", name) == b"\xff\xfe"


def test_the_content_says_more_than_the_header() -> None:
    """A body that reads as an answer is one, whatever it is said to be, and a packed one is packed without a header."""
    assert codecs.plain(TEXT, "gzip") is TEXT
    assert codecs.plain(gzip.compress(TEXT), None) == TEXT
    assert codecs.plain(gzip.compress(TEXT), "br") == TEXT
    assert codecs.plain(zlib.compress(TEXT), "deflate") == TEXT
    assert codecs.plain(zlib.compress(TEXT), "") == zlib.compress(TEXT)
