"""Multipart bodies: the parts, whatever the boundary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.wire.multipart import Part, parse

FORM = (
    b'--xyz\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    b"RIFF\r\n\x00--xy\r\n\r\n--xyz--\r\n"
)
PARTS = (Part("model", None, "", b"whisper-1"), Part("file", "a.wav", "audio/wav", b"RIFF\r\n\x00--xy\r\n"))


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=xyz",
        'multipart/form-data; charset=utf-8; boundary="xyz"',
        "Multipart/Form-Data; Boundary=xyz",
        "multipart/form-data",
        "multipart/form-data; boundary=another",
        None,
    ],
)
def test_the_boundary_is_named_or_sniffed(content_type: str | None) -> None:
    """A boundary that the header does not name, or names wrongly, is read off the first line."""
    assert parse(FORM, content_type) == PARTS


def test_another_boundary_gives_the_same_parts() -> None:
    """Two clients' boundaries are the only difference between two equal forms."""
    assert parse(FORM.replace(b"--xyz", b"--another-one"), None) == PARTS


def test_line_ends_may_be_lf_alone() -> None:
    """A form that an editor took the CRs from is still read."""
    body = b'--b\nContent-Disposition: form-data; name="a"\n\none\ntwo\n--b--\n'
    assert parse(body, None) == (Part("a", None, "", b"one\ntwo"),)


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        (b'form-data; name="a"; filename=""', "a", ""),
        (b"form-data; name=a; filename=b.txt", "a", "b.txt"),
        (b'form-data; name="say \\"hi\\""', 'say "hi"', None),
        (b"form-data; name=\"f\"; filename*=utf-8''na%C3%AFve.txt", "f", "na\u00efve.txt"),
        ('form-data; name="f"; filename="na\u00efve; x=1.txt"'.encode(), "f", "na\u00efve; x=1.txt"),
        (b'form-data;\r\n name="folded"', "folded", None),
        (b"form-data", "", None),
    ],
)
def test_names_are_unquoted(disposition: bytes, name: str, filename: str | None) -> None:
    """Quoted, bare, escaped, percent-encoded and folded parameters are read."""
    body = b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n1\r\n--b--\r\n"
    assert parse(body, None) == (Part(name, filename, "", b"1"),)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"--b\r\n\r\nno headers\r\n--b--", (Part("", None, "", b"no headers"),)),
        (b"--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b--", (Part("", None, "text/plain", b""),)),
        (b"--b\r\nContent-Type: text/plain\r\n\r\n--b--", (Part("", None, "text/plain", b""),)),
        (b"--b\r\n--b--", (Part("", None, "", b""),)),
        (b"--b--\r\n", None),
        (b"--b\r\n\r\ncut", None),
        (b"--b\r\n\r\ncut\r\n--b\r\n", None),
        (b"-- b", None),
        (b"no form", None),
        (b"", None),
    ],
)
def test_odd_and_broken_bodies(body: bytes, parts: tuple[Part, ...] | None) -> None:
    """A part may be empty; a body without its closing boundary is no whole form."""
    assert parse(body, None) == parts


def test_another_content_type_is_no_form() -> None:
    """A JSON body that begins like a form is not taken for one."""
    assert parse(FORM, "application/json") is None


@given(st.binary(max_size=60), st.none() | st.text(max_size=30))
def test_parse_never_raises(body: bytes, content_type: str | None) -> None:
    """Any bytes under any content type have an answer."""
    parse(b"--" + body, content_type)
    parse(body, f"multipart/form-data; boundary={content_type}")


@given(st.lists(st.tuples(st.text("abc", max_size=5), st.binary(max_size=40)), min_size=1, max_size=4))
def test_what_was_written_is_read(fields: list[tuple[str, bytes]]) -> None:
    """Any data comes back byte for byte."""
    form = b"".join(
        b'--0aF9\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), data)
        for name, data in fields
    )
    assert parse(form + b"--0aF9--\r\n", None) == tuple(Part(name, None, "", data) for name, data in fields)
