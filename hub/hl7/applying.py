"""What follows from a message, in one transaction: done by the ways that there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Names
from consent.facts import PHONE, ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.crypto import Place
from hub.db.tables import outside_record
from hub.hl7 import patients, visits
from hub.hl7.faults import Fault, Flaw
from hub.hl7.kinds import Header
from hub.hl7.patients import Clinic, PatientNews
from hub.hl7.reading import Message, Segment
from hub.identity import Merged
from hub.parts import Parts
from hub.people import NewPatient, living
from hub.types import Address, AddressKind, ChannelKind
from hub.vault import HUB
from hub.visits import OutsideId, ToldAt, ToldVisit

ACTOR = Actor("system", "hl7")
_VISIT = "Visit"
"""What a visit is called that says nothing of what it is."""
_NO_CALLS = Scope(channels=frozenset({ChannelKind.VOICE}))
_MAILS = Scope(channels=frozenset({ChannelKind.EMAIL}))


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. `news`: False where more recent news were known; threads: those in which others' messages may wait
    since, of records that were merged.
    """

    news: bool
    threads: tuple[str, ...] = ()


class Applier:
    """Applies messages. One that cannot be leaves nothing behind if the caller undoes what it wrote."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self._parts = parts
        self._clinic = Clinic(zone=settings.timezone, region=settings.region, authority=settings.mllp_authority)
        self._names = Names(parts.vault)

    async def apply(self, conn: AsyncConnection, message: Message, header: Header) -> Done:
        """Do what the message says. Raises: Flaw when it cannot be done."""
        told = ToldAt(header.at, header.number)
        if header.kind == "SIU":
            return Done(await self._visit(conn, message, header, told))
        if header.event == "A40":
            return Done(news=True, threads=await self._merge(conn, message))
        pid = _needed(message, "PID")
        return Done(await self._patient(conn, pid, message.first("PD1"), told))

    # --- visits

    async def _visit(self, conn: AsyncConnection, message: Message, header: Header, told: ToldAt) -> bool:
        pid = _needed(message, "PID")
        directory = await self._names.read(conn)
        news = visits.visit(message, header.event, self._clinic.zone, directory)
        space = "|".join(header.sender)
        ids = tuple(OutsideId("hl7", f"{space}|{of}", value) for of, value in news.ids)
        person_id = await self._person_of(conn, pid, message.first("PD1"))
        one = ToldVisit(
            ids=ids,
            told=told,
            person_id=person_id,
            status=news.status,
            provider=news.provider,
            visit_type=news.visit_type,
            location=news.location,
            start=news.start,
            minutes=news.minutes,
        )
        if news.start is not None and not any([await self._parts.visits.appointment_of(conn, known) for known in ids]):
            one = replace(
                one,
                visit_type=one.visit_type or _VISIT,
                location=one.location or self._parts.settings.clinic_name,
            )
        elif header.event == "S13" and news.start is None:
            raise Flaw(Fault.REQUIRED_MISSING, "SCH-11", "time")
        done = await self._parts.visits.tell(conn, one, ACTOR)
        if done.outcome == "incomplete":
            if news.start is not None:
                raise Flaw(Fault.REQUIRED_MISSING, "AIP-3", "provider")
            raise Flaw(Fault.UNKNOWN_KEY, "SCH-2", "unknown_visit")
        return done.outcome != "older"

    async def _person_of(self, conn: AsyncConnection, pid: Segment, pd1: Segment | None) -> str:
        """Whose visit it is; a patient who is not known yet is made known. A record that is known ADT alone changes."""
        mrn = patients.record_number(pid, 3, self._clinic.authority)
        known = await self._parts.people.by_mrn(conn, mrn)
        if known is not None:
            return known
        news = patients.patient(pid, pd1, self._clinic, self._parts.clock.now())
        return await self._take(conn, news, None)

    # --- patients

    async def _patient(self, conn: AsyncConnection, pid: Segment, pd1: Segment | None, told: ToldAt) -> bool:
        news = patients.patient(pid, pd1, self._clinic, self._parts.clock.now())
        if not await self._newest(conn, news.mrn, told):
            return False
        own = await self._parts.people.by_mrn(conn, news.mrn, followed=False)
        if own is not None and await self._parts.people.surviving(conn, own) != own:
            raise Flaw(Fault.UNKNOWN_KEY, "PID-3", "merged")
        await self._take(conn, news, own)
        return True

    async def _take(self, conn: AsyncConnection, news: PatientNews, known: str | None) -> str:
        """The id of the person, whose record says from now on what is said, and otherwise what it did."""
        parts = self._parts
        record = await parts.people.get(conn, known) if known is not None else None
        old = record.profile if record is not None else None
        given = news.given_name if news.given_name is not None else (old.given_name if old is not None else "")
        family = news.family_name if news.family_name is not None else (old.family_name if old is not None else "")
        if not given and not family:
            raise Flaw(Fault.REQUIRED_MISSING, "PID-5", "name")
        done = await parts.people.upsert(
            conn,
            NewPatient(
                mrn=news.mrn,
                given_name=given,
                family_name=family,
                birth_date=_born(news, old.birth_date if old is not None else None),
                language=news.language or (record.language if record is not None else None),
                timezone=record.timezone if record is not None else None,
                state=news.state,
                preferred_channel=record.preferred_channel if record is not None else None,
                addresses=(*(news.phones or ()), *(news.mailboxes or ())),
            ),
            ACTOR,
        )
        if known is not None:
            await self._give_up(conn, known, news)
        if news.deceased is not None:
            died = news.deceased if isinstance(news.deceased, datetime) else None
            await living.note(conn, done.person_id, died, parts.trail, parts.clock.now(), ACTOR)
        if news.publicity is not None:
            await self._wishes(conn, done.person_id, news.publicity)
        return done.person_id

    async def _give_up(self, conn: AsyncConnection, person_id: str, news: PatientNews) -> None:
        """Take the numbers and mailboxes from a person that the record had, and has no more.

        What the person proved to be theirs in another way stays, and so does one that a message is just going to.
        """
        for kind, said in ((AddressKind.PHONE, news.phones), (AddressKind.MAILBOX, news.mailboxes)):
            if said is None:
                continue
            for one in await self._parts.addresses.of(conn, person_id):
                ours = one.standing == "verified" and one.how == "record" and one.address.kind is kind
                if ours and one.address not in said:
                    await self._parts.addresses.retire(conn, person_id, one.id, "changed", ACTOR)

    async def _wishes(self, conn: AsyncConnection, person_id: str, publicity: patients.Publicity) -> None:
        """Record what a publicity code says, if the last record of it says something else. A wish to be reminded takes
        back nothing that the person said themselves: policy sees to that.
        """
        contacts = await self._parts.people.contacts(conn, person_id)
        said = await self._parts.ledger.imported(conn, (person_id,))
        facts = []
        for one in contacts:
            scope = _scope(one.address, publicity)
            if scope is None:
                continue
            known = [said.get((person_id, one.address_id, channel)) for channel in scope.channels]
            if all(state is ConsentState.REVOKE for state in known):
                continue
            fact = NewFact(
                address_id=one.address_id,
                person_id=person_id,
                state=ConsentState.REVOKE,
                scope=scope,
                source=Source.IMPORT,
                at=self._parts.clock.now(),
                actor=ACTOR,
                evidence={"captured": "hl7", "column": "PD1-11"},
            )
            facts.append(fact)
        await self._parts.ledger.record(conn, *facts)

    async def _newest(self, conn: AsyncConnection, mrn: str, told: ToldAt) -> bool:
        """Whether these are the newest news of a patient; then they are what is known from now on."""
        vault = self._parts.vault
        blind = vault.blind.of("outside", f"patient\0hl7\0\0{mrn}")
        query = sa.select(outside_record).where(outside_record.c.blind == blind).with_for_update()
        row = (await conn.execute(query)).first()
        news: dict[str, Any] = {"told_at": told.at, "number": told.number}
        if row is None:
            keys = await vault.key(conn, HUB)
            sealed = keys.seal(HUB, mrn.encode(), Place("outside_record", "id_sealed", blind.hex()))
            made = {"blind": blind, "source": "hl7", "id_sealed": sealed, "created_at": self._parts.clock.now()}
            await conn.execute(sa.insert(outside_record), made | news)
            return True
        if told.older_than(row.told_at, row.number):
            return False
        await conn.execute(sa.update(outside_record).where(outside_record.c.blind == blind).values(**news))
        return True

    # --- two records that are one

    async def _merge(self, conn: AsyncConnection, message: Message) -> tuple[str, ...]:
        """Make the record that MRG names part of the one that the PID before it names, of every such pair; the threads
        of those that go on.
        """
        threads = []
        pairs = _pairs(message)
        if not pairs:
            raise Flaw(Fault.SEGMENT_SEQUENCE, "MRG", "no_segment")
        for pid, pd1, mrg in pairs:
            prior = patients.record_number(mrg, 1, self._clinic.authority)
            survivor = patients.record_number(pid, 3, self._clinic.authority)
            if prior == survivor:
                raise Flaw(Fault.DATA_TYPE, "MRG-1", "same_record")
            into = await self._person_of(conn, pid, pd1)
            source = await self._parts.people.by_mrn(conn, prior, followed=False)
            if source is None:
                # So that whatever still comes under the old number finds the patient.
                source = await self._stand_in(conn, prior, into)
            done = await self._parts.merger.merge_in(conn, source, into, "HL7 A40", ACTOR)
            if not isinstance(done, Merged):
                raise Flaw(Fault.INTERNAL, "MRG-1", done.why if done is not None else "unknown")
            threads += [done.thread_id] if done.thread_id is not None else []
        return tuple(threads)

    async def _stand_in(self, conn: AsyncConnection, mrn: str, like: str) -> str:
        record = await self._parts.people.get(conn, like)
        profile = record.profile if record is not None else None
        if profile is None:
            raise Flaw(Fault.UNKNOWN_KEY, "PID-3", "unknown")
        patient = NewPatient(mrn=mrn, given_name=profile.given_name, family_name=profile.family_name)
        return (await self._parts.people.upsert(conn, patient, ACTOR)).person_id


def _needed(message: Message, name: str) -> Segment:
    segment = message.first(name)
    if segment is None:
        raise Flaw(Fault.SEGMENT_SEQUENCE, name, "no_segment")
    return segment


def _pairs(message: Message) -> Sequence[tuple[Segment, Segment | None, Segment]]:
    """Each MRG with the PID and PD1 before it."""
    found = []
    pid: Segment | None = None
    pd1: Segment | None = None
    for segment in message.segments:
        match segment.name:
            case "PID":
                pid, pd1 = segment, None
            case "PD1":
                pd1 = segment
            case "MRG" if pid is not None:
                found.append((pid, pd1, segment))
    return found


def _born(news: PatientNews, known: date | None) -> date | None:
    if news.birth_date is None:
        return known
    return news.birth_date if isinstance(news.birth_date, date) else None


def _scope(one: Address, publicity: patients.Publicity) -> Scope | None:
    """What a publicity code ends at an address. START lifts what is of the very scope of a STOP, and this is."""
    if publicity == "any":
        return None
    if one.kind is AddressKind.PHONE:
        return PHONE if publicity == "none" else _NO_CALLS
    return _MAILS if one.kind is AddressKind.MAILBOX and publicity == "none" else None


__all__ = ["ACTOR", "Applier", "Done"]
