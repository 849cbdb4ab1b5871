"""What a file is, its bytes say; whatever else is not let in."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.attachments import Kind, sniff


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def media(brand: bytes, *handlers: bytes, compatible: bytes = b"") -> bytes:
    tracks = b"".join(box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + one + bytes(13)))) for one in handlers)
    return box(b"ftyp", brand + bytes(4) + compatible) + box(b"mdat", b"\x01\x02" * 20) + box(b"moov", tracks)


KNOWN = [
    pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", Kind.JPEG, id="jpeg"),
    pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Kind.PNG, id="png"),
    pytest.param(b"GIF89a\x01\x00\x01\x00", Kind.GIF, id="gif"),
    pytest.param(b"GIF87a\x01\x00\x01\x00", Kind.GIF, id="gif87"),
    pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", Kind.WEBP, id="webp"),
    pytest.param(media(b"heic"), Kind.HEIC, id="heic"),
    pytest.param(media(b"mif1", compatible=b"mif1heic"), Kind.HEIC, id="heic-compatible"),
    pytest.param(b"%PDF-1.7\n%\xe2\xe3", Kind.PDF, id="pdf"),
    pytest.param(b"ID3\x04\x00\x00\x00\x00\x00\x00\x00", Kind.MP3, id="mp3-tagged"),
    pytest.param(b"\xff\xfb\x90\x64\x00", Kind.MP3, id="mp3"),
    pytest.param(b"\xff\xf3\x44\xc4\x00", Kind.MP3, id="mp3-slow"),
    pytest.param(b"RIFF\x00\x00\x00\x00WAVEfmt ", Kind.WAV, id="wav"),
    pytest.param(b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead", Kind.OGG, id="opus"),
    pytest.param(b"OggS\x00\x02" + bytes(20) + b"\x01\x1e\x01vorbis", Kind.OGG, id="vorbis"),
    pytest.param(b"#!AMR\n\x3c\x91", Kind.AMR, id="amr"),
    pytest.param(b"#!AMR-WB\n\x3c\x91", Kind.AMR, id="amr-wide"),
    pytest.param(media(b"M4A ", b"soun"), Kind.MP4_AUDIO, id="m4a"),
    pytest.param(media(b"isom", b"soun"), Kind.MP4_AUDIO, id="mp4-sound-alone"),
    pytest.param(media(b"3gp4", b"soun"), Kind.MP4_AUDIO, id="3gp-sound-alone"),
    pytest.param(b"BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n", Kind.VCARD, id="vcard"),
    pytest.param(b"\xef\xbb\xbf\r\nbegin:vcard\r\n", Kind.VCARD, id="vcard-loose"),
    pytest.param(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", Kind.CALENDAR, id="calendar"),
    pytest.param("Médicaments: aspirin 100 mg\r\n\t1 < 2".encode(), Kind.TEXT, id="text"),
    pytest.param(b"\xef\xbb\xbfhello", Kind.TEXT, id="text-marked"),
]

REFUSED = [
    pytest.param(b"", id="nothing"),
    pytest.param(b" \r\n ", id="blank"),
    pytest.param(b"MZ\x90\x00\x03", id="windows-program"),
    pytest.param(b"\x7fELF\x02\x01\x01", id="linux-program"),
    pytest.param(b"PK\x03\x04\x14\x00", id="zip-and-office"),
    pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", id="old-office"),
    pytest.param(b"<!DOCTYPE html><script>alert(1)</script>", id="page"),
    pytest.param(b"\n <svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", id="svg"),
    pytest.param(b"<?xml version='1.0'?><!DOCTYPE x>", id="xml"),
    pytest.param(b"\xef\xbb\xbf<script>", id="marked-script"),
    pytest.param(b"RIFF\x00\x00\x00\x00AVI LIST", id="avi"),
    pytest.param(b"OggS\x00\x02" + bytes(20) + b"\x01*\x80theora", id="ogg-video"),
    pytest.param(media(b"isom", b"vide", b"soun"), id="mp4-video"),
    pytest.param(media(b"avif"), id="avif"),
    pytest.param(b"\xff\xfb\xf0\x64", id="mp3-no-such-rate"),
    pytest.param(b"\xff\xfe\x00h\x00i", id="utf-16"),
    pytest.param(b"caf\xe9", id="latin-1"),
    pytest.param(b"text\x00with a zero", id="zero"),
    pytest.param(b"II*\x00\x08\x00\x00\x00", id="tiff"),
    pytest.param(b"BM\x36\x00\x00\x00\x00\x00\xff", id="bmp"),
    pytest.param(b"\x00\x00\x00\x08ftyp", id="brandless"),
    pytest.param(b"GIF88a\x01\x00", id="almost"),
    pytest.param(b"{\\rtf1\xff", id="not-utf-8"),
]


@pytest.mark.parametrize(("content", "kind"), KNOWN)
def test_a_file_on_the_list_is_known_by_its_bytes(content: bytes, kind: Kind) -> None:
    assert sniff(content) is kind


@pytest.mark.parametrize("content", REFUSED)
def test_any_other_is_not_let_in(content: bytes) -> None:
    assert sniff(content) is None


@pytest.mark.parametrize(("content", "kind"), KNOWN)
def test_what_comes_before_its_bytes_hides_nothing(content: bytes, kind: Kind) -> None:
    """A reader that looks for its beginning further on is not led past the list."""
    assert sniff(b"\x00PK\x03\x04" + content) is None


@given(st.binary(max_size=300))
def test_any_bytes_have_an_answer(content: bytes) -> None:
    found = sniff(content)

    assert found is None or found.ending.startswith(".")


def test_every_kind_has_an_ending_of_its_own() -> None:
    assert len({kind.ending for kind in Kind}) == len(Kind)
