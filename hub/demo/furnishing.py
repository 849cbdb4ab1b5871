"""What the demo's desk has at hand: labels, and replies ready to be used."""

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.desk.canned import NewCanned
from hub.desk.label_book import Color
from hub.parts import Parts
from hub.types import Language

__all__ = ["furnish"]

_DEMO = Actor("system", "demo")
_LABELS: tuple[tuple[str, Color], ...] = (("Billing", "amber"), ("New patient", "teal"), ("Refill", "violet"))
_REPLIES: tuple[tuple[str, Language, str, str], ...] = (
    (
        "visit",
        "en",
        "Confirm the next visit",
        "Hi {given_name}, your visit with {provider} is on {visit_date} at {visit_time}, {location}. {staff_name}",
    ),
    (
        "visit",
        "es",
        "Confirmar la próxima cita",
        "Hola {given_name}, su cita con {provider} es el {visit_date} a las {visit_time}, {location}. {staff_name}",
    ),
    (
        "hours",
        "en",
        "When we are open",
        "Hi {given_name}, {clinic} is open {hours}. You can also call us at {clinic_phone}.",
    ),
    (
        "hours",
        "es",
        "Cuándo abrimos",
        "Hola {given_name}, {clinic} abre {hours}. También puede llamarnos al {clinic_phone}.",
    ),
)


async def furnish(parts: Parts) -> None:
    """Give the desk labels and canned replies, unless it has some."""

    async def unit(conn: AsyncConnection) -> None:
        if not await parts.labels.all(conn, archived=True):
            for name, color in _LABELS:
                await parts.labels.keep(conn, None, name, color, _DEMO)
        if not await parts.canned.all(conn, archived=True):
            for shortcut, language, title, text in _REPLIES:
                new = NewCanned(shortcut=shortcut, language=language, title=title, text=text)
                await parts.canned.keep(conn, None, new, _DEMO)

    await parts.db.write(unit)
