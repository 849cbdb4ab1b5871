"""What is said of a channel is what would become of a message there; what the bot found out is told in words."""

from datetime import timedelta
from typing import Any

import pytest

from bots import dialogue
from bots.dialogue import Phase, State
from bots.dialogue.state import Wish
from hub.desk.summary import Summaries, collected, noted
from hub.desk.ways import OpenWay
from hub.desk.writing import NotPermitted
from hub.threads import NewMessage
from hub.types import AuthorKind, ChannelKind, Direction, new_id
from tests.hub.desk.floor import Floor, agent
from tests.stores import embedded_only


async def _ways(floor: Floor, thread_id: str) -> dict[ChannelKind, OpenWay]:
    async with floor.parts.db.read() as conn:
        thread = await floor.parts.threads.get(conn, thread_id)
        assert thread is not None
        return {
            one.channel: one for one in await floor.parts.desk.ways.of(conn, thread.person_id, thread.last_inbound_at)
        }


@pytest.mark.parametrize("consent", ["yes", "no", ""])
@embedded_only
async def test_a_channel_that_is_shown_as_open_takes_a_reply_and_another_does_not(floor: Floor, consent: str) -> None:
    await floor.patient(consent=consent)
    dana = await floor.user()
    thread_id = await floor.asks()
    floor.clock.advance(timedelta(days=30))

    for channel, way in (await _ways(floor, thread_id)).items():
        came = await floor.write(thread_id, agent(dana), channel=channel)
        assert way.allowed is not isinstance(came, NotPermitted), channel
        assert way.allowed or (way.reason.endswith(".") and way.codes), channel


@embedded_only
async def test_where_the_person_wrote_from_is_preferred_and_shown(floor: Floor) -> None:
    await floor.patient()
    thread_id = await floor.asks()

    ways = await _ways(floor, thread_id)

    sms = ways[ChannelKind.SMS]
    assert (sms.allowed, sms.preferred, sms.link, sms.shown) == (True, True, False, "+12025550111")
    portal = ways[ChannelKind.PORTAL]
    assert (portal.allowed, portal.shown, portal.preferred) == (False, "", False)
    assert portal.reason == "The person has not signed in to the portal yet."
    assert (sms.reason, sms.codes, portal.codes) == ("", (), ("no-portal",))


@embedded_only
async def test_what_would_go_as_a_link_says_so(floor: Floor) -> None:
    await floor.patient()
    thread_id = await floor.asks()
    floor.clock.advance(timedelta(days=60))

    sms = (await _ways(floor, thread_id))[ChannelKind.SMS]

    assert sms.link
    assert "link" in sms.reason
    assert sms.codes == ("as-link",)


STATE = State(
    phase=Phase.WHEN,
    job="book",
    wish=Wish(visit_type="Check-up", provider="Dr. Kim"),
    name="Ana",
    birth_date="1985-04-23",
)


def test_what_the_bot_found_out_is_told_in_both_languages() -> None:
    english, spanish = (collected(dialogue.encode(STATE), language) for language in ("en", "es"))

    assert ("Wants", "to book a visit") in english
    assert ("Quiere", "reservar una visita") in spanish
    assert (
        [one.value for one in english[1:]]
        == [one.value for one in spanish[1:]]
        == [
            "Check-up",
            "Dr. Kim",
            "Ana",
            "1985-04-23",
        ]
    )
    assert collected(b"of another version") == []


def test_a_note_of_the_bot_is_read_back_and_other_lines_are_not() -> None:
    note = (
        "Handed over by the assistant: asked.\nwants: reschedule\nwhen: 2026-03-05: in the morning\nnonsense: x\nwhen"
    )

    assert noted(note) == [("Wants", "to move a visit"), ("When", "2026-03-05: in the morning")]


@embedded_only
async def test_after_a_hand_over_it_is_found_in_the_note(floor: Floor) -> None:
    ana = await floor.patient()
    thread_id = await floor.asks()
    parts = floor.parts

    async def unit(conn: Any) -> Any:
        keys = await parts.vault.key(conn, ana)
        note = NewMessage(
            id=new_id(),
            thread_id=thread_id,
            person_id=ana,
            direction=Direction.NOTE,
            author=AuthorKind.BOT,
            at=floor.clock.now(),
            text="Handed over by the assistant: asked.\nwants: cancel",
        )
        await parts.threads.append(conn, keys, [note])
        thread = await parts.threads.get(conn, thread_id)
        assert thread is not None
        return await Summaries(parts.vault, parts.threads).of(conn, thread)

    assert await parts.db.write(unit) == [("Wants", "to cancel a visit")]
