"""Answers to a campaign's questions, and what they lead to."""

from datetime import timedelta

import pytest

from hub.campaigns.plans import built_in
from hub.errors import InputError
from hub.types import ChannelKind
from tests.hub.campaigns.clinic import ME, Clinic
from tests.hub.campaigns.test_waitlist import replies
from tests.hub.outbox.mail import ANA
from tests.stores import either_will_do


async def asked(clinic: Clinic) -> str:
    """Ana, who was asked how she has been."""
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await clinic.parts.campaigns.start(built_in()["check-in"], ME, ["MRN-1"])
    await clinic.parts.campaigns.plan_all()
    (claim,) = await clinic.mail.claim()
    await clinic.mail.sent(claim)
    return ana


@pytest.mark.parametrize(
    ("text", "answer", "staff", "leads"),
    [pytest.param("3", 3, True, True, id="worse"), pytest.param("Better!", 1, False, False, id="better")],
)
async def test_an_answer_is_noted_and_the_plan_branches_on_it(
    clinic: Clinic, text: str, answer: int, staff: bool, leads: bool
) -> None:
    ana = await asked(clinic)

    said = await replies(clinic).answer(ana, text, "m", since=None, language="en", channel=ChannelKind.SMS)

    assert said is not None
    assert (said.action, said.staff) == ("campaign.answer", staff)
    assert said.text.startswith("Thank you")
    rows = {row.step: row for row in await clinic.rows()}
    assert rows["week-1"].answer == answer
    assert ("offer" in rows) is leads
    if leads:
        clinic.mail.wait(days=1, hours=1)
        await clinic.parts.campaigns.plan_all()
        assert {row.step: row.state for row in await clinic.rows()}["offer"] == "queued"
        (claim,) = await clinic.mail.claim()
        assert "would a visit help?" in claim.part.text


@either_will_do
@pytest.mark.parametrize("text", ["3 pm would be fine", "I need a visit", "no", "YES"])
async def test_what_is_no_answer_is_left_to_the_bot(clinic: Clinic, text: str) -> None:
    ana = await asked(clinic)

    said = await replies(clinic).answer(ana, text, "m", since=None, language="en", channel=ChannelKind.SMS)

    assert said is None


@either_will_do
async def test_an_answer_counts_once(clinic: Clinic) -> None:
    ana = await asked(clinic)
    desk = replies(clinic)
    await desk.answer(ana, "1", "m", since=None, language="en", channel=ChannelKind.SMS)

    again = await desk.answer(ana, "3", "n", since=None, language="en", channel=ChannelKind.SMS)

    assert again is None
    assert [row.answer for row in await clinic.rows() if row.step == "week-1"] == [1]


@either_will_do
async def test_what_the_bot_asked_since_is_what_is_answered(clinic: Clinic) -> None:
    ana = await asked(clinic)
    since = clinic.clock.now() + timedelta(minutes=1)

    said = await replies(clinic).answer(ana, "1", "m", since=since, language="en", channel=ChannelKind.SMS)

    assert said is None


@either_will_do
async def test_a_plan_for_a_list_needs_one_of_people_on_the_books(clinic: Clinic) -> None:
    with pytest.raises(InputError, match="give one"):
        await clinic.parts.campaigns.start(built_in()["balance"], ME)
    with pytest.raises(InputError, match="1 of the record numbers are not"):
        await clinic.parts.campaigns.start(built_in()["balance"], ME, ["MRN-9"])
