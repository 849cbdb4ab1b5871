"""Claiming: what is due is asked about once more, and its attempt is durable before anything is sent.

Consent, the appointment and the address are read in the same transaction that commits the attempt. A STOP that
committed before it stops the delivery; one that commits after it came after the text was on its way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ledger import Ledger
from consent.policy import Allowed, Denied, Verdict, Wait
from hub.audit import Actor, Entry, Trail
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import attempt, delivery
from hub.events import Change, publish
from hub.outbox import due, halting, watch
from hub.outbox.due import Due
from hub.outbox.leases import LEASE
from hub.outbox.plain import record_begun
from hub.outbox.queue import note
from hub.outbox.settle import alert
from hub.outbox.verdicts import CHANNELS, PURPOSES, Verdicts
from hub.proxies import Hearing
from hub.sealed import open_body, open_contact, open_words, reply_token
from hub.types import Address, AddressKind, ChannelKind, DeliveryState, Lane, Language, Part
from hub.vault import Keys, Vault
from hub.vendors import NO_REGISTER, WITHHELD, Barring

_OUTBOX = Actor("system", "outbox")
_A_MOMENT = timedelta(seconds=1)
# Looked up as they are stored: cheaper than calling the enumeration.
_WITH_TOKEN = (ChannelKind.EMAIL, ChannelKind.PUSH)
_LANES = {str(lane): lane for lane in Lane}
_KINDS = {str(kind): kind for kind in AddressKind}
_LANGUAGES: Mapping[str, Language] = {"en": "en", "es": "es"}


class Claim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery whose next attempt is committed; only the holder of this number may record its result."""

    delivery_id: str
    attempt: int
    thread_id: str
    person_id: str
    address_id: str
    channel: ChannelKind
    lane: Lane
    segments: int
    part: Part

    def __repr__(self) -> str:
        return f"Claim({self.delivery_id}, {self.attempt})"


class Claims:
    """Takes what is due out of the outbox."""

    def __init__(
        self,
        vault: Vault,
        ledger: Ledger,
        trail: Trail,
        senders: Mapping[ChannelKind, Address],
        hearing: Hearing,
        clinic_state: str = "",
        register: Barring = NO_REGISTER,
    ) -> None:
        self._vault = vault
        self._trail = trail
        self._senders = senders
        self._verdicts = Verdicts(vault, ledger, hearing, clinic_state, register)

    async def claim(
        self,
        conn: AsyncConnection,
        now: datetime,
        *,
        lanes: Sequence[Lane],
        limit: int,
        segments: float,
        channels: Sequence[ChannelKind] | None = None,
    ) -> tuple[list[Claim], int]:
        """Claims for what is due in `lanes`, at most `limit` and about `segments`; and how many rows were decided.

        channels: of these only; else of all that can send.

        Each is leased until `now + LEASE`.
        """
        rows = await due.due(conn, now, lanes, limit, tuple(self._senders if channels is None else channels))
        chosen, budget = [], segments
        for row in rows:
            if budget <= 0:
                break
            chosen.append(row)
            budget -= row.segments
        if not chosen:
            return [], 0
        verdicts = await self._verdicts.of(conn, chosen, now)
        allowed = await self._write(conn, chosen, verdicts, now)
        keys = await self._vault.keys(conn, {row.person_id for row in allowed})
        return [self._claim(keys, row) for row in allowed], len(chosen)

    async def waiting(
        self, conn: AsyncConnection, now: datetime, lanes: Sequence[Lane], channels: Sequence[ChannelKind]
    ) -> bool:
        """Whether `claim` would find anything; asked first, for a write is dearer than a look."""
        return await due.waiting(conn, now, lanes, tuple(channels))

    async def part_of(self, conn: AsyncConnection, delivery_id: str) -> Part:
        """A delivery's part as it was sent, for asking the provider about it."""
        row = await due.one(conn, delivery_id)
        keys = await self._vault.keys(conn, (row.person_id,))
        return self._part(keys, row, row.attempts)

    async def part_if_any(self, conn: AsyncConnection, delivery_id: str) -> Part | None:
        """The same; None when there is no such delivery, or its person was disposed of."""
        rows = await due.any_of(conn, delivery_id)
        keys = await self._vault.keys(conn, {row.person_id for row in rows})
        return next((self._part(keys, row, row.attempts) for row in rows if row.person_id in keys), None)

    def _claim(self, keys: Keys, row: Due) -> Claim:
        number = row.attempts + 1
        return Claim(
            delivery_id=row.id,
            attempt=number,
            thread_id=row.thread_id,
            person_id=row.person_id,
            address_id=row.address_id,
            channel=CHANNELS[row.channel],
            lane=_LANES[row.lane],
            segments=row.segments,
            part=self._part(keys, row, number),
        )

    def _part(self, keys: Keys, row: Due, number: int) -> Part:
        person_id = row.person_id
        value = open_contact(keys, person_id, row.address_id, row.value_sealed)
        if row.words_sealed is None:
            text = open_body(keys, person_id, row.thread_id, row.message_id, row.body_sealed).text
        else:
            text = open_words(keys, person_id, row.thread_id, row.id, row.words_sealed)
        return Part(
            reference=row.id,
            attempt=number,
            sender=self._senders[CHANNELS[row.channel]],
            recipient=Address(_KINDS[row.address_kind], value),
            text=text,
            purpose=PURPOSES[row.purpose],
            language=_LANGUAGES.get(row.language or "", "en"),
            answers=row.answers,
            token=self._token(row),
        )

    def _token(self, row: Due) -> str | None:
        """What names the conversation to whoever replies, on the channels that have a place for it."""
        if row.channel not in _WITH_TOKEN:
            return None
        return reply_token(self._vault.blind, row.person_id, row.address_id)

    async def _write(
        self, conn: AsyncConnection, rows: list[Due], verdicts: dict[str, Verdict | str], now: datetime
    ) -> list[Due]:
        """Write what was decided; the rows that were claimed."""
        claimed, moved, history, refused = [], [], [], []
        for row in rows:
            match verdicts[row.id]:
                case Allowed():
                    claimed.append(row)
                    history.append((row.id, DeliveryState.SENDING, ""))
                case Wait(until=until, rule=rule):
                    moved.append(_move(row, DeliveryState.HELD, rule.id, until))
                    history.append((row.id, DeliveryState.HELD, rule.id))
                case Denied(rule=rule):
                    refused.append((row, rule.id))
                case halting.PAUSED:
                    moved.append(_move(row, DeliveryState.HELD, halting.PAUSED, halting.OUT_OF_THE_WAY))
                    history.append((row.id, DeliveryState.HELD, halting.PAUSED))
                case str(reason):
                    refused.append((row, reason))
        for row, reason in refused:
            moved.append(_move(row, DeliveryState.SUPPRESSED, reason, now))
            history.append((row.id, DeliveryState.SUPPRESSED, reason))
        if claimed:
            await record_begun(conn, [row.id for row in claimed], now, lease_until=now + LEASE)
            begun = {"started_at": now, "outcome": "started", "code": ""}
            starts = [{"delivery_id": row.id, "number": row.attempts + 1, **begun} for row in claimed]
            await insert_rows(conn, attempt, starts)
        if moved:
            await update_rows(conn, delivery, [{**one, "updated_at": now} for one in moved])
        await note(conn, history, now)
        # What staff wrote stood in the thread before it was to be seen: now the person's own page shows it.
        shown = [row for row in claimed if not row.automated and now - row.written_at > _A_MOMENT]
        told = [Change("message.created", row.message_id, f"person:{row.person_id}") for row in shown]
        await publish(conn, now, told)
        followed = await watch.heard(conn, [row.id for row, _ in refused], now)
        stuck = [row for row, reason in refused if reason == WITHHELD and row.id not in followed and not row.counted]
        if stuck:
            # An answer that no further way follows: somebody must see to it.
            await alert(conn, [(row.thread_id, WITHHELD) for row in stuck])
            await publish(conn, now, [Change("thread.updated", row.thread_id) for row in stuck])
        await self._trail.record(
            conn,
            *(
                Entry(
                    action="send.refuse",
                    actor=_OUTBOX,
                    person_id=row.person_id,
                    object_id=row.id,
                    details={"rule": reason},
                )
                for row, reason in refused
            ),
        )
        return claimed


def _move(row: Due, state: DeliveryState, reason: str, due_at: datetime) -> dict[str, Any]:
    return {"id": row.id, "state": state, "reason": reason, "due_at": due_at}
