"""How a person would like to hear of what, and where they live: as staff or another system set it."""

from dataclasses import replace
from datetime import time
from typing import Annotated, Any
from zoneinfo import available_timezones

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.asking import span
from hub.api.shapes import Page
from hub.calls.endpoints import Call, NoQuery, Read, Wrote
from hub.calls.problems import not_found, unusable
from hub.people import Preference
from hub.types import ChannelKind, Language, Purpose

_Channels = Annotated[list[ChannelKind], msgspec.Meta(max_length=5)]
_Hours = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="The only hours, in the person's own time, such as `17:00-20:00`.",
    ),
]
_PerWeek = Annotated[int, msgspec.Meta(ge=1, le=50, description="The most automatic messages a week.")]


class PreferenceShown(msgspec.Struct, kw_only=True):
    """What a person would like for one purpose. What they never said is empty or null."""

    purpose: Purpose
    order: list[ChannelKind]
    off: list[ChannelKind]
    hours: str | None
    per_week: int | None
    language: Language | None


class PreferenceChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is to hold from now on. What is left out stays; null takes a wish back."""

    purposes: (
        Annotated[list[Purpose], msgspec.Meta(min_length=1, max_length=6, description="Left out: all but emergency.")]
        | None
    ) = None
    order: _Channels | msgspec.UnsetType = msgspec.UNSET
    off: _Channels | msgspec.UnsetType = msgspec.UNSET
    hours: _Hours | msgspec.UnsetType | None = msgspec.UNSET
    per_week: _PerWeek | msgspec.UnsetType | None = msgspec.UNSET
    language: Language | msgspec.UnsetType | None = msgspec.UNSET


class Place(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where a person lives; null where it is not known. It decides at which hours they may be disturbed."""

    timezone: Annotated[str, msgspec.Meta(max_length=64, description="Such as America/Chicago.")] | None = None
    state: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="Its two letters.")] | None = None
    verified: Annotated[
        bool, msgspec.Meta(description="Read from an address that was checked: no import changes it.")
    ] = False


async def preferences(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """What the person would like, by purpose."""
    person_id = await _person(conn, call)
    kept = await call.parts.preferences.read(conn, person_id)
    page = Page(items=[_shown(purpose, kept.of(purpose)) for purpose in Purpose])
    return Read(value=page, action="preference.read", persons=(person_id,), object_id=person_id)


async def change(conn: AsyncConnection, call: Call[NoQuery, PreferenceChange]) -> Wrote:
    """Change what the person would like. Raises: Problem 404; 422 for hours that end before they begin."""
    parts, asked = call.parts, call.body
    person_id = await _person(conn, call)
    known = await parts.preferences.read(conn, person_id)
    wanted = asked.purposes or [one for one in Purpose if one is not Purpose.EMERGENCY]
    for purpose in wanted:
        kept = _changed(known.by_purpose.get(purpose, Preference()), asked)
        await parts.preferences.change(
            conn,
            person_id,
            purpose,
            order=kept.order,
            off=kept.off,
            between=kept.between,
            per_week=kept.per_week,
            language=kept.language,
            actor=call.caller.actor,
            request_id=call.request_id,
        )
    now = await parts.preferences.read(conn, person_id)
    return Wrote(status=200, value=Page(items=[_shown(purpose, now.of(purpose)) for purpose in wanted]))


async def place(conn: AsyncConnection, call: Call[NoQuery, Place]) -> Wrote:
    """Write where the person lives. Raises: Problem 404; 422 for a zone or a state that is none."""
    asked = call.body
    person_id = await _person(conn, call)
    if asked.timezone is not None and asked.timezone not in available_timezones():
        raise unusable("`timezone` must be a time zone such as America/New_York")
    if asked.state is not None and asked.state not in rulebook.load().places:
        raise unusable("`state` must be the two letters of a state such as IL")
    await call.parts.people.place(
        conn,
        person_id,
        timezone=asked.timezone,
        state=asked.state,
        verified=asked.verified,
        actor=call.caller.actor,
        request_id=call.request_id,
    )
    return Wrote(status=200, value=asked)


def _changed(kept: Preference, asked: PreferenceChange) -> Preference:
    if asked.order is not msgspec.UNSET:
        kept = replace(kept, order=tuple(asked.order))
    if asked.off is not msgspec.UNSET:
        kept = replace(kept, off=frozenset(asked.off))
    if asked.hours is not msgspec.UNSET:
        kept = replace(kept, between=_span(asked.hours))
    if asked.per_week is not msgspec.UNSET:
        kept = replace(kept, per_week=asked.per_week)
    if asked.language is not msgspec.UNSET:
        kept = replace(kept, language=asked.language)
    return kept


def _span(hours: str | None) -> tuple[time, time] | None:
    found = span(hours or "")
    if found is not None and found[0] >= found[1]:
        raise unusable("`hours` must begin before they end")
    return found


def _shown(purpose: Purpose, kept: Preference) -> PreferenceShown:
    return PreferenceShown(
        purpose=purpose,
        order=list(kept.order),
        off=sorted(kept.off),
        hours="-".join(f"{one:%H:%M}" for one in kept.between) if kept.between else None,
        per_week=kept.per_week,
        language=kept.language,
    )


async def _person(conn: AsyncConnection, call: Call[NoQuery, Any]) -> str:
    person_id = await call.parts.people.surviving(conn, call.ids["id"])
    if await call.parts.people.get(conn, person_id) is None:
        raise not_found("patient")
    return person_id
