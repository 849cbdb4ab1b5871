"""Texts, names, birth dates and addresses are ciphertext wherever they lie, and stand in no log (invariant 10)."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from channels.carrier import Carrier
from hub import app
from hub.app import Hub
from tests.faults.server import Server
from tests.hub_rig import CLINIC, Rig

NUMBER = "+12025550187"
CANARIES = {
    "given name": "Quillonde",
    "family name": "Brakkenmoor",
    "record number": "MRN-zyx-77731",
    "birth date": "1931-11-29",
    "number": NUMBER,
    "number's digits": NUMBER[2:],
    "what the patient wrote": "flimbursome toenail",
    "what staff wrote": "gravnostic kettle",
}


def disguises(word: str) -> Iterator[tuple[str, bytes]]:
    """A word as it might lie in a file: in three encodings, and in base64 at each of its three alignments."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield encoding, word.encode(encoding)
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + word.encode())
        # The first and last characters mix with what stands beside the word.
        inner = encoded[(0, 2, 3)[shift] : len(encoded) - 4]
        yield f"base64 at {shift}", inner


def found_in(folder: Path) -> list[str]:
    """Where a canary stands, and how it is written."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            for what, word in CANARIES.items():
                found += [f"{what} in {path.name} as {how}" for how, written in disguises(word) if written in content]
    return found


def test_the_search_finds_a_word_in_every_disguise(tmp_path: Path) -> None:
    word = CANARIES["what the patient wrote"]
    file = tmp_path / "file"

    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        file.write_bytes(b"..." + f"<{word}>".encode(encoding))
        assert found_in(tmp_path), encoding
    for shift in range(3):
        file.write_bytes(base64.b64encode(b"x" * shift + word.encode() + b"tail"))
        assert found_in(tmp_path), shift


async def test_no_word_of_a_patient_stands_in_any_file_or_log(tmp_path: Path) -> None:
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=1)
    await carrier.start()
    server = Server.over(tmp_path / "data", carrier)
    try:
        await _books(server)
        await server.start()
        phone = carrier.phone(NUMBER)
        for words in (
            f"my {CANARIES['what the patient wrote']} hurts, book me a visit",
            f"this is {CANARIES['given name']} {CANARIES['family name']}, born {CANARIES['birth date']}",
            f"call me back at {NUMBER[2:]}",
            "please stop writing to me",
        ):
            assert (await carrier.text(NUMBER, CLINIC, words)).ok
            await phone.next(15)
        assert not (await carrier._callbacks.post(f"{server.base}/webhooks/twilio/sms", {"MessageSid": "SM"})).ok
        while_running = found_in(tmp_path / "data")
        assert await server.ask_to_end() == 0
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()

    assert while_running == []
    assert found_in(tmp_path) == []
    assert server.log.stat().st_size > 0


async def _books(server: Server) -> None:
    await app.prepare(server.settings)
    hub = await Hub.open(server.settings, roles=())
    rig = Rig(hub, server.carrier, server.data)
    person = await rig.patient(
        CANARIES["record number"],
        CANARIES["given name"],
        CANARIES["family name"],
        NUMBER,
        birth_date=CANARIES["birth date"],
    )
    (server.data / "import.csv").unlink()
    await rig.send(person, f"About your {CANARIES['what staff wrote']}", author_name=CANARIES["given name"])
    await hub.stop()
