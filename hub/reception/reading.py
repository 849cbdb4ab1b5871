"""Everything a reaction needs to know about one message, read at one moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue import Known, Shared, Subject, Unknown
from consent.facts import Standing
from consent.ledger import Ledger
from consent.policy import AddressState
from hub.db.prepared import Prepared
from hub.db.tables import address, message, proxy, restriction, unhandled
from hub.db.tables import person as person_table
from hub.db.tables import thread as thread_table
from hub.files.expecting import WHOLE_MAIL
from hub.people import Identifier, Person
from hub.people.records import opened
from hub.proxies import Proxies
from hub.sealed import open_body
from hub.threads import Thread, Threads
from hub.types import ChannelKind, Language, OptOutWord, ThreadStatus
from hub.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One unhandled message with what is true around it. `text` is protected.

    more: another unhandled message of the thread waits behind it.
    whole_mail: a mail is kept as it came, for this text is not all of it.
    restricted: the person had the processing of their record restricted.
    """

    message_id: str
    thread: Thread
    person: Person
    address_id: str
    address_state: AddressState
    channel: ChannelKind
    text: str = field(repr=False)
    media: int
    whole_mail: bool = False
    at: datetime
    opt_out: OptOutWord | None
    provider_id: str | None = None
    standing: Standing
    writer: Known | Shared | Unknown
    dialogue: tuple[bytes, datetime] | None = field(repr=False)
    failures: int
    more: bool
    restricted: bool = False

    @property
    def voicemail(self) -> bool:
        """Whether it was left on the line, or is what a machine made of that: nobody waits for an answer there."""
        return self.channel is ChannelKind.VOICE and self.media > 0

    @property
    def unanswered(self) -> str:
        """Why staff read it, where the policy forbids the bot to answer."""
        if self.restricted:
            return "restricted_wrote"
        return "opted_out_wrote" if self.address_state == "ok" else "unreachable_wrote"

    @property
    def language(self) -> Language | None:
        """The person's own language, if it is one that the hub speaks."""
        return cast(Language, self.person.language) if self.person.language in ("en", "es") else None


class Reader:
    """Reads the next message of a thread."""

    def __init__(
        self, vault: Vault, identifier: Identifier, threads: Threads, ledger: Ledger, proxies: Proxies
    ) -> None:
        self._vault = vault
        self._identifier = identifier
        self._threads = threads
        self._ledger = ledger
        self._proxies = proxies

    async def next(self, conn: AsyncConnection, thread_id: str) -> Incoming | None:
        """The oldest unhandled message of the thread, None when all are handled."""
        rows = await _NEXT.rows(conn, thread=thread_id)
        if not rows:
            return None
        row = rows[0]
        thread = Thread(
            id=thread_id,
            person_id=row.person_id,
            status=ThreadStatus(row.status),
            priority=row.priority,
            attention=row.attention,
            last_seq=row.last_seq,
            last_inbound_at=row.last_inbound_at,
        )
        keys = await self._vault.key(conn, thread.person_id)
        person = opened(keys, _PersonRow(*row[_PERSON_FROM:]))
        body = open_body(keys, thread.person_id, thread.id, row.message_id, row.body_sealed)
        return Incoming(
            message_id=row.message_id,
            thread=thread,
            person=person,
            address_id=row.address_id,
            address_state=row.address_state,
            channel=ChannelKind(row.channel),
            text=body.text,
            media=len(body.media),
            whole_mail=any(one["url"].startswith(WHOLE_MAIL) for one in body.media),
            at=row.at,
            opt_out=OptOutWord(row.opt_out) if row.opt_out else None,
            provider_id=row.provider_id,
            standing=(await self._ledger.standings(conn, (row.address_id,)))[row.address_id],
            writer=await self._writer(conn, person, row.address_id, row.acts),
            dialogue=await self._threads.dialogue(conn, keys, thread) if row.dialogue_at is not None else None,
            failures=row.failures,
            more=len(rows) > 1,
            restricted=row.restricted,
        )

    async def _writer(
        self, conn: AsyncConnection, person: Person, address_id: str, acts: bool
    ) -> Known | Shared | Unknown:
        if person.kind in ("patient", "proxy"):
            found = await self._proxies.wards(conn, person.id) if acts else []
            wards = tuple(Subject(one.patient_id, one.given_name) for one in found if "visits" in one.holds)
            return Known(person.id, person.profile.given_name, wards, person.kind == "patient")
        if person.kind == "line":
            return Shared(await self._identifier.on_line(conn, address_id))
        return Unknown()


class _PersonRow(NamedTuple):
    """The columns of `person` that `opened` reads, out of a row that holds more."""

    id: str
    kind: str
    profile_sealed: bytes | None
    language: str | None
    timezone: str | None
    state: str | None
    preferred_channel: str | None


_WITH = (
    message.c.id.label("message_id"),
    message.c.address_id,
    message.c.channel,
    message.c.body_sealed,
    message.c.at,
    message.c.opt_out,
    message.c.provider_id,
    message.c.failures,
    address.c.state.label("address_state"),
    thread_table.c.person_id,
    thread_table.c.status,
    thread_table.c.priority,
    thread_table.c.attention,
    thread_table.c.last_seq,
    thread_table.c.last_inbound_at,
    thread_table.c.dialogue_at,
    # Few do: the others are not asked about one by one.
    sa.exists().where(proxy.c.proxy_person_id == thread_table.c.person_id, proxy.c.ended_at.is_(None)).label("acts"),
    sa.exists()
    .where(restriction.c.person_id == thread_table.c.person_id, restriction.c.lifted_at.is_(None))
    .label("restricted"),
)
_PERSON_FROM = len(_WITH)
# Everything about the message in one statement, built once: a message is read before it is answered. The second row
# only says that there is one.
_NEXT = Prepared(
    sa.select(*_WITH, *(person_table.c[name].label(f"who_{name}") for name in _PersonRow._fields))
    .join(address, address.c.id == message.c.address_id)
    .join(thread_table, thread_table.c.id == message.c.thread_id)
    .join(person_table, person_table.c.id == thread_table.c.person_id)
    .where(message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type), unhandled)
    .order_by(message.c.seq)
    .limit(2)
)
