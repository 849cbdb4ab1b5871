"""The facts that a consent ledger holds about one address, and what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from hub.types import ChannelKind, Purpose

StopMode = Literal["number", "category"]

PHONE_CHANNELS = frozenset({ChannelKind.SMS, ChannelKind.VOICE})


class ConsentState(StrEnum):
    """What a fact says: the person agreed, or took it back."""

    GRANT = "grant"
    REVOKE = "revoke"


class Source(StrEnum):
    """Where a fact comes from.

    STOP and START are the person's own words on the channel itself; WORDS are those that they said of another address
    of theirs; FORM, PORTAL and LINK are other acts of the person; STAFF wrote down what was said; PROVIDER is the
    carrier's block list; IMPORT and API are other systems; REGISTER is a register of numbers that were given up;
    SUPPRESSION what is kept of an opt-out when all else of a person is disposed of.
    """

    STOP = "stop"
    START = "start"
    WORDS = "words"
    FORM = "form"
    PORTAL = "portal"
    LINK = "link"
    STAFF = "staff"
    PROVIDER = "provider"
    IMPORT = "import"
    API = "api"
    REGISTER = "register"
    SUPPRESSION = "suppression"


# A fresh yes that the person gave with their own hand. It lifts a revocation of mail, push and portal; for a phone
# the carrier keeps its block until START, so START alone lifts it there. What was switched off in the portal no carrier
# knows of: the same hand switches it on.
_OWN_ACTS = frozenset({Source.START, Source.WORDS, Source.FORM, Source.PORTAL, Source.LINK})


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive one, which names no moment."""
    if moment.utcoffset() is None:
        raise ValueError("consent needs aware times")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a fact is about: these channels, and these purposes (None: every purpose)."""

    channels: frozenset[ChannelKind]
    purposes: frozenset[Purpose] | None = None

    def covers(self, channel: ChannelKind, purpose: Purpose) -> bool:
        """Whether this scope speaks of `purpose` over `channel`."""
        return channel in self.channels and (self.purposes is None or purpose in self.purposes)


PHONE = Scope(channels=PHONE_CHANNELS)
_TEXTS = Scope(channels=frozenset({ChannelKind.SMS}))


def narrowed(scope: Scope, mode: StopMode, category: Purpose | None) -> Scope:
    """The scope that a bare STOP or START gets in this mode.

    mode: "number" leaves `scope` as it is: calls and texts, every purpose. "category" narrows a scope without named
        purposes to `category`, the purpose of the last message the person got; without one nothing is narrowed.

    Source: 47 CFR 64.1200(a)(10); the "revoke all" part is waived to 31 January 2027, so both modes exist.
    """
    if mode == "number" or scope.purposes is not None or category is None:
        return scope
    return Scope(channels=scope.channels, purposes=frozenset({category}))


class Fact(Struct, frozen=True, kw_only=True):
    """One event of the ledger as policy reads it, about one address.

    at: when it took effect (aware); for a keyword, when its message was received.
    written: the person signed or typed agreement to a shown text (marketing needs that).
    until: from when on a yes counts no more; None where it was given for good.
    evidence: ids of the messages, forms or recordings that prove it.
    """

    id: str
    at: datetime
    scope: Scope
    state: ConsentState
    source: Source
    written: bool = False
    until: datetime | None = None
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a naive time: facts are put in order by it."""
        if self.at.tzinfo is not UTC:
            force_setattr(self, "at", in_utc(self.at))


class Holding(Struct, frozen=True, kw_only=True):
    """What holds for one purpose over one channel.

    state: None when nothing was ever said.
    decided_by: the fact that decides; None when nothing was ever said.
    written: the grant that holds was given in writing.
    """

    state: ConsentState | None = None
    decided_by: Fact | None = None
    written: bool = False


_UNKNOWN = Holding()


def _started(revocation: Fact, start: Fact) -> bool:
    """Whether START, a text, undoes the revocation: one of its very scope, or texts switched off in the portal."""
    texts_off = revocation.source is Source.PORTAL and revocation.scope == _TEXTS
    return revocation.scope == start.scope or texts_off


class Standing(Struct, frozen=True):
    """What holds now for one address; made by `standing`."""

    facts: tuple[Fact, ...] = ()

    def of(self, channel: ChannelKind, purpose: Purpose) -> Holding:
        """What holds for `purpose` over `channel`, and which fact decides it.

        A grant is remembered beneath a revocation, so that START brings back exactly what held before it.
        """
        grant: Fact | None = None
        written = False
        open_revocations: list[Fact] = []
        for fact in self.facts:
            if not fact.scope.covers(channel, purpose):
                continue
            if fact.state is ConsentState.REVOKE:
                open_revocations.append(fact)
                continue
            if fact.source is Source.START:
                open_revocations = [one for one in open_revocations if not _started(one, fact)]
            elif fact.source in _OWN_ACTS:
                by_phone = channel in PHONE_CHANNELS
                open_revocations = [one for one in open_revocations if by_phone and one.source is not Source.PORTAL]
            grant, written = fact, written or fact.written
        if open_revocations:
            return Holding(state=ConsentState.REVOKE, decided_by=open_revocations[-1])
        if grant is None:
            return _UNKNOWN
        return Holding(state=ConsentState.GRANT, decided_by=grant, written=written)


def standing(facts: Iterable[Fact]) -> Standing:
    """What the facts about one address amount to now.

    Pure; the order given does not matter. At the same instant a revocation wins over a grant.

    - STOP revokes calls and texts of the number alike.
    - START undoes the revocations that have the very scope of the START; a narrower one ("no more surveys") stays.
      It undoes, too, that texts were switched off altogether in the portal; calls switched off there stay off.
    - Nothing else lifts a revocation of a phone: no ordinary message, no import, no form. Only what was switched off in
      the portal a later act of the person's own hand switches on again. For mail, push and portal such an act lifts any
      revocation; an import, the API or the staff never do.
    - A written grant once given stays written when START brings it back.
    """
    known = tuple(facts)
    if len(known) < 2:
        return Standing(known)
    return Standing(tuple(sorted(known, key=lambda fact: (fact.at, fact.state is ConsentState.REVOKE, fact.id))))
