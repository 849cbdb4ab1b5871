"""A clinic's years, straight into the tables: persons, threads and sealed messages by the hundred thousand.

What is written is what the hub itself would have written, sealed by its own vault, with ids of the time they tell of;
only the way is shorter: no webhook, no outbox. A folder that was filled is used again.
"""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.app import Hub
from hub.crypto import Place
from hub.db import migrate
from hub.db.batches import Batch
from hub.db.bulk import write_rows
from hub.db.tables import (
    address,
    consent_event,
    contact,
    label,
    mention,
    message,
    person,
    staff_user,
    team,
    team_member,
    thread,
    thread_label,
    thread_seen,
)
from hub.parts import Parts
from hub.people.records import identity_text
from hub.sealed import Body, Profile, seal_body, seal_contact, seal_profile
from hub.settings import Secret, Settings
from hub.types import new_id, new_ids
from hub.vault import HUB
from tests.bench import webhooks

AGENTS = 50
TEAMS = 5
YEARS = timedelta(days=730)
_UNIT = 500
"""Threads written in one unit of work."""
_GIVEN = ("Ana", "Luis", "Maria", "José", "Emma", "Noah", "Olivia", "Liam", "Sofía", "Mateo", "Ruth", "Hannah", "Ivan")
_FAMILY = (
    "Ruiz",
    "Lopez",
    "García",
    "Smith",
    "Johnson",
    "Nguyen",
    "Kim",
    "Patel",
    "Cohen",
    "Okafor",
    "Ortega",
    "Levin",
)
_SAID = (
    "hi hello please thank you appointment tomorrow morning afternoon doctor nurse refill prescription pharmacy knee "
    "back pain cough fever results blood test insurance card bring visit reschedule cancel confirm monday tuesday "
    "wednesday thursday friday daughter son mother question about bill payment form referral specialist parking "
    "address hours open closed time late running minutes cita mañana tarde gracias receta farmacia dolor fiebre"
)
_COMMON = _SAID.split()


@dataclass(frozen=True, slots=True)
class Crowd:
    """A filled data folder. `users` are ids of the staff, `words` some that were said, `names` some persons'."""

    data: Path
    threads: int
    messages: int
    users: list[str]
    teams: list[str]
    words: dict[str, str]


def crowd(database: str, data: Path, threads: int, messages: int, tell: Any = print) -> Crowd:
    """A database with so many threads and messages, in `data`; what an earlier call made there is used."""
    told = data / "crowd.json"
    if not told.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        migrate.upgrade(database)
        found = asyncio.run(_fill(database, data, threads, messages, tell))
        told.write_text(json.dumps(found))
    kept = json.loads(told.read_text())
    return Crowd(data, threads, messages, kept["users"], kept["teams"], kept["words"])


def settings_for(database: str, data: Path, **more: Any) -> Settings:
    """A hub over the folder, whose carrier never answers."""
    return Settings(
        data=data,
        database_url=database,
        twilio_account_sid=webhooks.ACCOUNT,
        twilio_auth_token=Secret(webhooks.TOKEN),
        sms_from=webhooks.CLINIC,
        **more,
    )


async def _fill(database: str, data: Path, threads: int, messages: int, tell: Any) -> dict[str, Any]:
    hub = await Hub.open(settings_for(database, data), roles=())
    try:
        maker = _Maker(hub.parts, random.Random(7), threads, messages)
        await hub.parts.db.write(maker.desk)
        for start in range(0, threads, _UNIT):
            batches = await maker.threads(start, min(_UNIT, threads - start))
            await hub.parts.db.write(partial(_write, batches=batches))
            if start % (threads // 10) < _UNIT:
                tell(f"  seeded {start:,} of {threads:,} threads")
        await hub.parts.db.write(_analyzed)
        return {"users": maker.users, "teams": maker.teams, "words": maker.words}
    finally:
        await hub.stop()


async def _write(conn: AsyncConnection, batches: Sequence[Batch]) -> None:
    for batch in batches:
        await write_rows(conn, batch)


async def _analyzed(conn: AsyncConnection) -> None:
    if conn.dialect.name == "postgresql":
        await conn.execute(sa.text("ANALYZE"))


class _Maker:
    """Makes the rows."""

    def __init__(self, parts: Parts, dice: random.Random, threads: int, messages: int) -> None:
        self._parts = parts
        self._dice = dice
        self._threads = threads
        self._each = messages / threads
        self._made = 0
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._rare = [
            "".join(dice.choice("bcdfglmnprst") + dice.choice("aeiou") for _ in range(4)) for _ in range(40000)
        ]
        self.users = new_ids(AGENTS)
        self.teams = new_ids(TEAMS)
        self.labels = new_ids(6)
        self.words: dict[str, str] = {}

    async def desk(self, conn: AsyncConnection) -> None:
        """Users, teams, labels."""
        keys = await self._parts.vault.key(conn, HUB)
        now, users = self._now, []
        for n, one in enumerate(self.users):
            profile = msgspec.json.encode({"name": f"Agent {n}", "email": f"agent{n}@example.org"})
            users.append(
                {
                    "id": one,
                    "email_blind": one.encode(),
                    "profile_sealed": keys.seal(HUB, profile, Place("staff_user", "profile_sealed", one)),
                    "role": "agent",
                    "status": "active",
                    "language": "en",
                    "capacity": 20,
                    "available": True,
                    "settings": "{}",
                    "totp_step": 0,
                    "created_at": now,
                    "updated_at": now,
                }
            )
        colors = ("teal", "blue", "violet", "amber", "red", "grey")
        teams = [
            {"id": one, "name": f"Team {n}", "routing": "manual", "private": n == TEAMS - 1, "created_at": now}
            for n, one in enumerate(self.teams)
        ]
        labels = [
            {"id": one, "name": f"Label {n}", "color": colors[n], "created_at": now}
            for n, one in enumerate(self.labels)
        ]
        members = [{"team_id": self.teams[n % TEAMS], "user_id": one} for n, one in enumerate(self.users)]
        await _write(conn, [Batch(staff_user, users), Batch(team, teams), Batch(label, labels)])
        await _write(conn, [Batch(team_member, members)])

    async def threads(self, start: int, count: int) -> list[Batch]:
        """The rows of threads `start` to `start + count`."""
        persons = new_ids(count)
        created = self._now - YEARS

        async def keyed(conn: AsyncConnection) -> Any:
            return await self._parts.vault.create(conn, persons, created)

        keys = await self._parts.db.write(keyed)
        rows: dict[sa.Table, list[dict[str, Any]]] = {}
        for n, person_id in enumerate(persons, start):
            for table, row in self._thread(keys, n, person_id):
                rows.setdefault(table, []).append(row)
        order = (person, address, contact, consent_event, thread, message, thread_label, thread_seen, mention)
        return [Batch(one, rows[one]) for one in order if one in rows]

    def _thread(self, keys: Any, n: int, person_id: str) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
        dice, now, blind = self._dice, self._now, self._parts.vault.blind
        given, family = dice.choice(_GIVEN), f"{dice.choice(_FAMILY)} {self._rare[n % len(self._rare)].title()}"
        born = date(1930 + n % 80, 1 + n % 12, 1 + n % 28)
        number, address_id, thread_id = webhooks.number(n), new_id(), new_id()
        first = now - YEARS * (1 - n / self._threads)
        profile = Profile(mrn=f"CROWD-{n}", given_name=given, family_name=family, birth_date=born)
        yield (
            person,
            {
                "id": person_id,
                "kind": "patient",
                "mrn_blind": blind.of("mrn", profile.mrn),
                "identity_blind": blind.of("identity", identity_text(given, family, born)),
                "profile_sealed": seal_profile(keys, person_id, profile),
                "language": "es" if n % 4 == 0 else "en",
                "created_at": first,
                "updated_at": first,
            },
        )
        mine = {
            "id": address_id,
            "kind": "phone",
            "blind": blind.of("phone", number),
            "state": "ok",
            "state_reason": "",
        }
        yield address, mine | {"created_at": first}
        yield (
            contact,
            {
                "person_id": person_id,
                "address_id": address_id,
                "value_sealed": seal_contact(keys, person_id, address_id, number),
                "verified_how": "record",
                "created_at": first,
            },
        )
        yield (
            consent_event,
            {
                "id": new_id(),
                "address_id": address_id,
                "person_id": person_id,
                "state": "revoke" if n % 50 == 0 else "grant",
                "channels": "sms voice",
                "purposes": "*",
                "source": "stop" if n % 50 == 0 else "import",
                "written": False,
                "actor_kind": "system",
                "at": first,
                "recorded_at": first,
            },
        )
        size = self._size(n)
        moments = sorted(first + (now - first) * dice.random() for _ in range(size))
        status, agent = self._status(n), self.users[n % AGENTS]
        is_open = status == "open"
        waits = is_open and n % 2 == 0
        yield (
            thread,
            {
                "id": thread_id,
                "person_id": person_id,
                "status": status,
                "priority": (3 if n % 2000 == 0 else 2 if n % 700 == 0 else 0) if is_open else 0,
                "attention": "",
                "assignee": agent if (is_open and n % 3) or status == "closed" else None,
                "last_seq": size,
                "last_at": moments[-1],
                "last_inbound_at": moments[-1],
                "last_channel": "sms",
                "created_at": first,
                "team_id": self.teams[n % TEAMS] if n % 4 else None,
                "waiting_since": moments[-1] if waits else None,
                "snoozed_until": now + timedelta(days=1) if status == "snoozed" else None,
                "escalated": 0,
                "disposition": "",
            },
        )
        heads = _heads(moments)
        for seq, (at, message_id) in enumerate(zip(moments, heads, strict=True), 1):
            inbound = seq % 2 == 1 or seq == size
            text = self._text(thread_id, message_id)
            body = Body(text=text, author="" if inbound else "Agent 1")
            yield (
                message,
                {
                    "id": message_id,
                    "thread_id": thread_id,
                    "seq": seq,
                    "direction": "inbound" if inbound else "outbound",
                    "author_kind": "patient" if inbound else "staff",
                    "author_id": None if inbound else agent,
                    "channel": "sms",
                    "address_id": address_id,
                    "body_sealed": seal_body(keys, person_id, thread_id, message_id, body),
                    "at": at,
                    "provider_id": webhooks.sid(int(message_id.replace("-", "")[:16], 16)) if inbound else None,
                    "handled_at": at if inbound else None,
                    "failures": 0,
                },
            )
        if n % 10 == 0:
            yield thread_label, {"thread_id": thread_id, "label_id": self.labels[n % 6], "by_id": agent, "at": first}
        if is_open:
            yield thread_seen, {"user_id": agent, "thread_id": thread_id, "seq": max(0, size - 1), "at": moments[-1]}
        if is_open and n % 20 == 0:
            yield mention, {"user_id": agent, "message_id": heads[-1], "thread_id": thread_id, "at": moments[-1]}

    def _size(self, n: int) -> int:
        """Most threads are short, a few very long; all together as many as wanted."""
        wanted = round((n + 1) * self._each)
        if n == self._threads - 1:
            size = wanted - self._made
        else:
            size = min(max(1, wanted - self._made), max(1, round(self._dice.expovariate(1 / self._each))))
            if n % (self._threads // 20) == 0:
                size = max(size, min(1000, wanted - self._made))
        self._made += max(1, size)
        return max(1, size)

    def _status(self, n: int) -> str:
        part = (n * 7919) % 100
        return "open" if part < 3 else "snoozed" if part < 4 else "bot" if part < 30 else "closed"

    def _text(self, thread_id: str, message_id: str) -> str:
        dice = self._dice
        words = dice.choices(_COMMON, k=9)
        # Rare words are rare by Zipf's law.
        words += [self._rare[int(len(self._rare) * dice.random() ** 4)] for _ in range(3)]
        if len(self.words) < 40 and dice.random() < 0.001:
            word = f"unique{len(self.words)}{dice.choice(_COMMON)}"
            self.words[word] = thread_id
            words.append(word)
        dice.shuffle(words)
        return " ".join(words).capitalize() + "."


def _heads(moments: Sequence[datetime]) -> list[str]:
    """Ids of the moments they tell of, as the hub makes them."""
    made, last = [], 0
    for at, like in zip(moments, new_ids(len(moments)), strict=True):
        last = max(last + 1, int(at.timestamp() * 1000) << 12 | hash(like) & 0xFFF)
        head = f"{last:015x}"
        made.append(f"{head[:8]}-{head[8:12]}-7{head[12:]}{like[18:]}")
    return made
