"""A hub that asks a Rasa server: its word counts, except where a life or a STOP is at stake, or the server fails."""

import logging
from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.bots.bad_server import bad_server, whole
from tests.hub_rig import open_rig
from tests.stores import embedded_only

ANA = "+12025550123"
HOURS = whole({"intent_ranking": [{"name": "hours_location", "confidence": 0.98}]})


@embedded_only
async def test_a_conversation_by_rasa_goes_on_when_its_server_is_gone(
    database_url: str, tmp_path: Path, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    async with bad_server() as rasa:
        rasa.next(HOURS)
        async with open_rig(database_url, tmp_path, keyring, rasa_url=rasa.url) as rig:
            await rig.patient("MRN-1", "Ana", "Lopez", ANA)

            by_rasa = await rig.ask(ANA, "Timbuktu")
            rasa.next(b"")
            with caplog.at_level(logging.INFO):
                by_ours = await rig.ask(ANA, "where are you located")
                asked = len(rasa.asked)
                emergency = await rig.ask(ANA, "I have crushing chest pain and can't breathe")
            stopped = await rig.ask(ANA, "STOP")
            counted = rig.parts.metrics.page().decode()

    assert "Maple Street" in by_rasa
    assert "Maple Street" in by_ours
    assert "911" in emergency
    assert "STOP" not in stopped
    assert len(rasa.asked) == asked == 2
    assert 'hub_understood_total{engine="embedded",reason="unreachable"} 1.0' in counted
    assert "located" not in caplog.text
