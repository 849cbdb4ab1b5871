"""Entries of the audit as AuditEvents, in the shape of IHE's Basic Audit Log Patterns (BALP).

Source: HL7 FHIR R4 (4.0.1), AuditEvent; IHE ITI Basic Audit Log Patterns 1.1 for agents, entities and their codes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audit import concerning, persons_of
from hub.db.tables import audit_event
from hub.exports.resources import on_server, time_text
from hub.fhir.asking import alternatives, codes, ids, within
from hub.fhir.kinds import Kind, Loaded, Parameter, Rows, Scene

__all__ = ["AUDIT_EVENT", "event"]

_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_ACTION = "urn:carehub:audit-action"
_ACTOR = "urn:carehub:actor"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_OBJECT = "urn:carehub:object"
_REQUEST = "urn:carehub:request"
_LETTERS = {
    "C": ("accept", "append", "book", "create", "import", "invite", "note", "queue", "send", "write"),
    "R": ("disclose", "download", "evidence", "export", "push", "read", "search"),
    "D": ("delete", "destroy", "dispose", "end", "revoke"),
    "U": ("amend", "cancel", "change", "confirm", "grant", "mark", "merge", "move", "set", "switch", "take", "update"),
}
_LETTER = {verb: letter for letter, verbs in _LETTERS.items() for verb in verbs}
_REFUSED = frozenset({"refuse", "refused", "sign_in_failed"})


async def _load(scene: Scene, wanted: Sequence[str]) -> Loaded:
    parts = scene.parts
    async with parts.db.read() as conn:
        rows = (await conn.execute(sa.select(audit_event).where(audit_event.c.id.in_(wanted)))).all()
        details = await parts.trail.details(conn, rows) if rows else {}
    resources = {row.id: event(row, details[row.id], scene.base) for row in rows}
    return Loaded(resources=resources, persons={row.id: persons_of(row, details[row.id]) for row in rows})


def event(row: Any, details: Mapping[str, str | int | None], base: str) -> dict[str, Any]:
    """An entry as an AuditEvent. row: one of `audit_event`; details: what it says beyond its columns."""
    verb = row.action.rpartition(".")[2]
    who: dict[str, Any] = {"identifier": {"system": f"{_ACTOR}:{row.actor_kind}", "value": row.actor_id or "-"}}
    return {
        "resourceType": "AuditEvent",
        "id": row.id,
        "meta": {"lastUpdated": time_text(row.at)},
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": _ACTION, "code": row.action}],
        "action": _LETTER.get(verb, "E"),
        "recorded": time_text(row.at),
        # 4 is a minor failure: it was refused, and so was not done.
        "outcome": "4" if verb in _REFUSED else "0",
        "agent": [
            {
                "type": {"coding": [{"system": _DICOM, "code": "110150", "display": "Application"}]}
                if row.actor_kind in ("token", "system", "bot", "carrier")
                else {"coding": [{"system": _ACTOR, "code": row.actor_kind}]},
                "who": who,
                "requestor": True,
            }
        ],
        "source": {
            "observer": {"identifier": {"system": "urn:ietf:rfc:3986", "value": base}, "display": "Carehub"},
            "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4"}],
        },
        "entity": _entities(row, details),
    }


def _entities(row: Any, details: Mapping[str, str | int | None]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "what": on_server("Patient", person),
            "type": {"system": _ENTITY, "code": "1", "display": "Person"},
            "role": {"system": _ROLE, "code": "1", "display": "Patient"},
        }
        for person in persons_of(row, details)
    ]
    told = [
        {"type": name, "valueString": str(value)}
        for name, value in sorted(details.items())
        if value not in (None, "") and name != "of"
    ]
    said: dict[str, Any] = {
        "what": {"identifier": {"system": _OBJECT, "value": row.object_id or row.id}},
        "type": {"system": _ENTITY, "code": "2", "display": "System Object"},
    }
    found.append(said | ({"detail": told} if told else {}))
    if row.request_id:
        found.append(
            {
                "what": {"identifier": {"system": _REQUEST, "value": row.request_id}},
                "type": {"system": _BALP, "code": "XrequestId", "display": "The X-Request-Id of the request"},
            }
        )
    return found


def _when(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return within(audit_event.c.at, value, scene.parts.settings.timezone)


def _agent(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    """By the id of who acted, or by kind and id: `urn:carehub:actor:staff|ID`."""
    found = []
    for one in alternatives(value):
        system, _, code = one.rpartition("|")
        by_id = audit_event.c.actor_id == code
        kind = system.removeprefix(f"{_ACTOR}:")
        found.append(sa.and_(audit_event.c.actor_kind == kind, by_id) if system else by_id)
    return sa.or_(*found)


AUDIT_EVENT = Kind(
    name="AuditEvent",
    action="audit.read",
    says="An entry of the audit: who did what, to whom, when.",
    rows=(
        Rows(
            key=audit_event.c.id,
            updated=audit_event.c.at,
            sorts={"date": audit_event.c.at},
            where={
                "date": _when,
                "patient": lambda scene, value: sa.or_(
                    sa.false(), *(concerning(one) for one in ids(value, "Patient", scene.base))
                ),
                "agent": _agent,
                "subtype": lambda scene, value: audit_event.c.action.in_(codes(value, _ACTION)),
                "request": lambda scene, value: audit_event.c.request_id.in_(codes(value, _REQUEST)),
            },
        ),
    ),
    parameters={
        "date": Parameter(kind="date", says="When it was done."),
        "patient": Parameter(kind="reference", says="Whom it concerns, alone or among others."),
        "agent": Parameter(kind="token", says=f"Who did it, by id, or by {_ACTOR}: with the kind, and the id."),
        "subtype": Parameter(kind="token", says="What was done, such as message.read."),
        "request": Parameter(kind="token", says="The id of the request in which it was done. Ours, not R4's."),
    },
    load=_load,
)
