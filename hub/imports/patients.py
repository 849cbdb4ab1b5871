"""Patients: who they are, how they are reached, and what they agreed to elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from hub.audit import Actor
from hub.clock import Clock
from hub.db import Database, undoable
from hub.errors import HubError, StorageError
from hub.imports import cells
from hub.imports.rows import BadRow, Parsed, Progress, Report, RowProblem, load
from hub.people import NewPatient, People, Upserted
from hub.types import Address, AddressKind, ChannelKind

COLUMNS = (
    "mrn",
    "given_name",
    "family_name",
    "birth_date",
    "language",
    "timezone",
    "phone",
    "email",
    "preferred_channel",
    "sms_consent",
    "voice_consent",
    "email_consent",
)
OPTIONAL = ("state",)
"""Columns that a file may leave out."""
_ACTOR = Actor("system")
_BATCH = 50
"""A patient costs some ten statements: smaller batches let other writers in between."""
_CHANNELS: dict[str, ChannelKind | None] = {"": None, **{kind.value: kind for kind in ChannelKind}}
_CONSENTS = (
    ("sms_consent", ChannelKind.SMS, AddressKind.PHONE),
    ("voice_consent", ChannelKind.VOICE, AddressKind.PHONE),
    ("email_consent", ChannelKind.EMAIL, AddressKind.MAILBOX),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """What a consent column says about an address; `order` is the address's place in the record."""

    column: str
    order: int
    channel: ChannelKind
    state: ConsentState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    patient: NewPatient = field(repr=False)
    decisions: tuple[_Decision, ...]


async def import_patients(
    path: Path,
    *,
    db: Database,
    clock: Clock,
    people: People,
    ledger: Ledger,
    region: str,
    progress: Progress | None = None,
) -> Report:
    """The report on a file of patients. A patient is found again by `mrn`.

    region: two-letter country of phone numbers written without a code.
    A consent column becomes a fact of the ledger, dated now, when it says something else than the last import did.
    An empty one says nothing. What a person took back themselves, no import gives back: policy sees to that.
    """
    # Somewhere it is tomorrow already.
    today = (clock.now() + timedelta(days=1)).date()

    def parse(row: Mapping[str, str]) -> _Record:
        addresses = [a for a in (cells.phone(row, "phone", region), cells.mailbox(row, "email")) if a is not None]
        patient = NewPatient(
            mrn=cells.text(row, "mrn"),
            given_name=cells.text(row, "given_name", required=False),
            family_name=cells.text(row, "family_name", required=False),
            birth_date=cells.day(row, "birth_date", today=today),
            language=cells.language(row, "language"),
            timezone=cells.zone(row, "timezone"),
            state=cells.state(row, "state"),
            preferred_channel=cells.one_of(row, "preferred_channel", _CHANNELS),
            addresses=tuple(addresses),
        )
        if not patient.given_name and not patient.family_name:
            raise BadRow("given_name and family_name are both empty")
        return _Record(patient=patient, decisions=tuple(_decisions(row, addresses)))

    async def write(conn: AsyncConnection, batch: Sequence[Parsed[_Record]]) -> Report:
        report = Report()
        for group in _without_repeats(batch):
            report = report.plus(await _write_or_split(conn, group, people, ledger, clock.now()))
        return report

    return await load(path, COLUMNS, parse, write, db=db, progress=progress, batch=_BATCH, optional=OPTIONAL)


def _decisions(row: Mapping[str, str], addresses: Sequence[Address]) -> list[_Decision]:
    found = []
    for column, channel, kind in _CONSENTS:
        said = cells.yes_no(row, column)
        order = next((n for n, one in enumerate(addresses) if one.kind is kind), None)
        if said is not None and order is not None:
            state = ConsentState.GRANT if said else ConsentState.REVOKE
            found.append(_Decision(column=column, order=order, channel=channel, state=state))
    return found


def _without_repeats(batch: Sequence[Parsed[_Record]]) -> list[list[Parsed[_Record]]]:
    """The batch in as few groups as hold no record number twice, in the order of the file."""
    groups: list[dict[str, Parsed[_Record]]] = [{}]
    for one in batch:
        if one.value.patient.mrn in groups[-1]:
            groups.append({})
        groups[-1][one.value.patient.mrn] = one
    return [list(group.values()) for group in groups]


async def _write_or_split(
    conn: AsyncConnection, group: Sequence[Parsed[_Record]], people: People, ledger: Ledger, now: datetime
) -> Report:
    """A group written at once; where one of it cannot be, each on its own, so that only that one stays out."""
    try:
        async with undoable(conn):
            return await _write(conn, [one.value for one in group], people, ledger, now)
    except StorageError:
        raise
    except HubError as error:
        if len(group) == 1:
            return Report(problems=(RowProblem(group[0].line, f"was refused ({error.code})"),))
    report = Report()
    for one in group:
        report = report.plus(await _write_or_split(conn, (one,), people, ledger, now))
    return report


async def _write(
    conn: AsyncConnection, records: Sequence[_Record], people: People, ledger: Ledger, now: datetime
) -> Report:
    done = await people.upsert_many(conn, [record.patient for record in records], _ACTOR)
    said = await ledger.imported(conn, [one.person_id for one in done])
    report, news = Report(), []
    for record, one in zip(records, done, strict=True):
        facts = _news(record, one, said, now)
        news += facts
        if one.outcome == "created":
            report = report.plus(Report(created=1))
        else:
            changed = bool(facts) or one.outcome == "updated"
            report = report.plus(Report(updated=1) if changed else Report(unchanged=1))
    await ledger.record(conn, *news)
    return report


def _news(
    record: _Record, done: Upserted, said: Mapping[tuple[str, str, ChannelKind], ConsentState], now: datetime
) -> list[NewFact]:
    """The decisions that differ from what the last import said of the same person, address and channel."""
    return [
        NewFact(
            address_id=done.addresses[one.order],
            person_id=done.person_id,
            state=one.state,
            scope=Scope(channels=frozenset({one.channel})),
            source=Source.IMPORT,
            at=now,
            actor=_ACTOR,
            evidence={"captured": "import", "column": one.column},
        )
        for one in record.decisions
        if said.get((done.person_id, done.addresses[one.order], one.channel)) is not one.state
    ]
