"""How a person would like to hear of what: for each purpose an order and switches of channels, hours, number, language.

Preferences choose among the ways that consent leaves open; they open none. A switch that is off is no refusal in the
ledger's sense: it is asked at the choice, and the person may turn it on again with the same tap.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.asking import NO_WISHES, Wishes, span
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.lookup import Lookup
from hub.db.tables import disclosure, person, preference
from hub.types import ChannelKind, Language, Purpose

_ALWAYS = frozenset({ChannelKind.PORTAL})
"""What is told can always be read behind the log-in: that is no switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """For one purpose: the channels to try first, in this order, and those not to be used at all.

    between: the only hours of the day, in the person's own wall time, at which they want to hear of it.
    per_week: the most messages a week, where they asked for fewer. language: where it is another than theirs.
    """

    order: tuple[ChannelKind, ...] = ()
    off: frozenset[ChannelKind] = frozenset()
    between: tuple[time, time] | None = None
    per_week: int | None = None
    language: Language | None = None

    @property
    def wishes(self) -> Wishes:
        """What the policy is told of it."""
        if self.between is None and self.per_week is None:
            return NO_WISHES
        return Wishes(between=self.between, per_week=self.per_week)


_NONE = Preference()
_TRIED_FIRST: Mapping[ChannelKind | None, Preference] = {
    None: _NONE,
    **{kind: Preference(order=(kind,)) for kind in ChannelKind},
}
"""What holds for a purpose of which somebody said nothing, by their default channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """All that a person prefers.

    default: the channel tried first for a purpose without an order; None where they never said.
    whole: channels on which they want whole texts, though they were warned that these are not private.
    """

    default: ChannelKind | None = None
    by_purpose: Mapping[Purpose, Preference] = field(default_factory=lambda: MappingProxyType({}))
    whole: frozenset[ChannelKind] = frozenset()

    def of(self, purpose: Purpose) -> Preference:
        """What holds for `purpose`; what is about safety no switch keeps back."""
        kept = self.by_purpose.get(purpose, _NONE)
        order = kept.order or ((self.default,) if self.default else ())
        if purpose is Purpose.EMERGENCY:
            return Preference(order=order, language=kept.language)
        if kept is _NONE:
            return _TRIED_FIRST[self.default]
        return kept if order == kept.order else replace(kept, order=order)


def merged(
    kept: Preference, order: Sequence[ChannelKind], there: Collection[ChannelKind], off: Collection[ChannelKind]
) -> Preference:
    """What the person now wants, where channels that are not there keep their place and their switch. Pure."""
    away = [one for one in kept.order if one not in there]
    return replace(kept, order=(*order, *away), off=frozenset(off) | {one for one in kept.off if one not in there})


class PreferenceBook:
    """Where preferences are kept."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def read(self, conn: AsyncConnection, person_id: str) -> Preferences:
        """What the person prefers; nothing for somebody who is not there."""
        default = (await conn.execute(_DEFAULT, {"person": person_id})).scalar_one_or_none()
        rows = await conn.execute(_KEPT, {"person": person_id})
        kept = {
            Purpose(row.purpose): Preference(
                order=_read(row.wanted),
                off=frozenset(_read(row.off)),
                between=span(row.hours),
                per_week=row.per_week,
                language=row.language,
            )
            for row in rows
        }
        whole = (await conn.execute(_WHOLE, {"person": person_id})).scalars()
        return Preferences(
            default=ChannelKind(default) if default else None,
            by_purpose=MappingProxyType(kept),
            whole=frozenset(map(ChannelKind, whole)),
        )

    async def read_many(
        self, conn: AsyncConnection, defaults: Mapping[str, ChannelKind | None]
    ) -> dict[str, Preferences]:
        """As `read`, for many persons, of whom the default channel is known already. Most have nothing else."""
        kept: dict[str, dict[Purpose, Preference]] = {}
        for person_id, purpose, wanted, off, hours, per_week, language in await _KEPT_BY_MANY(conn, defaults.keys()):
            preferred = Preference(
                order=_read(wanted),
                off=frozenset(_read(off)),
                between=span(hours),
                per_week=per_week,
                language=language,
            )
            kept.setdefault(person_id, {})[Purpose(purpose)] = preferred
        whole: dict[str, set[ChannelKind]] = {}
        for person_id, channel in await _WHOLE_BY_MANY(conn, defaults.keys()):
            whole.setdefault(person_id, set()).add(ChannelKind(channel))
        return {
            person_id: _PLAIN[default]
            if person_id not in kept and person_id not in whole
            else Preferences(
                default=default,
                by_purpose=MappingProxyType(kept.get(person_id, {})),
                whole=frozenset(whole.get(person_id, ())),
            )
            for person_id, default in defaults.items()
        }

    async def change(
        self,
        conn: AsyncConnection,
        person_id: str,
        purpose: Purpose,
        *,
        order: Sequence[ChannelKind],
        off: Collection[ChannelKind] = (),
        between: tuple[time, time] | None = None,
        per_week: int | None = None,
        language: Language | None = None,
        actor: Actor,
        request_id: str = "",
    ) -> Preference:
        """What now holds for `purpose`, in the caller's transaction and with its audit entry.

        Raises: ValueError for hours that end before they begin, and for fewer than one message a week.
        A channel named twice counts where it stands first; one that is off keeps its place for the day it is on again.
        The portal cannot be turned off, and nothing can for `emergency`. Without order and switches the purpose goes
        back to the default.
        """
        switched = frozenset() if purpose is Purpose.EMERGENCY else frozenset(off) - _ALWAYS
        kept = Preference(
            order=tuple(dict.fromkeys(order)), off=switched, between=between, per_week=per_week, language=language
        )
        hours = "" if kept.wishes.between is None else "-".join(f"{one:%H:%M}" for one in kept.wishes.between)
        await _lock(conn, person_id)
        mine = sa.and_(preference.c.person_id == person_id, preference.c.purpose == purpose.value)
        await conn.execute(sa.delete(preference).where(mine))
        if kept != _NONE:
            row = {
                "person_id": person_id,
                "purpose": purpose.value,
                "wanted": _written(kept.order),
                "off": _written(kind for kind in ChannelKind if kind in kept.off),
                "hours": hours,
                "per_week": kept.per_week,
                "language": kept.language,
                "updated_at": self._clock.now(),
            }
            await insert_rows(conn, preference, [row])
        details = {
            "purpose": purpose.value,
            "order": _written(kept.order),
            "off": _written(kind for kind in ChannelKind if kind in kept.off),
            "hours": hours,
            "per_week": kept.per_week,
            "language": kept.language,
        }
        await self._note(conn, "preference.change", person_id, actor, request_id, details)
        return kept

    async def want_whole(
        self,
        conn: AsyncConnection,
        person_id: str,
        channel: ChannelKind,
        *,
        warning: str,
        actor: Actor,
        request_id: str = "",
    ) -> None:
        """Note that the person was shown `warning` and still wants whole texts on `channel`.

        warning: key, version and language of the text shown, such as `portal.not_private/1/es`.

        Source: 45 CFR 164.522(b); HHS on unencrypted mail after a warning.
        """
        await self._forget_whole(conn, person_id, channel)
        row = {"person_id": person_id, "channel": channel.value, "warning": warning, "at": self._clock.now()}
        await insert_rows(conn, disclosure, [row])
        details = {"channel": channel.value, "warning": warning}
        await self._note(conn, "preference.whole", person_id, actor, request_id, details)

    async def want_short(
        self, conn: AsyncConnection, person_id: str, channel: ChannelKind, *, actor: Actor, request_id: str = ""
    ) -> None:
        """Take that back: whole texts are read in the portal again."""
        await self._forget_whole(conn, person_id, channel)
        await self._note(conn, "preference.short", person_id, actor, request_id, {"channel": channel.value})

    async def _forget_whole(self, conn: AsyncConnection, person_id: str, channel: ChannelKind) -> None:
        await _lock(conn, person_id)
        mine = sa.and_(disclosure.c.person_id == person_id, disclosure.c.channel == channel.value)
        await conn.execute(sa.delete(disclosure).where(mine))

    async def _note(
        self,
        conn: AsyncConnection,
        action: str,
        person_id: str,
        actor: Actor,
        request_id: str,
        details: Mapping[str, str | int | None],
    ) -> None:
        entry = Entry(
            action=action,
            actor=actor,
            person_id=person_id,
            object_id=person_id,
            request_id=request_id,
            details=details,
        )
        await self._trail.record(conn, entry)


async def _lock(conn: AsyncConnection, person_id: str) -> None:
    """Two changes at once are one after the other."""
    await conn.execute(sa.select(person.c.id).where(person.c.id == person_id).with_for_update(key_share=True))


def _read(names: str) -> tuple[ChannelKind, ...]:
    return tuple(map(ChannelKind, names.split()))


def _written(kinds: Iterable[ChannelKind]) -> str:
    return " ".join(kind.value for kind in kinds)


# Built once: to build a statement costs more than to run it.
_WHO = sa.bindparam("person", type_=person.c.id.type)
_DEFAULT = sa.select(person.c.preferred_channel).where(person.c.id == _WHO)
_KEPT = sa.select(preference).where(preference.c.person_id == _WHO)
_WHOLE = sa.select(disclosure.c.channel).where(disclosure.c.person_id == _WHO)
_KEPT_BY_MANY = Lookup(
    preference.c.person_id,
    lambda among: sa.select(
        *(preference.c[name] for name in ("person_id", "purpose", "wanted", "off", "hours", "per_week", "language"))
    ).where(among),
)
_WHOLE_BY_MANY = Lookup(
    disclosure.c.person_id, lambda among: sa.select(disclosure.c.person_id, disclosure.c.channel).where(among)
)
_PLAIN: Mapping[ChannelKind | None, Preferences] = {
    default: Preferences(default=default) for default in (None, *ChannelKind)
}
"""What holds of somebody who never said more than which channel they like best."""


async def rehome(conn: AsyncConnection, from_id: str, into_id: str, now: datetime) -> int:
    """How many purposes one person's preferences came to another's for, in the caller's transaction.

    The other's order holds where both have one, and what either turned off is off. A warning counts for the record that
    it was shown to, and for no other.
    """
    kept = sa.select(preference).where(preference.c.person_id.in_((from_id, into_id)))
    rows = {(row.person_id, row.purpose): row for row in await conn.execute(kept)}
    purposes = [purpose for person_id, purpose in rows if person_id == from_id]
    for purpose in purposes:
        came, there = rows[from_id, purpose], rows.get((into_id, purpose))
        off = set(_read(came.off)) | set(_read(there.off) if there is not None else ())
        values = {
            "wanted": there.wanted if there is not None else came.wanted,
            "off": _written(kind for kind in ChannelKind if kind in off),
            "hours": (there.hours if there is not None else "") or came.hours,
            # Whoever asked for the fewer has it.
            "per_week": min((one.per_week for one in (came, there) if one is not None and one.per_week), default=None),
            "language": (there.language if there is not None else None) or came.language,
            "updated_at": now,
        }
        replaced = sa.and_(preference.c.person_id == into_id, preference.c.purpose == purpose)
        await conn.execute(sa.delete(preference).where(replaced))
        await insert_rows(conn, preference, [{"person_id": into_id, "purpose": purpose, **values}])
    await conn.execute(sa.delete(preference).where(preference.c.person_id == from_id))
    await conn.execute(sa.delete(disclosure).where(disclosure.c.person_id == from_id))
    return len(purposes)
