"""What came to the demo's clinic before one opens the page: so that its staff find work in their inbox."""

import sqlalchemy as sa

from hub.db.tables import message
from hub.demo.clinic import patient
from hub.demo.outside import CLINIC_NUMBER, Outside
from hub.demo.sending import invite
from hub.parts import Parts

__all__ = ["begin"]

_CAME: tuple[tuple[str, str], ...] = (
    ("carmen", "Necesito una cita para un chequeo la próxima semana"),
    ("walter", "I want to talk to a person about my bill please"),
    ("rosa", "Quiero hablar con una persona sobre mi receta"),
    ("aisha", "Can I speak to someone? I have a new insurance card"),
    ("omar", "I have chest pain and my left arm is numb"),
)
"""Who texts, and what: one to the assistant, three who want a person, one who must be seen first."""


async def begin(parts: Parts, outside: Outside) -> None:
    """Mail every patient how the clinic is reached, and let a few text it, unless somebody has written before.

    Not once for every start: what is sent again counts towards the most that a person gets in a day.
    """
    async with parts.db.read() as conn:
        written = sa.select(message.c.id).where(message.c.direction == "inbound").limit(1)
        if (await conn.execute(written)).first() is not None:
            return
    await invite(parts)
    for key, text in _CAME:
        await outside.carrier.text(patient(key).phone, CLINIC_NUMBER, text)
