"""Two records of one person become one: everything is brought over, once, and nothing is ever seen half done."""

import asyncio
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Source
from hub.audit.trail import _place as audit_place
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import (
    appointment,
    attachment,
    audit_event,
    contact,
    delivery,
    file_piece,
    metadata,
    person,
    portal_session,
    proxy,
    resource,
    thread,
)
from hub.errors import RecordMerged
from hub.files.pieces import Pieces
from hub.identity import Merged, NotMerged, belongings
from hub.identity.merging import former
from hub.outbox import NewDelivery, enqueue
from hub.people import NewPatient, PreferenceBook
from hub.sealed import open_words, reply_token, seal_words
from hub.threads import NewMessage
from hub.types import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Direction,
    Inbound,
    Lane,
    Provenance,
    Purpose,
    ThreadStatus,
    new_id,
)
from hub.vault import AUDIT, Keys
from tests.hub.identity.books import BORN, STAFF, Books, phone
from tests.stores import embedded_only, server_only

_NAMES_SOMEBODY = ("person_id", "thread_id", "patient_id", "proxy_person_id", "held_by", "owner_id", "into_id")


def test_every_table_that_names_a_person_says_what_a_merge_does_with_it() -> None:
    """A new table must be listed in `hub/identity/belongings.py`: else what it holds would be lost to the survivor."""
    plain = {(column.table.name, column.name) for column in belongings.PLAIN.values()}
    whole = belongings.SEALED | belongings.ENDED | belongings.BY_HAND | belongings.AS_IT_WAS

    forgotten = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if (column.name in _NAMES_SOMEBODY or any(key.column.table is person for key in column.foreign_keys))
        and table.name not in whole
        and (table.name, column.name) not in plain
    ]

    assert forgotten == []
    assert all(name in metadata.tables for name in whole)


@embedded_only
async def test_what_both_said_stands_in_one_thread_in_the_order_in_which_it_was_said(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    for number, text in ((1, "one"), (2, "two"), (1, "three"), (2, "four"), (2, "five")):
        await books.says(number, text)
        books.clock.advance(timedelta(minutes=1))

    done = await books.merge(twice, ana)

    assert isinstance(done, Merged)
    assert done.moved["messages"] == 3
    assert await books.texts(ana) == ["one", "two", "three", "four", "five"]
    assert await books.texts(twice) == []
    assert await books.numbers(ana) == [phone(1).value, phone(2).value]
    assert await books.numbers(twice) == []


async def test_a_later_text_from_the_merged_number_comes_to_the_survivor(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    before = await books.says(2, "before")

    await books.merge(twice, ana)
    after = await books.says(2, "after")

    assert after.thread_id != before.thread_id
    assert await books.texts(ana) == ["before", "after"]
    async with books.db.read() as conn:
        found = await books.threads.get(conn, before.thread_id)
        assert found is not None
        assert (found.id, found.person_id) == (after.thread_id, ana)


@embedded_only
async def test_asked_again_it_changes_nothing(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(2, "hello")
    first = await books.merge(twice, ana)

    again = await books.merge(twice, ana)

    assert (again.person_id, again.thread_id, again.moved) == (ana, first.thread_id, {})
    assert await books.texts(ana) == ["hello"]


@embedded_only
async def test_a_stop_on_the_merged_number_stays_and_its_evidence_opens(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.decides(ana, 1, ConsentState.GRANT, Source.FORM)
    await books.decides(twice, 2, ConsentState.GRANT, Source.FORM)
    await books.decides(twice, 2, ConsentState.REVOKE, Source.STOP)

    await books.merge(twice, ana)

    async with books.db.read() as conn:
        contacts = {one.address.value: one.address_id for one in await books.people.contacts(conn, ana)}
        standings = await books.ledger.standings(conn, contacts.values())
        facts = await books.ledger.of_person(conn, ana, contacts.values())
    stopped = standings[contacts[phone(2).value]].of(ChannelKind.SMS, Purpose.CARE)
    assert stopped.state is ConsentState.REVOKE
    assert standings[contacts[phone(1).value]].of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.GRANT
    assert [(one.person_id, dict(one.evidence)) for one in facts] == [(ana, {"words": "synthetic"})] * 3


@embedded_only
async def test_a_stop_on_a_number_that_both_had_stays(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 1, 2)
    await books.decides(ana, 1, ConsentState.GRANT, Source.FORM)
    await books.decides(twice, 1, ConsentState.REVOKE, Source.STOP)

    done = await books.merge(twice, ana)

    assert done.moved["addresses"] == 1
    async with books.db.read() as conn:
        (one, _) = sorted(await books.people.contacts(conn, ana), key=lambda each: each.address.value)
        held = (await books.ledger.standings(conn, (one.address_id,)))[one.address_id]
    assert held.of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.REVOKE
    # The number was shared by the two records: now it is one person's.
    assert (await books.says(1, "hello")).thread_id == (await books.says(2, "hello")).thread_id


async def test_visits_deliveries_and_sessions_go_with_it(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    kept = await books.says(2, "hello")
    visit, delivery_id = new_id(), ""

    async def unit(conn: AsyncConnection) -> str:
        now = books.clock.now()
        names = [{"id": new_id(), "kind": kind, "blind": kind.encode(), "name_sealed": b"x"} for kind in _KINDS]
        await insert_rows(conn, resource, names)
        of = {one["kind"]: one["id"] for one in names}
        row = {
            "id": visit,
            "person_id": twice,
            "provider_id": of["provider"],
            "visit_type_id": of["visit_type"],
            "location_id": of["location"],
            "start": now + timedelta(days=3),
            "minutes": 30,
            "status": "booked",
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        await insert_rows(conn, appointment, [row])
        session = {
            "id": new_id(),
            "token_blind": b"x" * 16,
            "person_id": twice,
            "language": "en",
            "created_at": now,
            "seen_at": now,
            "ends_at": now + timedelta(hours=1),
        }
        await insert_rows(conn, portal_session, [session])
        sender = (await books.senders.resolve(conn, (phone(2),)))[phone(2)]
        entry = NewMessage(
            id=new_id(),
            thread_id=kept.thread_id,
            person_id=twice,
            direction=Direction.OUTBOUND,
            author=AuthorKind.BOT,
            at=now,
            text="answer",
            channel=ChannelKind.SMS,
            address_id=sender.address_id,
        )
        await books.threads.append(conn, await books.vault.keys(conn, (twice,)), [entry])
        new = NewDelivery(
            message_id=entry.id,
            thread_id=kept.thread_id,
            person_id=twice,
            address_id=sender.address_id,
            channel=ChannelKind.SMS,
            lane=Lane.REPLY,
            purpose=Purpose.CARE,
            automated=True,
            state=DeliveryState.QUEUED,
            reason="",
            due_at=now,
            segments=1,
        )
        return await enqueue(conn, new, now)

    delivery_id = await books.db.write(unit)

    done = await books.merge(twice, ana)

    assert {what: done.moved[what] for what in ("visits", "deliveries", "sessions")} == {
        "visits": 1,
        "deliveries": 1,
        "sessions": 1,
    }
    (sent,) = await books.rows(sa.select(delivery).where(delivery.c.id == delivery_id))
    assert (sent.person_id, sent.thread_id, sent.state) == (ana, done.thread_id, "queued")
    (held,) = await books.rows(sa.select(appointment).where(appointment.c.id == visit))
    assert (held.person_id, held.version) == (ana, 1)
    (session,) = await books.rows(sa.select(portal_session))
    assert session.ended_at is not None
    assert await books.texts(ana) == ["hello", "answer"]


async def test_files_wishes_and_what_deliveries_say_go_with_it_sealed_anew(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    kept = await books.says(2, "a picture")
    content = bytes(range(256)) * 10_000  # more than one piece
    keys = await _keys(books, ana, twice)
    file_id, delivery_id = new_id(), new_id()
    served = Place("attachment", "content", file_id, twice, kept.thread_id)
    pieces = Pieces(books.db)
    writer = pieces.write(lambda _: keys.seal_file(twice, served))
    await writer.add(content)
    await writer.end()
    wishes = PreferenceBook(books.trail, books.clock)

    async def unit(conn: AsyncConnection) -> None:
        now = books.clock.now()
        row = {
            "id": file_id,
            "message_id": kept.message_id,
            "position": 0,
            "thread_id": kept.thread_id,
            "person_id": twice,
            "channel": "sms",
            "state": "served",
            "reason": "",
            "kind": "image/jpeg",
            "size": writer.size,
            "content_id": writer.file_id,
            "source_id": None,
            "bound": "attachment",
            "attempts": 1,
            "due_at": now,
            "created_at": now,
            "updated_at": now,
        }
        await insert_rows(conn, attachment, [row])
        sender = (await books.senders.resolve(conn, (phone(2),)))[phone(2)]
        new = NewDelivery(
            id=delivery_id,
            message_id=kept.message_id,
            thread_id=kept.thread_id,
            person_id=twice,
            address_id=sender.address_id,
            channel=ChannelKind.SMS,
            lane=Lane.REPLY,
            purpose=Purpose.CARE,
            automated=True,
            state=DeliveryState.QUEUED,
            reason="",
            due_at=now,
            segments=1,
            words_sealed=seal_words(keys, twice, kept.thread_id, delivery_id, "a link"),
        )
        await enqueue(conn, new, now)
        for who, off in ((ana, ChannelKind.SMS), (twice, ChannelKind.EMAIL)):
            await wishes.change(conn, who, Purpose.SURVEY, order=(), off=(off,), actor=STAFF)
        await wishes.change(conn, twice, Purpose.BILLING, order=(ChannelKind.EMAIL,), actor=STAFF)
        await wishes.want_whole(conn, twice, ChannelKind.EMAIL, warning="portal.not_private/1/en", actor=STAFF)

    await books.db.write(unit)

    done = await books.merge(twice, ana)

    assert (done.moved["files"], done.moved["preferences"]) == (1, 2)
    (row,) = await books.rows(sa.select(attachment))
    assert (row.person_id, row.thread_id) == (ana, done.thread_id)
    there = Place("attachment", "content", file_id, ana, done.thread_id)
    assert b"".join([piece async for piece in pieces.read(row.content_id, keys.open_file(ana, there))]) == content
    assert await books.rows(sa.select(file_piece.c.number).where(file_piece.c.file_id == writer.file_id)) == []
    (sent,) = await books.rows(sa.select(delivery))
    assert open_words(keys, ana, done.thread_id, delivery_id, sent.words_sealed) == "a link"
    async with books.db.read() as conn:
        prefers = await wishes.read(conn, ana)
    assert prefers.of(Purpose.SURVEY).off == {ChannelKind.SMS, ChannelKind.EMAIL}
    assert prefers.of(Purpose.BILLING).order == (ChannelKind.EMAIL,)
    assert prefers.whole == frozenset(), "a warning counts for whom it was shown to"


async def _keys(books: Books, *persons: str) -> Keys:
    async with books.db.read() as conn:
        return await books.vault.keys(conn, persons)


_KINDS = ("provider", "visit_type", "location")


async def test_a_stranger_is_merged_into_who_they_are_and_their_number_is_the_patients(books: Books) -> None:
    ana = await books.patient("A-1", 1)
    unknown = await books.says(9, "it is me, Ana, from my new phone")
    (stranger,) = await books.rows(sa.select(thread.c.person_id).where(thread.c.id == unknown.thread_id))

    await books.merge(stranger.person_id, ana)

    (link,) = await books.rows(
        sa.select(contact.c.verified_how).where(contact.c.person_id == ana, contact.c.verified_how != "record")
    )
    assert link.verified_how == "staff"
    assert (await books.says(9, "thanks")).thread_id == (await books.says(1, "and from the old one")).thread_id
    assert len(await books.texts(ana)) == 3


@embedded_only
async def test_what_is_more_urgent_of_the_two_threads_holds(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(1, "hello")
    urgent = await books.says(2, "it hurts")
    await books.db.write(
        lambda conn: books.threads.set_state(
            conn, urgent.thread_id, status=ThreadStatus.OPEN, priority=3, attention="emergency_medical"
        )
    )

    done = await books.merge(twice, ana)

    (row,) = await books.rows(sa.select(thread).where(thread.c.id == done.thread_id))
    assert (row.status, row.priority, row.attention, row.last_seq) == ("open", 3, "emergency_medical", 2)


@embedded_only
async def test_the_bots_state_goes_on_where_it_was_spoken_last(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(1, "hello")
    spoken = await books.says(2, "book me in")

    async def keep(conn: AsyncConnection) -> None:
        one = await books.threads.get(conn, spoken.thread_id)
        assert one is not None
        await books.threads.keep_dialogue(conn, await books.vault.keys(conn, (twice,)), one, b"state")

    await books.db.write(keep)
    done = await books.merge(twice, ana)

    async with books.db.read() as conn:
        one = await books.threads.get(conn, done.thread_id)
        assert one is not None
        kept = await books.threads.dialogue(conn, await books.vault.keys(conn, (ana,)), one)
    assert kept is not None
    assert kept[0] == b"state"


@embedded_only
async def test_the_audit_says_exactly_what_moved_and_under_both_names(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    before = await books.says(2, "hello")

    done = await books.merge(twice, ana)

    rows = await books.rows(sa.select(audit_event).where(audit_event.c.action == "person.merge"))
    assert {row.person_id for row in rows} == {ana, twice}
    async with books.db.read() as conn:
        keys = await books.vault.key(conn, AUDIT)
        told = msgspec.json.decode(keys.open(AUDIT, rows[0].payload_sealed, audit_place(rows[0].id)))
        was = await former(conn, books.vault, twice)
    assert (
        told
        == {"from": twice, "into": ana, "from_thread": before.thread_id, "into_thread": done.thread_id} | done.moved
    )
    assert was is not None
    assert (was.kind, was.profile.mrn, was.reason) == ("patient", "A-2", "entered twice")


@embedded_only
async def test_the_merged_record_holds_nothing_and_its_number_finds_the_survivor(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)

    await books.merge(twice, ana)

    (row,) = await books.rows(sa.select(person).where(person.c.id == twice))
    assert (row.profile_sealed, row.identity_blind, row.kind, row.merged_into) == (None, None, "unidentified", ana)
    async with books.db.read() as conn:
        assert await books.people.by_mrn(conn, "A-2") == ana
        assert await books.people.surviving(conn, twice) == ana
    with pytest.raises(RecordMerged):
        await books.patient("A-2", 2)


@embedded_only
async def test_who_was_merged_before_is_merged_along(books: Books) -> None:
    one, two, three = [await books.patient(f"A-{n}", n) for n in (1, 2, 3)]
    first = await books.says(1, "hello")
    await books.merge(one, two)

    done = await books.merge(two, three)

    assert await books.texts(three) == ["hello"]
    async with books.db.read() as conn:
        assert await books.people.by_mrn(conn, "A-1") == three
        found = await books.threads.get(conn, first.thread_id)
        was = await former(conn, books.vault, one)
    assert found is not None
    assert found.id == done.thread_id
    assert was is not None
    assert was.profile.mrn == "A-1"


@embedded_only
async def test_two_different_birth_dates_are_not_one_person_unless_staff_insist(books: Books) -> None:
    ana, other = await books.patient("A-1", 1), await books.patient("A-2", 2, born=date(1990, 1, 1))

    refused = await books.merge(other, ana)
    done = await books.merge(other, ana, force=True)

    assert isinstance(refused, NotMerged)
    assert refused.why == "birth_dates_differ"
    assert isinstance(done, Merged)


@embedded_only
async def test_a_line_that_still_stands_for_others_is_nobodys_alone(books: Books) -> None:
    ana = await books.patient("A-1", 1)
    await books.patient("A-2", 1, name="Luis Ruiz")
    said = await books.says(1, "when is the visit?")
    (line,) = await books.rows(sa.select(thread.c.person_id).where(thread.c.id == said.thread_id))

    refused = await books.merge(line.person_id, ana)
    backwards = await books.merge(ana, line.person_id)

    assert isinstance(refused, NotMerged)
    assert refused.why == "line_is_shared"
    assert isinstance(backwards, NotMerged)
    assert backwards.why == "not_a_record"
    assert await books.texts(ana) == []


async def test_a_merge_that_breaks_half_way_has_not_happened(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(1, "one")
    await books.says(2, "two")

    async def broken(*_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(books.merger, "_leave_name", broken)
    with pytest.raises(RuntimeError):
        await books.merge(twice, ana)

    assert (await books.texts(ana), await books.texts(twice)) == (["one"], ["two"])
    assert await books.numbers(twice) == [phone(2).value]


@pytest.mark.parametrize("number", [2, 9], ids=["a record", "a stranger without a thread"])
async def test_what_arrives_during_the_merge_is_kept_exactly_once_in_one_thread(books: Books, number: int) -> None:
    ana = await books.patient("A-1", 1)
    if number == 2:
        other = await books.patient("A-2", 2)
        await books.says(2, "text 0")
    else:
        found = await books.db.write(lambda conn: books.senders.resolve(conn, (phone(9),)))
        other = found[phone(9)].person_id

    texts = [books.says(one, f"text {one}-{n}") for n in range(12) for one in (1, number)]
    outcomes = await asyncio.gather(*texts[:12], books.merge(other, ana), *texts[12:])

    assert isinstance(outcomes[12], Merged)
    kept = await books.texts(ana)
    assert len(await books.rows(sa.select(thread))) == 1
    said = [text for text in kept if text != "text 0"]
    for one in (1, number):
        mine = [text for text in said if text.startswith(f"text {one}-")]
        assert mine == [f"text {one}-{n}" for n in range(12)], "each once, in the order accepted"
    assert len(said) == 24


@server_only
async def test_a_text_that_waits_for_the_merge_comes_to_the_survivor(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(2, "before")
    asked, held = asyncio.Event(), asyncio.Event()

    async def slow(conn: AsyncConnection) -> object:
        done = await books.merger.merge_in(conn, twice, ana, "entered twice", STAFF)
        held.set()
        await asked.wait()
        return done

    merging = asyncio.create_task(books.db.write(slow))
    await held.wait()
    text = asyncio.create_task(books.says(2, "meanwhile"))
    await _someone_waits(books)
    asked.set()
    await merging

    assert (await text).thread_id == (await books.says(1, "after")).thread_id
    assert await books.texts(ana) == ["before", "meanwhile", "after"]
    assert len(await books.rows(sa.select(thread))) == 1


async def test_what_was_made_for_the_merged_person_afterwards_is_brought_over(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    await books.says(2, "hello")
    done = await books.merge(twice, ana)

    async def late(conn: AsyncConnection) -> None:
        values = {"held_by": twice}
        now = books.clock.now()
        names = [{"id": new_id(), "kind": kind, "blind": kind.encode(), "name_sealed": b"x"} for kind in _KINDS]
        names.append({"id": new_id(), "kind": "specialty", "blind": b"s", "name_sealed": b"x"})
        await insert_rows(conn, resource, names)
        row: dict[str, Any] = {f"{one['kind']}_id": one["id"] for one in names} | values
        row |= {"id": new_id(), "start": now, "minutes": 30, "state": "held", "held_until": now + timedelta(minutes=9)}
        await insert_rows(conn, metadata.tables["slot"], [row])

    await books.db.write(late)

    assert await books.db.write(books.merger.settle) == 1
    assert await books.db.write(books.merger.settle) == 0
    (row,) = await books.rows(sa.select(metadata.tables["slot"].c.held_by))
    assert row.held_by == ana
    assert done.thread_id


async def _someone_waits(books: Books) -> None:
    """Until a transaction waits for another's lock."""
    waiting = sa.text(
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while not (await books.rows(waiting))[0][0]:
            pass


@embedded_only
async def test_a_reply_to_a_mail_that_went_out_before_the_merge_joins_the_survivors_thread(books: Books) -> None:
    mailbox = Address(AddressKind.MAILBOX, "ana@example.org")
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    new = NewPatient(mrn="A-2", given_name="Ana", family_name="Ruiz", birth_date=BORN, addresses=(mailbox,))
    done = await books.db.write(lambda conn: books.people.upsert(conn, new, STAFF))
    token = reply_token(books.vault.blind, twice, done.addresses[0])

    await books.merge(twice, ana)
    mail = Inbound(
        channel=ChannelKind.EMAIL,
        provider_id="<1@example.org>",
        sender=mailbox,
        recipient=Address(AddressKind.MAILBOX, "hello@clinic.example.org"),
        text="Thank you",
        received_at=books.clock.now(),
        provenance=Provenance(authenticated=True, token=token),
    )
    (sender,) = await books.db.write(lambda conn: books.senders.of(conn, [mail]))

    assert (sender.person_id, sender.standing) == (ana, "known")


@embedded_only
async def test_who_was_the_others_proxy_is_nobodys_after_the_merge(books: Books) -> None:
    ana, twice = await books.patient("A-1", 1), await books.patient("A-2", 2)
    right = {
        "id": new_id(),
        "proxy_person_id": twice,
        "patient_id": ana,
        "kind": "caregiver",
        "scope": "visits",
        "from_at": books.clock.now(),
        "verified_how": "record",
        "actor_kind": "token",
        "actor_id": "x",
        "created_at": books.clock.now(),
        "ended_why": "",
    }
    await books.db.write(lambda conn: insert_rows(conn, proxy, [right]))

    await books.merge(twice, ana)

    (row,) = await books.rows(sa.select(proxy))
    assert (row.proxy_person_id, row.patient_id, row.ended_why) == (ana, ana, "merged")
