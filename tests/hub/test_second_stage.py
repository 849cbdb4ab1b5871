"""A hub with `HUB_EMBEDDING=on`: it has the second stage where that is there, and answers either way."""

import logging
import shutil
from pathlib import Path

from bots.nlu.artefact import kept
from bots.nlu.second_artefact import second_path
from hub.crypto import Keyring
from tests.bots.nlu_engine import MODELS, trained
from tests.bots.second_stage import ABSENT, real
from tests.hub_rig import open_rig
from tests.stores import embedded_only

ANA = "+12025550147"
UNSURE = "hmm zanzibar quux thing maybe"


@embedded_only
async def test_the_stage_is_asked_where_it_is_there_and_missed_aloud_where_it_is_not(
    database_url: str, tmp_path: Path, keyring: Keyring, caplog
) -> None:
    trained()
    models = tmp_path / "models"
    models.mkdir(mode=0o700)
    shutil.copy(kept(MODELS), kept(models))
    if not ABSENT:
        encoder, stage = real()
        stage.save(second_path(models, encoder.name))

    with caplog.at_level(logging.INFO, logger="hub.app"):
        async with open_rig(database_url, tmp_path, keyring, embedding="on") as rig:
            await rig.hub.understanding()
            await rig.patient("MRN-1", "Ana", "Lopez", ANA)
            said = await rig.ask(ANA, UNSURE)
            told = rig.parts.metrics.page().decode()

    assert said
    assert ("embedding_missing" if ABSENT else "embedding_ready") in [record.getMessage() for record in caplog.records]
    # Counted by the stage alone, whether or not the vector came in time.
    assert ("hub_understood_total{" in told) is not bool(ABSENT)
