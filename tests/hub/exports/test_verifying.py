"""What was done to an export is found and named: edited, deleted, inserted, reordered, truncated, swapped."""

import base64
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.audit import Actor
from hub.errors import InputError
from hub.exports import Asked, Folder, Format, NotSigned, cutting, export, public_key, signed_manifest, verified
from tests.hub.exports.clinic import Clinic
from tests.stores import embedded_only

FIRST, SECOND = "messages-000001", "messages-000002"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def edit(one: Path, _: Path) -> None:
    one.write_bytes(one.read_bytes().replace(b"words 2", b"words 7", 1))


def delete(one: Path, _: Path) -> None:
    found = lines(one)
    one.write_bytes(b"".join(found[:1] + found[2:]))


def insert(one: Path, _: Path) -> None:
    found = lines(one)
    one.write_bytes(b"".join([*found[:2], b'{"record":"message","body":"I agree"}\n', *found[2:]]))


def reorder(one: Path, _: Path) -> None:
    found = lines(one)
    found[1], found[2] = found[2], found[1]
    one.write_bytes(b"".join(found))


def truncate(one: Path, _: Path) -> None:
    one.write_bytes(b"".join(lines(one)[:-2]))


def cut(one: Path, _: Path) -> None:
    one.write_bytes(one.read_bytes()[:-200])


def swap(one: Path, other: Path) -> None:
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def remove(one: Path, _: Path) -> None:
    one.unlink()


def add(one: Path, _: Path) -> None:
    (one.parent / "messages-000099.jsonl").write_bytes(b"{}\n")


def shorten_list(one: Path, _: Path) -> None:
    index = one.parent / "index.jsonl"
    index.write_bytes(b"".join(lines(index)[:-1]))


TAMPERINGS: list[tuple[Callable[[Path, Path], None], str, str]] = [
    (edit, "edited", FIRST),
    (delete, "deleted", f"{FIRST}.jsonl line 2"),
    (insert, "inserted", f"{FIRST}.jsonl line 3"),
    (reorder, "reordered", f"{FIRST}.jsonl line 2"),
    (truncate, "truncated", FIRST),
    (cut, "truncated", FIRST),
    (swap, "swapped", FIRST),
    (remove, "deleted", FIRST),
    (add, "inserted", "messages-000099.jsonl"),
    (shorten_list, "edited", "index.jsonl"),
]


@embedded_only
async def test_each_tampering_is_named(clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done, and where, for each of them; a signature that is not the pinned key's is refused."""
    monkeypatch.setattr(cutting, "MOST_BYTES", 4000)
    out = tmp_path / "out"
    manifest = await export(clinic.parts, Asked(), Folder(out), Actor("system", "cli"))
    assert not list(verified(out, signed_manifest(out, public_key(manifest.key))))

    for number, (tamper, what, where) in enumerate(TAMPERINGS):
        copy = tmp_path / str(number)
        shutil.copytree(out, copy)
        tamper(copy / f"{FIRST}.jsonl", copy / f"{SECOND}.jsonl")

        first = next(verified(copy, signed_manifest(copy, None)))

        assert (first.what, first.where.startswith(where)) == (what, True), (tamper.__name__, str(first))

    text = (out / "manifest.json").read_bytes()
    (out / "manifest.json").write_bytes(text.replace(b'"messages": 15', b'"messages": 14'))
    with pytest.raises(NotSigned, match="edited"):
        signed_manifest(out, None)
    other = Ed25519PrivateKey.generate()
    raw = other.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    forged = text.replace(manifest.key.encode(), base64.b64encode(raw))
    (out / "manifest.json").write_bytes(forged)
    (out / "manifest.sig").write_bytes(base64.b64encode(other.sign(forged)))
    signed_manifest(out, None)
    with pytest.raises(NotSigned, match="another key"):
        signed_manifest(out, public_key(manifest.key))


@embedded_only
async def test_every_form_is_verified(clinic: Clinic, tmp_path: Path) -> None:
    """Each format verifies, and an edit of it is found; in a ZIP, by its member."""
    for form in Format:
        out = tmp_path / form.value
        await export(clinic.parts, Asked(format=form), Folder(out), Actor("system", "cli"))
        manifest = signed_manifest(out, None)
        assert not list(verified(out, manifest)), form

        (one,) = out.glob("messages-*")
        content = bytearray(one.read_bytes())
        content[_inside(one)] ^= 1
        one.write_bytes(bytes(content))

        assert [fault.what for fault in verified(out, manifest)] == ["edited"], form


@embedded_only
async def test_a_zip_damaged_anywhere_is_told_and_never_breaks_off(clinic: Clinic, tmp_path: Path) -> None:
    """Whichever of its octets was changed; where what was said stands there, the member is named. It never fails."""
    out = tmp_path / "out"
    await export(clinic.parts, Asked(format=Format.EML), Folder(out), Actor("system", "cli"))
    manifest = signed_manifest(out, None)
    (one,) = out.glob("messages-*.zip")
    whole, inside = one.read_bytes(), _inside(one)
    with zipfile.ZipFile(one) as archive:
        second = archive.infolist()[1].header_offset
    told = {}

    for at in range(0, len(whole), 5):
        content = bytearray(whole)
        content[at] ^= 1 << at % 8
        one.write_bytes(bytes(content))
        (told[at],) = verified(out, manifest)

    assert {fault.what for fault in told.values()} <= {"edited", "truncated"}
    # A few octets say nothing: the last fills up, and another may point at the same words elsewhere.
    said = [fault.where for at, fault in told.items() if inside <= at < second]
    assert set(said) <= {f"{one.name} line 1", one.name}
    assert said.count(one.name) <= len(said) // 5


def _inside(path: Path) -> int:
    """Where a byte of what was said stands; in a ZIP, of what its first member holds, not of how that is named."""
    if not zipfile.is_zipfile(path):
        return path.stat().st_size // 2
    with zipfile.ZipFile(path) as archive:
        member = archive.infolist()[0]
        archive.open(member).close()
    header = path.read_bytes()[member.header_offset :]
    name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    return member.header_offset + 30 + name + extra + member.compress_size // 2


def test_a_key_is_taken_as_it_is_told(tmp_path: Path) -> None:
    """In base64, in hex, from a file with either or as PEM; nothing else."""
    key = Ed25519PrivateKey.generate().public_key()
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = tmp_path / "hub.pem"
    pem.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    text = tmp_path / "hub.key"
    text.write_text(base64.b64encode(raw).decode() + "\n")

    for given in (base64.b64encode(raw).decode(), raw.hex(), str(pem), str(text)):
        assert public_key(given).public_bytes(Encoding.Raw, PublicFormat.Raw) == raw
    for given in ("", "no key", raw.hex()[:-2]):
        with pytest.raises(InputError, match="--key"):
            public_key(given)


def test_what_is_no_export_is_told_plainly(tmp_path: Path) -> None:
    """No folder, an empty one, one that was not finished."""
    with pytest.raises(InputError, match="no folder"):
        signed_manifest(tmp_path / "none", None)
    with pytest.raises(NotSigned, match="missing"):
        signed_manifest(tmp_path, None)
    (tmp_path / "progress.json").write_text("{}")
    with pytest.raises(NotSigned, match="not finished"):
        signed_manifest(tmp_path, None)
