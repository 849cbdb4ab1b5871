"""The clinic's side of one phone and mailbox: the thread as staff see it, and what the assistant waits for."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue import Phase, decode
from hub.db.tables import delivery, message
from hub.db.tables import thread as thread_table
from hub.demo.behind import reason
from hub.demo.clinic import Phone
from hub.demo.wording import moment, table, words
from hub.parts import Parts
from hub.people import Person
from hub.sealed import PERSONAL, open_body
from hub.threads import Thread
from hub.types import Address, AddressKind, AuthorKind, DeliveryState, Direction, Language, ThreadStatus
from hub.vault import Keys

MOST = 60
_BOTS = (ThreadStatus.BOT, ThreadStatus.CLOSED)
_UNSENT = (DeliveryState.HELD, DeliveryState.SUPPRESSED)


async def side(parts: Parts, conn: AsyncConnection, phone: Phone, language: Language) -> dict[str, Any] | None:
    """The thread that moved last of those on the phone or the mailbox, as the page shows it; None before there is one.

    others: how many more there are. asked: what the clinic said last, whatever the channel. waits: what for.
    """
    found = await _threads(parts, conn, phone)
    if not found:
        return None
    one, person = found[0]
    keys = await parts.vault.key(conn, one.person_id)
    entries = await _entries(parts, conn, keys, one, language)
    asked = [entry["text"] for entry in entries if entry["by"] not in ("patient", "note") and not entry["hidden"]]
    return {
        "id": one.id,
        "name": _name(person, language),
        "status": one.status.value,
        "statusWords": table(language, "status")[one.status.value],
        "attention": one.attention.replace("_", " "),
        "waits": await _waits(parts, conn, keys, one, language),
        "others": len(found) - 1,
        "asked": asked[-1] if asked else "",
        "entries": entries,
    }


async def persons_on(parts: Parts, conn: AsyncConnection, phone: Phone) -> set[str]:
    """The ids of those on the phone or the mailbox, stand-ins among them."""
    at = (Address(AddressKind.PHONE, phone.number), Address(AddressKind.MAILBOX, phone.mailbox))
    return {person_id for one in at for person_id in await parts.people.by_address(conn, one)}


async def _threads(parts: Parts, conn: AsyncConnection, phone: Phone) -> list[tuple[Thread, Person]]:
    """Every thread with anything in it that is of somebody on the phone or the mailbox, the newest first."""
    persons = await persons_on(parts, conn, phone)
    query = (
        sa.select(thread_table.c.id)
        .where(thread_table.c.person_id.in_(persons), thread_table.c.last_seq > 0)
        .order_by(sa.func.coalesce(thread_table.c.last_inbound_at, thread_table.c.created_at).desc())
    )
    ids = list((await conn.execute(query)).scalars())
    known = await parts.people.many(conn, list(persons))
    threads = [await parts.threads.get(conn, one) for one in ids]
    return [(one, known[one.person_id]) for one in threads if one is not None]


def _name(person: Person, language: Language) -> str:
    profile = person.profile
    return table(language, "deeds").get(person.kind) or f"{profile.given_name} {profile.family_name}"


async def _waits(parts: Parts, conn: AsyncConnection, keys: Keys, one: Thread, language: Language) -> str:
    """What the assistant waits for in this thread."""
    phases = table(language, "phase")
    if one.status not in _BOTS:
        return phases["silent"]
    kept = await parts.threads.dialogue(conn, keys, one)
    if kept is None:
        return phases[Phase.IDLE.value]
    state = decode(kept[0])
    time = moment(state.offered[0].start, parts.settings.timezone, language) if state.offered else ""
    return phases[state.phase.value].format(count=len(state.offered), time=time)


async def _entries(
    parts: Parts, conn: AsyncConnection, keys: Keys, one: Thread, language: Language
) -> list[dict[str, Any]]:
    """The last entries of the thread, oldest first."""
    query = sa.select(message).where(message.c.thread_id == one.id).order_by(message.c.seq.desc()).limit(MOST)
    rows = list((await conn.execute(query)).all())[::-1]
    states = await _states(conn, [row.id for row in rows if row.direction == Direction.OUTBOUND], language)
    return [_entry(keys, one, row, states.get(row.id, {}), language) for row in rows]


def _entry(keys: Keys, one: Thread, row: Any, state: Mapping[str, str], language: Language) -> dict[str, Any]:
    said = words(language)
    body = open_body(keys, one.person_id, one.id, row.id, row.body_sealed)
    hidden = (row.intent_key or "").startswith(PERSONAL)
    note = row.direction == Direction.NOTE
    author = said["author_note" if note else f"author_{row.author_kind}"]
    named = body.author and row.author_kind == AuthorKind.STAFF
    return {
        "id": row.id,
        "by": "note" if note else row.author_kind,
        "author": f"{author}: {body.author}" if named else author,
        "text": said["code_hidden"] if hidden else body.text,
        "hidden": hidden,
        "files": [said[_kind(each)] for each in body.media],
        "channel": row.channel or "",
        "at": row.at.isoformat(),
        **state,
    }


def _kind(media: Mapping[str, str]) -> str:
    if media["url"].startswith("recording:"):
        return "transcript"
    return "recording" if media["content_type"].startswith("audio/") else "attachment"


async def _states(conn: AsyncConnection, ids: Sequence[str], language: Language) -> dict[str, dict[str, str]]:
    """The state of each message's newest delivery, and in words; with the reason where it did not leave."""
    columns = (delivery.c.message_id, delivery.c.state, delivery.c.reason)
    query = sa.select(*columns).where(delivery.c.message_id.in_(ids)).order_by(delivery.c.id)
    told = {}
    for row in await conn.execute(query):
        state = DeliveryState(row.state)
        named = table(language, "state")[state.value]
        why = f": {reason(row.reason, language)}" if state in _UNSENT and row.reason else ""
        told[str(row.message_id)] = {"state": state.value, "stateWords": f"{named}{why}"}
    return told
