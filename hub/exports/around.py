"""What belongs to the messages of a page: persons, addresses, deliveries with their history, what was decided.

Every statement is asked by the range of the page, not by a list of ids, so that it is made once and asked for each.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import Standing
from hub.db.columns import Id
from hub.db.lookup import Lookup
from hub.db.prepared import Prepared
from hub.db.tables import attachment, attempt, audit_event, contact, delivery, delivery_event, message, person, thread
from hub.exports.consenting import at_send
from hub.exports.profiling import Redaction
from hub.exports.records import Attempted, DecidedStep, DeliveryRecord, HistoryStep
from hub.exports.sources import Sources
from hub.part2 import consented, notice
from hub.sealed import Profile, open_contact, open_profile, open_words
from hub.types import Direction
from hub.vault import Keys

__all__ = ["Deliveries", "Whose", "after", "up_to", "whose"]

_MARGIN = timedelta(minutes=1)
"""How far the time of an audit entry may lie from that of what it tells of."""
_KEY = sa.tuple_(message.c.thread_id, message.c.seq, types=[Id(), sa.Integer()])


def _bound(name: str) -> sa.Tuple:
    return sa.tuple_(
        sa.bindparam(f"{name}_thread", type_=Id()),
        sa.bindparam(f"{name}_seq", type_=sa.Integer()),
        types=[Id(), sa.Integer()],
    )


after = _bound("after") < _KEY
"""Beyond the entry `after_thread`, `after_seq`."""
up_to = _bound("last") >= _KEY
"""Not beyond the entry `last_thread`, `last_seq`."""


class Whose(NamedTuple):
    """Whose thread it is, as far as a profile shows it. keys: None where the person's key was destroyed.

    files: whether any ever came from this person. notice: what must go along, where it is under 42 CFR Part 2.
    """

    thread: str
    person: str
    kind: str
    status: str
    language: str
    mrn: str
    name: str
    birth: date | str | None
    keys: Keys | None
    addresses: Mapping[str, str]
    files: bool
    notice: str = ""


_THREADS = Lookup(
    thread.c.id,
    lambda among: (
        sa.select(
            thread.c.id,
            thread.c.person_id,
            thread.c.status,
            person.c.kind,
            person.c.profile_sealed,
            person.c.language,
            person.c.part2_at.is_not(None),
            sa.select(sa.literal_column("1")).where(attachment.c.person_id == thread.c.person_id).exists(),
        )
        .join(person, person.c.id == thread.c.person_id)
        .where(among)
    ),
)
_CONTACTS = Lookup(
    contact.c.person_id,
    lambda among: sa.select(contact.c.person_id, contact.c.address_id, contact.c.value_sealed).where(among),
)


async def whose(
    conn: AsyncConnection, sources: Sources, shown: Redaction, threads: set[str], consented_on: date | None = None
) -> dict[str, Whose]:
    """Whose each of the threads is. consented_on: the day on which consents to disclosure count, where they matter."""
    rows = await _THREADS(conn, threads)
    ids = {row[1] for row in rows}
    keys = await sources.vault.keys(conn, ids, keep=False)
    labelled = [row[1] for row in rows if row[6]]
    given = await consented(conn, labelled, consented_on) if labelled and consented_on is not None else {}
    addresses: dict[str, dict[str, str]] = {}
    if shown.addresses != "none":
        # Lists are filled up with their last value: a row may come twice.
        for person_id, address_id, sealed in await _CONTACTS(conn, ids):
            if person_id in keys:
                value = shown.address(open_contact(keys, person_id, address_id, sealed))
                addresses.setdefault(person_id, {})[address_id] = value
    found = {}
    for thread_id, person_id, status, kind, sealed, language, under, files in rows:
        there = person_id in keys
        profile = open_profile(keys, person_id, sealed) if there else Profile()
        found[thread_id] = Whose(
            thread=thread_id,
            person=person_id,
            kind=kind,
            status=status,
            language=language or "",
            mrn=shown.number(profile),
            name=shown.name_of(profile),
            birth=shown.birth(profile),
            keys=keys if there else None,
            addresses=addresses.get(person_id, {}),
            files=bool(files),
            notice=notice(given.get(person_id)) if under else "",
        )
    return found


class _Delivery(NamedTuple):
    """What is read of a delivery, by the names of its columns."""

    id: str
    message_id: str
    thread_id: str
    person_id: str
    address_id: str
    channel: str
    purpose: str
    automated: bool
    answers_id: str | None
    appointment_id: str | None
    state: str
    reason: str
    provider_id: str | None
    step: int
    words_sealed: bytes | None
    created_at: datetime
    updated_at: datetime


class Deliveries:
    """Reads the deliveries of a page's messages, as far as a profile shows them."""

    def __init__(self, sources: Sources, shown: Redaction, where: Sequence[sa.ColumnElement[bool]]) -> None:
        self._sources = sources
        self._shown = shown
        mine = sa.select(message.c.id).where(
            *where, message.c.direction == sa.literal_column(f"'{Direction.OUTBOUND}'"), after, up_to
        )
        ours = delivery.c.message_id.in_(mine)
        of_them = sa.select(delivery.c.id).where(ours)
        self._deliveries = Prepared(
            sa.select(*(delivery.c[name] for name in _Delivery._fields)).where(ours).order_by(delivery.c.id)
        )
        self._events = Prepared(
            sa.select(
                delivery_event.c.delivery_id, delivery_event.c.state, delivery_event.c.at, delivery_event.c.reason
            )
            .where(delivery_event.c.delivery_id.in_(of_them))
            .order_by(delivery_event.c.at, delivery_event.c.id)
        )
        self._attempts = Prepared(
            sa.select(*attempt.c)
            .where(attempt.c.delivery_id.in_(of_them))
            .order_by(attempt.c.delivery_id, attempt.c.number)
        )

    async def of(
        self, conn: AsyncConnection, persons: Mapping[str, Whose], span: Mapping[str, Any]
    ) -> dict[str, list[DeliveryRecord]]:
        """The deliveries of each message in the span, in order."""
        found: dict[str, list[DeliveryRecord]] = {}
        rows = [_Delivery(*row) for row in await self._deliveries(conn, **span)]
        if not rows:
            return found
        history: dict[str, list[Sequence[Any]]] = {}
        for event in await self._events(conn, **span):
            history.setdefault(event[0], []).append(event)
        tried: dict[str, list[Sequence[Any]]] = {}
        for one in await self._attempts(conn, **span):
            tried.setdefault(one[0], []).append(one)
        decided: dict[str, DecidedStep] = {}
        standings: Mapping[str, Standing] = {}
        if self._shown.consent:
            decided = await self._decided(conn, rows)
            standings = await self._sources.ledger.standings(conn, {row.address_id for row in rows})
        for row in rows:
            made = self._record(row, persons[row.thread_id], history.get(row.id, ()), tried.get(row.id, ()), standings)
            made.decided = decided.get(row.id)
            found.setdefault(row.message_id, []).append(made)
        return found

    async def _decided(self, conn: AsyncConnection, rows: Sequence[_Delivery]) -> dict[str, DecidedStep]:
        """What was decided as each delivery was queued, by its id, from the audit."""
        moments = [row.created_at for row in rows]
        persons = sorted({row.person_id for row in rows})
        found: dict[str, DecidedStep] = {}
        for start in range(0, len(persons), _AT_ONCE):
            query = sa.select(audit_event).where(
                audit_event.c.person_id.in_(persons[start : start + _AT_ONCE]),
                # The entry was written in the delivery's own transaction.
                audit_event.c.at.between(min(moments) - _MARGIN, max(moments) + _MARGIN),
                audit_event.c.action == "message.queue",
            )
            entries = (await conn.execute(query)).all()
            told = await self._sources.trail.details(conn, entries)
            for entry in entries:
                details = told[entry.id]
                found[str(details.get("delivery"))] = DecidedStep(
                    rule=str(details.get("rule") or ""),
                    at=self._shown.time(entry.at),
                    cause=str(details.get("cause") or ""),
                    step=int(details.get("step") or 0),
                    entry=entry.id,
                )
        return found

    def _record(
        self,
        row: _Delivery,
        person: Whose,
        history: Sequence[Sequence[Any]],
        tried: Sequence[Sequence[Any]],
        standings: Mapping[str, Standing],
    ) -> DeliveryRecord:
        shown = self._shown
        words, consent = "", None
        if shown.bodies and row.words_sealed is not None and person.keys is not None:
            words = open_words(person.keys, row.person_id, row.thread_id, row.id, row.words_sealed)
        if shown.consent:
            moment = _handed_over(row, history)
            consent = at_send(standings, row.address_id, row.channel, row.purpose, moment, shown)
        return DeliveryRecord(
            id=row.id,
            channel=row.channel,
            purpose=row.purpose,
            state=row.state,
            reason=row.reason,
            address=person.addresses.get(row.address_id, ""),
            automated=bool(row.automated),
            step=row.step,
            words=words,
            provider_id=(row.provider_id or "") if shown.addresses == "full" else "",
            appointment=row.appointment_id or "",
            answers=row.answers_id or "",
            consent=consent,
            history=[HistoryStep(state=state, at=shown.time(at), reason=reason) for _, state, at, reason in history],
            attempts=[
                Attempted(
                    number=number,
                    started_at=shown.time(started_at),
                    ended_at=shown.time(ended_at),
                    outcome=outcome,
                    code=code,
                )
                for _, number, started_at, ended_at, outcome, code in tried
            ],
        )


_AT_ONCE = 500


def _handed_over(row: _Delivery, history: Sequence[Sequence[Any]]) -> datetime:
    """When a delivery was last claimed to be sent, which is when consent was asked; else when it was last changed."""
    claimed: list[datetime] = [at for _, state, at, _ in history if state == "sending"]
    return claimed[-1] if claimed else row.updated_at
