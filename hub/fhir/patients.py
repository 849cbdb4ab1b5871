"""Persons as Patients, with how they are reached."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from channels.phones import e164
from hub.api.patients import contact_points
from hub.api.shapes import ContactPoint
from hub.db.tables import address, contact, person
from hub.exports.resources import RECORD_NUMBER, patient, time_text
from hub.fhir.asking import alternatives, codes
from hub.fhir.guarding import SECURITY, labelled_as
from hub.fhir.kinds import Kind, Loaded, Parameter, Rows, Scene
from hub.fhir.outcomes import bad
from hub.people.records import Person, opened
from hub.types import AddressKind

__all__ = ["PATIENT"]

_KIND = "urn:carehub:person-kind"
_TELECOM = {AddressKind.PHONE: "phone", AddressKind.MAILBOX: "email"}


async def _load(scene: Scene, ids: Sequence[str]) -> Loaded:
    parts = scene.parts
    async with parts.db.read() as conn:
        rows = {row.id: row for row in await conn.execute(sa.select(person).where(person.c.id.in_(ids)))}
        keys = await parts.vault.keys(conn, rows)
        points = await contact_points(conn, parts, [one for one in rows if one in keys])
    resources, gone = {}, set()
    for person_id, row in rows.items():
        if row.merged_into is not None:
            resources[person_id] = _merged(row)
        elif person_id not in keys:
            gone.add(person_id)
        else:
            resources[person_id] = _patient(opened(keys, row), row, points.get(person_id, []))
    return Loaded(resources=resources, persons={one: (one,) for one in resources}, gone=frozenset(gone))


def _meta(row: Any) -> dict[str, Any]:
    return {"lastUpdated": time_text(row.updated_at), "tag": [{"system": _KIND, "code": row.kind}]}


def _merged(row: Any) -> dict[str, Any]:
    """A record that goes on as another."""
    return {
        "resourceType": "Patient",
        "id": row.id,
        "meta": _meta(row),
        "active": False,
        "link": [{"other": {"reference": f"Patient/{row.merged_into}"}, "type": "replaced-by"}],
    }


def _patient(one: Person, row: Any, points: Sequence[ContactPoint]) -> dict[str, Any]:
    who = one.profile
    names = (who.given_name, who.family_name)
    found = patient(
        one.id,
        mrn=who.mrn,
        text=" ".join(name for name in names if name),
        birth=who.birth_date,
        language=one.language,
        parts=names,
    )
    found["meta"] = _meta(row)
    found["active"] = True
    telecom = [
        {"system": _TELECOM[point.kind], "value": point.value, **({"use": "old"} if point.state == "invalid" else {})}
        for point in points
        if point.kind in _TELECOM
    ]
    if telecom:
        found["telecom"] = telecom
    if row.deceased_at is not None:
        found["deceasedDateTime"] = time_text(row.deceased_at)
    return found


def _identifier(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    blind = scene.parts.vault.blind
    return person.c.mrn_blind.in_([blind.of("mrn", one) for one in codes(value, RECORD_NUMBER)])


def _phone(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    numbers = [e164(one, scene.parts.settings.region) for one in alternatives(value)]
    return _reached(scene, AddressKind.PHONE, [one for one in numbers if one is not None])


def _email(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return _reached(scene, AddressKind.MAILBOX, [one.lower() for one in alternatives(value)])


def _reached(scene: Scene, kind: AddressKind, values: Sequence[str]) -> sa.ColumnElement[bool]:
    blinds = [scene.parts.vault.blind.of(kind.value, one) for one in values]
    at = sa.select(contact.c.person_id).join(address, address.c.id == contact.c.address_id)
    return person.c.id.in_(at.where(address.c.kind == kind, address.c.blind.in_(blinds)))


def _active(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    wanted = set(alternatives(value))
    if not wanted <= {"true", "false"}:
        raise bad("`active` is true or false")
    here = person.c.merged_into.is_(None)
    return sa.or_(*(here if one == "true" else sa.not_(here) for one in wanted))


PATIENT = Kind(
    name="Patient",
    action="patient.read",
    says="Persons: patients and who acts for them; by `meta.tag` also lines that several share, and unknown senders.",
    rows=(
        Rows(
            key=person.c.id,
            updated=person.c.updated_at,
            where={"identifier": _identifier, "phone": _phone, "email": _email, "active": _active}
            | dict(labelled_as(person.c.id)),
        ),
    ),
    parameters={
        "identifier": Parameter(kind="token", says=f"The record number, in the system {RECORD_NUMBER}.", whole=True),
        "phone": Parameter(kind="token", says="A phone number at which they are reached.", whole=True),
        "email": Parameter(kind="token", says="A mailbox at which they are reached.", whole=True),
        "_security": SECURITY,
        "active": Parameter(kind="token", says="False for a record that goes on as another."),
    },
    load=_load,
)
