"""Another system sends to a person: a text of its own, or one of the clinic's templates."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.patients import person_id_of
from hub.api.replies import LONGEST, Words
from hub.api.shapes import Moment, Mrn, Sent
from hub.audit import Entry
from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.outcomes import refused
from hub.calls.problems import unusable
from hub.errors import TemplateError
from hub.parts import Parts
from hub.people import Person
from hub.types import AuthorKind, ChannelKind, Hold, Intent, Lane, Language, Level, Purpose, Skip
from templates import Kind, Template, render, shipped

Param = str | int | list[list[str]]


class Outgoing(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A message to the person with this record number: either `template` with its `params`, or `body`."""

    mrn: Mrn
    purpose: Purpose
    template: Annotated[str, msgspec.Meta(max_length=64, description="Key of a text of the library.")] | None = None
    body: Words | None = None
    params: (
        Annotated[
            dict[str, Param],
            msgspec.Meta(
                description=(
                    "The template's variables: moments as RFC 3339 times, days as YYYY-MM-DD, choices as rows of "
                    "strings. `clinic`, `phone` and `name` are filled in when left out."
                )
            ),
        ]
        | None
    ) = None
    channel: (
        Annotated[
            ChannelKind,
            msgspec.Meta(
                description=(
                    "The only channel to use. Without it the hub chooses, and goes on by the next channel when the "
                    "message does not reach the person. In the end it is a task for staff."
                )
            ),
        ]
        | None
    ) = None
    level: (
        Annotated[
            Level,
            msgspec.Meta(
                description=(
                    "What a `body` reveals: `none`; `limited`: first name, date, time, place; `full`, which is assumed "
                    "where nothing is said. Above what a channel may carry, a link is sent to where the text is read."
                )
            ),
        ]
        | None
    ) = None
    not_before: Annotated[Moment, msgspec.Meta(description="Earliest time to send.")] | None = None

    def __repr__(self) -> str:
        return "Outgoing(…)"


async def send(conn: AsyncConnection, call: Call[NoQuery, Outgoing]) -> Wrote:
    """Decide about the message, and queue it if it may be sent, now or later."""
    parts, asked = call.parts, call.body
    if (asked.template is None) == (asked.body is None):
        raise unusable("give either `template` or `body`")
    if asked.body is not None and asked.params is not None:
        raise unusable("`params` belong to a `template`")
    if asked.template is not None and asked.level is not None:
        raise unusable("a `template` says itself what it reveals: `level` belongs to a `body`")
    person_id = await person_id_of(conn, parts, asked.mrn)
    level: Level = asked.level or "full"
    words: Mapping[ChannelKind, str] = {}
    text = asked.body
    if text is None:
        person = await parts.people.get(conn, person_id)
        wanted = (await parts.preferences.read(conn, person_id)).of(asked.purpose).language
        if person is not None and wanted is not None:
            person = replace(person, language=wanted)
        level, words = _rendered(parts, asked, person)
        text = words[ChannelKind.SMS]
    intent = Intent(
        key=f"api/{call.request_id}",
        person_id=person_id,
        purpose=asked.purpose,
        author=AuthorKind.SYSTEM,
        author_name=call.caller.name,
        body=text,
        words=words,
        level=level,
        followed=True,
        # Bulk gives way to replies; what is about safety must not.
        lane=Lane.REPLY if asked.purpose is Purpose.EMERGENCY else Lane.BULK,
        channel=asked.channel,
        not_before=asked.not_before,
    )
    routed = await parts.router.route_in(conn, intent)
    decision = routed.decision
    if isinstance(decision, Skip):
        return refused(parts, routed, decision, call.request_id)
    entry = Entry(
        action="message.write",
        actor=call.caller.actor,
        person_id=person_id,
        object_id=routed.message_id or "",
        request_id=call.request_id,
        details={"purpose": asked.purpose.value},
    )
    await parts.trail.record(conn, entry)
    sent = Sent(
        decision="hold" if isinstance(decision, Hold) else "send",
        reason=decision.reason,
        message_id=routed.message_id or "",
        delivery_id=routed.delivery_id or "",
        channel=decision.channel,
        until=decision.until if isinstance(decision, Hold) else None,
    )
    return Wrote(status=202, value=sent, after=lambda: parts.router.announce(routed))


def _rendered(parts: Parts, asked: Outgoing, person: Person | None) -> tuple[Level, Mapping[ChannelKind, str]]:
    """What the template reveals, and its text in the person's language for each channel. Raises: Problem 422."""
    language: Language = cast(Language, person.language) if person and person.language in ("en", "es") else "en"
    settings = parts.settings
    try:
        template = shipped().get(asked.template or "", language)
        known: dict[str, object] = {
            "clinic": settings.told_name,
            "phone": settings.clinic_phone,
            "name": person.profile.given_name if person else "",
        }
        values = known | _typed(template, asked.params or {})
        words = {kind: render(template.key, values, language, kind, settings.timezone).text for kind in ChannelKind}
    except TemplateError as error:
        raise unusable(str(error)) from None
    if max(map(len, words.values())) > LONGEST:
        raise unusable(f"the text would be longer than {LONGEST} characters")
    return template.level, words


def _typed(template: Template, params: Mapping[str, Param]) -> dict[str, object]:
    """The parameters as the kinds that the template's variables are. Raises: Problem 422."""
    unknown = sorted(set(params) - set(template.variables))
    if unknown:
        raise unusable(f"template {template.key!r} takes only: " + ", ".join(sorted(template.variables)))
    return {name: _value(name, template.variables[name], value) for name, value in params.items()}


_SHAPES: Mapping[Kind, tuple[object, str]] = {
    "text": (str, "a string"),
    "moment": (Moment, "an RFC 3339 time with its offset"),
    "day": (date, "a day, YYYY-MM-DD"),
    "number": (int, "a whole number"),
    "choices": (list[list[str]], "rows of strings"),
}


def _value(name: str, kind: Kind, given: Param) -> object:
    shape, wanted = _SHAPES[kind]
    try:
        return msgspec.convert(given, cast(type[str | int | datetime | date | list[list[str]]], shape))
    except msgspec.ValidationError:
        raise unusable(f"`params.{name}` must be {wanted}") from None
