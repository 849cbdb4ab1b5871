"""Numbers that were given up: suspended, without consent, and told to staff; answers of old days change nothing."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import address, number_check
from hub.identity.reassigned import Answer, Question, void
from hub.imports.numbers import import_numbers
from hub.types import Send, Skip
from tests.hub_rig import Rig, open_rig
from tests.stores import embedded_only

ANA, LUIS = "+12025550111", "+12025550112"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    """A hub that does not send by itself."""
    async with open_rig(database_url, tmp_path, keyring, clock=clock, started=False, engine=False) as one:
        yield one


@pytest.mark.parametrize(
    ("answer", "days", "voids"),
    [(Answer.YES, 0, True), (Answer.YES, 3, True), (Answer.YES, -1, False), (Answer.NO, 0, False)],
)
def test_an_answer_about_an_earlier_day_than_the_number_was_known_good_on_is_old(
    answer: Answer, days: int, voids: bool
) -> None:
    known = date(2026, 3, 2)

    assert void(answer, known + timedelta(days=days), known) is voids
    assert not void(Answer.NO_DATA, known, None)
    assert void(Answer.YES, known, None)


async def test_a_number_that_was_given_up_is_suspended_once_and_staff_are_told(rig: Rig, tmp_path: Path) -> None:
    ana = await rig.patient("M-1", "Ana", "Lopez", ANA)
    luis = await rig.patient("M-2", "Luis", "Lopez", LUIS)
    asked = [one async for one in rig.parts.numbers.questions(rig.parts.db)]
    day = date(2026, 3, 2)
    file = tmp_path / "answered.csv"
    file.write_text(f"phone,date,answer\n{ANA},{day},yes\n{LUIS},{day},no\n+12025550199,{day},yes\n{ANA},x,yes\n")

    reports = [
        await import_numbers(file, db=rig.parts.db, clock=rig.parts.clock, numbers=rig.parts.numbers, region="US")
        for _ in range(2)
    ]

    assert sorted(asked, key=lambda one: one.number) == [Question(ANA, day), Question(LUIS, day)]
    assert [(one.updated, one.unchanged, [p.line for p in one.problems]) for one in reports] == [(1, 1, [4, 5])] * 2
    (row,) = await rig.rows(sa.select(address).where(address.c.id == await rig.address(ANA)))
    assert (row.state, row.state_reason) == ("suspended", "reassigned")
    assert await rig.facts(ANA) == ["grant", "revoke"]
    assert (await rig.thread(ana)).attention == "reassigned"
    assert isinstance((await rig.send(ana, "Hello")).decision, Skip)
    assert isinstance((await rig.send(luis, "Hello")).decision, Send)
    assert sorted(one.answer for one in await rig.rows(sa.select(number_check))) == ["no", "yes"]


@embedded_only
async def test_only_numbers_in_use_are_asked_about_each_once(rig: Rig) -> None:
    await rig.patient("M-1", "Ana", "Lopez", ANA)
    await rig.patient("M-2", "Luis", "Lopez", ANA)
    await rig.patient("M-3", "Mia", "Lopez", LUIS, consent="")

    asked = [one.number async for one in rig.parts.numbers.questions(rig.parts.db)]

    assert asked == [ANA], "of a number nobody agreed to anything for, there is no day to ask about"
