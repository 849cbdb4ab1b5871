"""What the clinic sends of itself: the mail that every patient finds, and a reminder when a visitor asks for one."""

from collections.abc import Iterable

import phonenumbers

from bots.scheduling.base import Appointment
from hub.demo.clinic import PATIENTS, Patient
from hub.parts import Parts
from hub.router import Routed
from hub.types import AuthorKind, ChannelKind, Intent, Purpose, new_id
from templates import render

NATIONAL = phonenumbers.PhoneNumberFormat.NATIONAL


async def invite(parts: Parts, ones: Iterable[Patient] = PATIENTS) -> None:
    """Mail each of these how the clinic is reached: a mail that can be replied to."""
    settings = parts.settings
    for one in ones:
        values = {
            "clinic": settings.told_name,
            "phone": phonenumbers.format_number(phonenumbers.parse(settings.clinic_phone), NATIONAL),
            "link": f"{settings.base_url}/portal",
        }
        words = render("portal.invite", values, one.language, ChannelKind.EMAIL, settings.timezone).text
        await _send(parts, one, AuthorKind.SYSTEM, Purpose.CARE, words, ChannelKind.EMAIL)


async def remind(parts: Parts, one: Patient, channel: ChannelKind) -> Routed | None:
    """What became of a reminder of the person's next visit, sent by the staff; None where there is no visit.

    By the staff, for what a program sends would wait until the morning.
    """
    visits = await parts.scheduling.appointments(await _person_id(parts, one), after=parts.clock.now())
    if not visits:
        return None
    visit: Appointment = visits[0]
    values = {
        "clinic": parts.settings.told_name,
        "name": one.given_name,
        "start": visit.start,
        "location": visit.location,
    }
    words = render("reminder.appointment", values, one.language, channel, parts.settings.timezone).text
    version = (visit.id, visit.version)
    return await _send(parts, one, AuthorKind.STAFF, Purpose.APPOINTMENT, words, channel, version)


async def _send(
    parts: Parts,
    one: Patient,
    author: AuthorKind,
    purpose: Purpose,
    words: str,
    channel: ChannelKind,
    visit: tuple[str, int] | None = None,
) -> Routed:
    intent = Intent(
        key=f"demo:{new_id()}",
        person_id=await _person_id(parts, one),
        purpose=purpose,
        author=author,
        author_name="Front desk" if author is AuthorKind.STAFF else "",
        level="limited",
        body=words,
        channel=channel,
        appointment=visit,
    )
    return await parts.router.route(intent)


async def _person_id(parts: Parts, one: Patient) -> str:
    async with parts.db.read() as conn:
        found = await parts.people.by_mrn(conn, one.mrn)
    assert found is not None, "the clinic was not seeded"
    return found
