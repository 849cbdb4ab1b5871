"""What is asked, and what comes of the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import proof, requests
from consent import rules as rulebook
from consent.facts import ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from consent.requests import ConsentRequest
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.prepared import Prepared
from hub.db.tables import address, consent_request, contact, message, person, proxy
from hub.router import Routed, Router
from hub.types import (
    AddressKind,
    AuthorKind,
    ChannelKind,
    Direction,
    Intent,
    Language,
    Purpose,
    Skip,
    new_id,
)
from hub.vault import Vault
from templates import render

_LATELY = timedelta(days=30)
_OF_AGE_WAITS = timedelta(days=365)
_PAGE = 100
_ONCE = timedelta(days=1)
"""How long an address that was asked by a form is not asked again by one."""
_TOGETHER = "together"
"""Under which name a request's evidence keeps the first of those that were asked in one message."""
KEY = "optin:"
"""How the intent keys of messages begin that ask for a yes."""
_PATIENT = Actor("patient")
_ASKED_BY = {AddressKind.PHONE: ChannelKind.SMS, AddressKind.MAILBOX: ChannelKind.EMAIL}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of decisions: the ids of the facts recorded, and what now waits for a yes."""

    facts: tuple[str, ...]
    pending: tuple[ConsentRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What somebody signed on a page that anybody may use. `title` is what it is about, as the page calls it."""

    scope: Scope
    title: str
    evidence: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address was asked last: the request, and whether it is about offers alone."""

    request_id: str
    offers: bool


class OptIns:
    """Asks for a yes, and takes it."""

    def __init__(
        self, *, vault: Vault, ledger: Ledger, router: Router, trail: Trail, clock: Clock, clinic: str
    ) -> None:
        self._vault = vault
        self._ledger = ledger
        self._router = router
        self._trail = trail
        self._clock = clock
        self._clinic = clinic

    async def record(self, conn: AsyncConnection, *facts: NewFact) -> Done:
        """Record decisions in the caller's transaction; what needs a yes is kept apart, and the address is asked.

        Raises: as `Ledger.record`.
        """
        at_once, pending = [], []
        for fact in facts:
            wait = requests.needs_confirmation(fact.state, fact.scope, fact.source, written=fact.written)
            if not wait or fact.person_id is None:
                at_once.append(fact)
                continue
            rest = (frozenset(Purpose) if fact.scope.purposes is None else fact.scope.purposes) - wait
            if rest:
                at_once.append(replace(fact, scope=Scope(channels=fact.scope.channels, purposes=rest)))
            pending.append(await self._ask(conn, fact, fact.person_id, wait))
        ids = await self._ledger.record(conn, *at_once)
        return Done(tuple(ids), tuple(pending))

    async def ask_signed(
        self,
        conn: AsyncConnection,
        person_id: str,
        address_id: str,
        kind: AddressKind,
        signed: Sequence[Signature],
        language: Language,
    ) -> Routed | None:
        """Ask an address in one message whether it agrees to all that was signed for it, in the caller's transaction.

        Nothing counts before its yes, for anybody may type any number. None where it was asked within the last day; and
        where nothing may be sent to it, as after a STOP, nothing is kept. The message answers whoever sent the form.
        """
        now = self._clock.now()
        lately = sa.select(consent_request.c.id).where(
            consent_request.c.address_id == address_id,
            consent_request.c.kind == "confirm",
            consent_request.c.asked_at > now - _ONCE,
        )
        # Locked: of two forms at once, one asks.
        await conn.execute(sa.select(address.c.id).where(address.c.id == address_id).with_for_update(key_share=True))
        if (await conn.execute(lately.limit(1))).first() is not None:
            return None
        channel = _ASKED_BY[kind]
        what = ", ".join(one.title for one in signed)
        text = render("consent.confirm_join", {"clinic": self._clinic, "what": what}, language, channel, UTC).text
        ids = [new_id() for _ in signed]
        intent = Intent(
            key=f"{KEY}{ids[0]}",
            person_id=person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            body=text,
            level="none",
            channel=channel,
            address_id=address_id,
            replies_to=now,
        )
        routed = await self._router.route_in(conn, intent)
        if isinstance(routed.decision, Skip):
            return routed
        for request_id, one in zip(ids, signed, strict=True):
            request = ConsentRequest(
                id=request_id,
                kind="confirm",
                person_id=person_id,
                address_id=address_id,
                scope=one.scope,
                evidence={**one.evidence, "signed_via": Source.FORM.value, "asked": text, _TOGETHER: ids[0]},
                actor=_PATIENT,
                at=now,
                asked_at=now,
                ends_at=now + rulebook.load().confirm_within,
                outcome="",
            )
            await requests.keep(conn, self._vault, request)
            await self._note(conn, "consent.ask", request)
        return routed

    async def asked(self, conn: AsyncConnection, thread_id: str, address_id: str) -> Asked | None:
        """What the thread's last message asked this address about; None if it asked nothing."""
        last = await _LAST_SAID.first(conn, thread=thread_id)
        key = "" if last is None else last.intent_key or ""
        if not key.startswith(KEY):
            return None
        open_still = sa.select(consent_request.c.id, consent_request.c.purposes).where(
            consent_request.c.id == key.removeprefix(KEY),
            consent_request.c.address_id == address_id,
            consent_request.c.outcome == "",
            consent_request.c.ends_at > self._clock.now(),
        )
        found = (await conn.execute(open_still)).first()
        return None if found is None else Asked(found.id, found.purposes == Purpose.MARKETING.value)

    async def answer(
        self, conn: AsyncConnection, request_id: str, *, yes: bool, words: str, message_id: str, at: datetime
    ) -> bool:
        """Take the answer of the address, in the caller's transaction; False where the request is over.

        It answers all that was asked in the same message.
        """
        open_still = consent_request.c.outcome == ""
        found = await requests.find(conn, self._vault, consent_request.c.id == request_id, open_still)
        if not found:
            return False
        if _TOGETHER in found[0].evidence:
            mine = consent_request.c.address_id == found[0].address_id
            there = await requests.find(conn, self._vault, mine, open_still)
            found = [one for one in there if one.evidence.get(_TOGETHER) == request_id]
        for one in found:
            await self._answer(conn, one, yes=yes, words=words, message_id=message_id, at=at)
        return True

    async def _answer(
        self, conn: AsyncConnection, one: ConsentRequest, *, yes: bool, words: str, message_id: str, at: datetime
    ) -> None:
        fact_id = None
        if yes:
            evidence = {name: said for name, said in one.evidence.items() if name != _TOGETHER}
            source = Source(evidence.pop("signed_via", Source.FORM.value))
            evidence |= {"confirmed_words": words[:80], "confirmed_by": message_id, "signed_at": one.at.isoformat()}
            fact = NewFact(
                address_id=one.address_id,
                person_id=one.person_id,
                state=ConsentState.GRANT,
                scope=one.scope,
                source=source,
                at=at,
                actor=_PATIENT,
                written=True,
                message_id=message_id,
                evidence=evidence,
            )
            (fact_id,) = await self._ledger.record(conn, fact)
        mine = consent_request.c.id == one.id
        await requests.end(conn, "yes" if yes else "no", self._clock.now(), mine, fact_id=fact_id)
        await self._note(conn, "consent.confirm" if yes else "consent.decline", one)

    async def withdraw(self, conn: AsyncConnection, address_id: str) -> None:
        """End what an address was asked: it opted out."""
        await requests.end(conn, "no", self._clock.now(), consent_request.c.address_id == address_id)

    async def sweep(self, conn: AsyncConnection) -> int:
        """End what nobody answered in time, in the caller's transaction; of how many requests that is."""
        now = self._clock.now()
        return await requests.end(conn, "late", now, consent_request.c.ends_at <= now)

    async def ask_anew(self, conn: AsyncConnection) -> int:
        """Ask those who have come of age what holds from now on, in the caller's transaction; how many there were.

        What was agreed to before ended with the guardian's right. They are asked where they sign in, for nothing may be
        sent elsewhere; staff see that they must ask.
        """
        now = self._clock.now()
        asked_before = sa.select(consent_request.c.id).where(
            consent_request.c.person_id == proxy.c.patient_id, consent_request.c.kind == "of_age"
        )
        query = (
            sa.select(proxy.c.patient_id, sa.func.min(proxy.c.ended_at))
            .where(proxy.c.ended_why == "majority", proxy.c.ended_at > now - _LATELY, ~asked_before.exists())
            .group_by(proxy.c.patient_id)
        )
        count = 0
        for patient_id, ended_at in (await conn.execute(query.limit(_PAGE))).all():
            count += await self._ask_of_age(conn, patient_id, ended_at)
        return count

    async def _ask_of_age(self, conn: AsyncConnection, patient_id: str, since: datetime) -> int:
        now = self._clock.now()
        owned = sa.select(contact.c.address_id).where(contact.c.person_id == patient_id)
        addresses = list((await conn.execute(owned)).scalars())
        standings = await self._ledger.standings(conn, addresses)
        found = [
            ConsentRequest(
                id=new_id(),
                kind="of_age",
                person_id=patient_id,
                address_id=address_id,
                scope=fact.scope,
                evidence={"how": "agreed to before the person came of age"},
                actor=Actor("system", "optin"),
                at=fact.at,
                asked_at=now,
                ends_at=now + _OF_AGE_WAITS,
                outcome="",
            )
            for address_id, standing in standings.items()
            for fact in standing.facts[-1:]
            if fact.state is ConsentState.GRANT and fact.at < since
        ]
        if not found:
            return 0
        spoken = (await conn.execute(sa.select(person.c.language).where(person.c.id == patient_id))).scalar_one()
        language: Language = "es" if spoken == "es" else "en"
        intent = Intent(
            key=f"of-age:{patient_id}",
            person_id=patient_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            body=render("consent.of_age", {"clinic": self._clinic}, language, ChannelKind.PORTAL, UTC).text,
            level="none",
            channel=ChannelKind.PORTAL,
        )
        told = not isinstance((await self._router.route_in(conn, intent)).decision, Skip)
        for one in found:
            await requests.keep(conn, self._vault, one if told else replace(one, asked_at=None))
            await self._note(conn, "consent.ask", one)
        return 1

    async def _ask(
        self, conn: AsyncConnection, fact: NewFact, person_id: str, purposes: frozenset[Purpose]
    ) -> ConsentRequest:
        now = self._clock.now()
        known = (
            await conn.execute(
                sa.select(address.c.kind, person.c.language)
                .join(contact, contact.c.address_id == address.c.id)
                .join(person, person.c.id == contact.c.person_id)
                .where(address.c.id == fact.address_id, person.c.id == person_id)
            )
        ).one()
        language: Language = "es" if known.language == "es" else "en"
        channel = _ASKED_BY[AddressKind(known.kind)]
        words = {
            kind: render("consent.confirm_offers", {"clinic": self._clinic}, language, kind, UTC)
            for kind in (ChannelKind.SMS, ChannelKind.EMAIL)
        }
        text = words[channel].text
        evidence = {"sha256": proof.shown(fact.evidence.get("words", "")), **fact.evidence}
        request = ConsentRequest(
            id=new_id(),
            kind="confirm",
            person_id=person_id,
            address_id=fact.address_id,
            scope=Scope(channels=fact.scope.channels, purposes=purposes),
            evidence={**evidence, "signed_via": fact.source.value, "asked": text},
            actor=fact.actor,
            at=fact.at,
            asked_at=now,
            ends_at=now + rulebook.load().confirm_within,
            outcome="",
        )
        intent = Intent(
            key=f"{KEY}{request.id}",
            person_id=person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.SYSTEM,
            body=text,
            level="none",
            channel=channel,
            address_id=fact.address_id,
        )
        routed = await self._router.route_in(conn, intent)
        if isinstance(routed.decision, Skip):
            # Nothing may be sent there at all: the request waits, and staff see that it was not asked.
            request = replace(request, asked_at=None)
        await requests.keep(conn, self._vault, request)
        await self._note(conn, "consent.ask", request)
        return request

    async def _note(self, conn: AsyncConnection, action: str, one: ConsentRequest) -> None:
        entry = Entry(
            action=action,
            actor=one.actor if action == "consent.ask" else _PATIENT,
            person_id=one.person_id,
            object_id=one.id,
            details={"address": one.address_id, "purposes": " ".join(sorted(one.scope.purposes or ()))},
        )
        await self._trail.record(conn, entry)


_LAST_SAID = Prepared(
    sa.select(message.c.intent_key)
    .where(
        message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
        message.c.direction == Direction.OUTBOUND,
    )
    .order_by(message.c.seq.desc())
    .limit(1)
)
