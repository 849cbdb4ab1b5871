"""What the bot found out, as pairs of plain words for whoever takes over.

While the bot talks it is in the bot's own state; once it handed over it is in the note that it left.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots import dialogue
from bots.dialogue.flow import facts
from hub.db.tables import message
from hub.sealed import open_body
from hub.threads import Thread, Threads
from hub.types import AuthorKind, Direction, Language
from hub.vault import Vault


class Found(NamedTuple):
    """One thing: what it is, as a name in words, and what was found."""

    what: str
    value: str


_NAMES: Mapping[str, Mapping[Language, str]] = {
    "wants": {"en": "Wants", "es": "Quiere"},
    "visit type": {"en": "Visit type", "es": "Tipo de visita"},
    "provider": {"en": "Clinician", "es": "Profesional"},
    "specialty": {"en": "Specialty", "es": "Especialidad"},
    "when": {"en": "When", "es": "Cuándo"},
    "visit": {"en": "Visit", "es": "Visita"},
    "visit spoken of last": {"en": "Visit spoken of last", "es": "Última visita mencionada"},
    "offered": {"en": "Offered", "es": "Ofrecido"},
    "tried": {"en": "Tried", "es": "Intentado"},
    "also wants": {"en": "Also wants", "es": "También quiere"},
    "name given": {"en": "Name given", "es": "Nombre dado"},
    "birth date given": {"en": "Birth date given", "es": "Fecha de nacimiento dada"},
}
_JOBS: Mapping[str, Mapping[Language, str]] = {
    "book": {"en": "to book a visit", "es": "reservar una visita"},
    "reschedule": {"en": "to move a visit", "es": "cambiar una visita"},
    "cancel": {"en": "to cancel a visit", "es": "cancelar una visita"},
    "appointment_status": {"en": "to know of a visit", "es": "saber de una visita"},
    "confirm": {"en": "to confirm a visit", "es": "confirmar una visita"},
}


class Summaries:
    """Tells what the bot found out."""

    def __init__(self, vault: Vault, threads: Threads) -> None:
        self._vault = vault
        self._threads = threads

    async def of(self, conn: AsyncConnection, thread: Thread, language: Language = "en") -> list[Found]:
        """What it found out in the conversation with it that was last; empty where that is nothing."""
        keys = await self._vault.key(conn, thread.person_id)
        kept = await self._threads.dialogue(conn, keys, thread)
        if kept is not None and (found := collected(kept[0], language)):
            return found
        query = sa.select(message.c.id, message.c.body_sealed).where(
            message.c.thread_id == thread.id,
            message.c.direction == Direction.NOTE,
            message.c.author_kind == AuthorKind.BOT,
        )
        row = (await conn.execute(query.order_by(message.c.seq.desc()).limit(1))).first()
        if row is None:
            return []
        return noted(open_body(keys, thread.person_id, thread.id, row.id, row.body_sealed).text, language)


def collected(state: bytes, language: Language = "en") -> list[Found]:
    """What stands in the bot's kept state."""
    return _named(facts(dialogue.decode(state)), language)


def noted(note: str, language: Language = "en") -> list[Found]:
    """What stands in a note that the bot left: a line for each thing, after the one that says why it handed over."""
    lines = (line.partition(": ") for line in note.splitlines())
    return _named(((what, value) for what, _, value in lines if value), language)


def _named(pairs: Iterable[tuple[str, str]], language: Language) -> list[Found]:
    return [Found(_NAMES[what][language], _said(what, value, language)) for what, value in pairs if what in _NAMES]


def _said(what: str, value: str, language: Language) -> str:
    if what not in ("wants", "also wants"):
        return value
    jobs = [one.strip() for one in value.split(",")]
    return ", ".join(_JOBS[job][language] if job in _JOBS else job.replace("_", " ") for job in jobs)
