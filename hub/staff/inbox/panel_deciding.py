"""What the person told staff: decisions for the ledger, preferences, their language."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState
from hub.api.consents import decided
from hub.calls import Call, NoQuery, Wrote, unusable
from hub.events import Change, publish
from hub.people.preferences import Preference, merged
from hub.staff.inbox.panel_people import whose
from hub.staff.inbox.panel_shapes import Done, NewFact, NewLanguage, NewWish, Recorded, Shorter
from hub.types import ChannelKind, Purpose


async def consent(conn: AsyncConnection, call: Call[NoQuery, NewFact]) -> Wrote:
    """Append a decision, with the words in which it was told. A grant from here lifts no refusal: see `stands`."""
    parts, asked = call.parts, call.body
    if asked.evidence:
        raise unusable("what the person said goes into `words`")
    thread, person = await whose(conn, call)
    evidence = {"how": "told to staff", "words": asked.words.strip(), "thread": thread.id}
    told = msgspec.structs.replace(asked, source="staff", evidence=evidence)
    items = await decided(conn, parts, person.id, told, call.caller.actor)
    stands: list[ChannelKind] = []
    if asked.state is ConsentState.GRANT:
        standings = await parts.ledger.standings(conn, {one.address for one in items})
        about = asked.purposes or [one for one in Purpose if one is not Purpose.EMERGENCY]
        stands = [
            channel
            for channel in asked.channels
            if any(
                standings[one.address].of(channel, purpose).state is ConsentState.REVOKE
                for one in items
                if channel in one.channels
                for purpose in about
            )
        ]
    await publish(conn, parts.clock.now(), [Change("thread.updated", thread.id)])
    return Wrote(status=201, value=Recorded(items=items, stands=stands), after=parts.router.announce)


async def preference(conn: AsyncConnection, call: Call[NoQuery, NewWish]) -> Wrote:
    """Keep by which channels the person would like to hear of one purpose."""
    parts, asked = call.parts, call.body
    thread, person = await whose(conn, call)
    kept = (await parts.preferences.read(conn, person.id)).by_purpose.get(asked.purpose, Preference())
    # By the others the person cannot be reached now: they keep their place.
    wanted = merged(kept, asked.order, asked.order, asked.off)
    await parts.preferences.change(
        conn,
        person.id,
        asked.purpose,
        order=wanted.order,
        off=wanted.off,
        actor=call.caller.actor,
        request_id=call.request_id,
    )
    return await _changed(conn, call, thread.id)


async def shorter(conn: AsyncConnection, call: Call[NoQuery, Shorter]) -> Wrote:
    """Take back that the person wants whole texts on a channel."""
    thread, person = await whose(conn, call)
    await call.parts.preferences.want_short(
        conn, person.id, call.body.channel, actor=call.caller.actor, request_id=call.request_id
    )
    return await _changed(conn, call, thread.id)


async def language(conn: AsyncConnection, call: Call[NoQuery, NewLanguage]) -> Wrote:
    """Write to the person in another language from now on."""
    thread, person = await whose(conn, call)
    await call.parts.people.speak(conn, person.id, call.body.language, call.caller.actor, call.request_id)
    return await _changed(conn, call, thread.id)


async def _changed(conn: AsyncConnection, call: Call[NoQuery, Any], thread_id: str) -> Wrote:
    await publish(conn, call.parts.clock.now(), [Change("thread.updated", thread_id)])
    return Wrote(status=200, value=Done(thread=thread_id), after=call.parts.bell.ring)
