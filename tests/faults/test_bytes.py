"""Texts, names, birth dates and addresses are ciphertext wherever they lie, and stand in no log (invariant 10)."""

from datetime import timedelta
from pathlib import Path

from channels.carrier import Carrier
from hub import app
from hub.app import Hub
from tests.canary import CANARIES, Watch, found
from tests.faults.server import Server
from tests.hub_rig import CLINIC, Rig

NUMBER = f"+1{CANARIES['number']}"


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
        while_running = Watch().folder(tmp_path / "data")
        figures = await server.figures()
        dumped = server.core_limit()
        assert await server.ask_to_end() == 0
    finally:
        await server.close()
        carrier.closing.set()
        await carrier.stop()

    assert while_running == []
    assert Watch().folder(tmp_path) == []
    assert b"hub_accepted" in figures
    assert found(figures) == []
    assert dumped == "0", "a process that crashed could leave its memory on the disk"
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
