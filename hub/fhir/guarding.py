"""What other systems are not given: records under 42 CFR Part 2 that nobody consented to disclose.

What is withheld is left out of searches, and refused where it is asked for by its id; both are in the audit. A search
does not say that something was left out: of one about a single patient that would itself tell. What is given carries
the law's label in `meta.security`.

Source: 42 CFR 2.13(c), 2.32, 2.33; HL7, Security labels (FHIR R4); DS4P.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.calls import Caller, Problem
from hub.exports.resources import PART2, labels
from hub.fhir.asking import alternatives
from hub.fhir.kinds import Kind, Loaded, Parameter, Scene
from hub.part2 import consented, consenting

__all__ = ["GUARDED", "SECURITY", "WITHHELD", "Guarded", "guarded", "labelled_as"]

GUARDED = frozenset({"Patient", "Communication", "Consent", "Appointment"})
"""Kinds that tell of a patient. The audit tells who did what, and is for whoever may read it."""
WITHHELD = Problem(403, "withheld", "This is not given to other systems without the patient's consent.")
SECURITY = Parameter(kind="token", says=f"A security label: {PART2} for what is under 42 CFR Part 2.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What may be given, and the ids of what is withheld."""

    loaded: Loaded
    withheld: frozenset[str]


async def guarded(scene: Scene, kind: Kind, loaded: Loaded, caller: Caller | None, request_id: str) -> Guarded:
    """What may be given of what was loaded, labelled where it must be; what is withheld is written down."""
    persons = {one for whose in loaded.persons.values() for one in whose}
    if kind.name not in GUARDED or not persons:
        return Guarded(loaded=loaded, withheld=frozenset())
    parts = scene.parts
    async with parts.db.read() as conn:
        given = await consented(conn, persons, _today(scene))
    if not given:
        return Guarded(loaded=loaded, withheld=frozenset())
    closed = {one for one, consent in given.items() if consent is None}
    withheld = frozenset(one for one, whose in loaded.persons.items() if closed.intersection(whose))
    resources = {
        one: _labelled(resource) if set(given).intersection(loaded.persons.get(one, ())) else resource
        for one, resource in loaded.resources.items()
        if one not in withheld
    }
    told = {one: whose for one, whose in loaded.persons.items() if one not in withheld}
    if withheld and caller is not None:
        hidden = sorted(closed.intersection(one for each in withheld for one in loaded.persons[each]))
        details: dict[str, str | int | None] = {"kind": kind.name}
        entries = [
            Entry(action="part2.withhold", actor=caller.actor, person_id=one, request_id=request_id, details=details)
            for one in hidden
        ]

        async def unit(conn: AsyncConnection) -> None:
            await parts.trail.record(conn, *entries)

        await parts.db.write(unit)
    return Guarded(loaded=Loaded(resources=resources, persons=told, gone=loaded.gone), withheld=withheld)


def _labelled(resource: dict[str, Any]) -> dict[str, Any]:
    return resource | {"meta": resource.get("meta", {}) | labels()}


def labelled_as(whose: sa.ColumnElement[str]) -> Mapping[str, Callable[[Scene, str], sa.ColumnElement[bool]]]:
    """The search by `_security`, where `whose` is the person: by the law's own code alone, and of what is given."""

    def where(scene: Scene, value: str) -> sa.ColumnElement[bool]:
        wanted = {one.rpartition("|")[2] for one in alternatives(value)}
        return whose.in_(consenting(_today(scene))) if PART2 in wanted else sa.false()

    return {"_security": where}


def _today(scene: Scene) -> date:
    return scene.parts.clock.now().astimezone(scene.parts.settings.timezone).date()
