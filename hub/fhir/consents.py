"""Facts of the ledger as Consents: what a person decided, through what they decided it, and whether it counts.

A fact is `active` while it decides what holds for one of its channels and purposes, else `inactive`: it is never
changed, and what holds follows from all of them.
"""

import base64
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from consent.facts import ConsentState, Fact, Standing
from consent.ledger import Recorded
from hub.db.tables import consent_event, contact
from hub.exports.resources import CATEGORY, MESSAGE, coded, on_server, time_text
from hub.fhir.asking import alternatives, codes, ids, within
from hub.fhir.kinds import Kind, Loaded, Parameter, Rows, Scene
from hub.fhir.outcomes import bad
from hub.types import Purpose

__all__ = ["CONSENT", "consent"]

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_LOINC = "http://loinc.org"
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_FACT = "urn:carehub:consent"
_CHANNEL = "urn:carehub:channel"
_SOURCE = "urn:carehub:consent-source"
_ADDRESS = "urn:carehub:address"


async def _load(scene: Scene, fact_ids: Sequence[str]) -> Loaded:
    parts = scene.parts
    async with parts.db.read() as conn:
        told = await parts.ledger.told(conn, fact_ids)
        standings = await parts.ledger.standings(conn, {one.address_id for one in told})
    now = parts.clock.now()
    resources = {}
    for one in told:
        fact = one.fact
        counts = _decides(standings[one.address_id], fact) and (fact.until is None or fact.until > now)
        resources[fact.id] = consent(one, active=counts)
    persons = {one.fact.id: (one.person_id,) if one.person_id else () for one in told}
    return Loaded(resources=resources, persons=persons)


def _decides(standing: Standing, fact: Fact) -> bool:
    purposes = Purpose if fact.scope.purposes is None else fact.scope.purposes
    decided = (standing.of(channel, purpose).decided_by for channel in fact.scope.channels for purpose in purposes)
    return any(one is not None and one.id == fact.id for one in decided)


def consent(one: Recorded, *, active: bool) -> dict[str, Any]:
    """A fact as a Consent. The address is named by its id: the number or mailbox is in the Patient."""
    fact = one.fact
    opts_in = fact.state is ConsentState.GRANT
    purposes = sorted(fact.scope.purposes) if fact.scope.purposes is not None else ["*"]
    period = {"start": time_text(fact.at)} | ({"end": time_text(fact.until)} if fact.until is not None else {})
    found: dict[str, Any] = {
        "resourceType": "Consent",
        "id": fact.id,
        "meta": {"lastUpdated": time_text(one.recorded_at)},
        "extension": [
            {"url": _ADDRESS, "valueString": one.address_id},
            {"url": _SOURCE, "valueCode": fact.source.value},
        ],
        "identifier": [{"system": _FACT, "value": fact.id}],
        "status": "active" if active else "inactive",
        "scope": {"coding": [{"system": _SCOPE, "code": "patient-privacy", "display": "Privacy Consent"}]},
        "category": [
            {"coding": [{"system": _LOINC, "code": "59284-0", "display": "Consent Document"}]},
            *(coded(CATEGORY, purpose, "every purpose" if purpose == "*" else "") for purpose in purposes),
        ],
        "dateTime": time_text(fact.at),
        "policyRule": {"coding": [{"system": _ACT, "code": "OPTIN" if opts_in else "OPTOUT"}]},
        "provision": {
            "type": "permit" if opts_in else "deny",
            "period": period,
            "code": [coded(_CHANNEL, channel) for channel in sorted(fact.scope.channels)],
        },
    }
    if one.person_id:
        found["patient"] = on_server("Patient", one.person_id)
        if one.actor.kind == "patient":
            found["performer"] = [found["patient"]]
    return found | _proof(one)


def _proof(one: Recorded) -> dict[str, Any]:
    """What was shown or said, as a document; else the message in which it was said, by its identifier."""
    words = one.evidence.get("words", "")
    if words:
        attachment = {"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(words.encode()).decode()}
        title = " ".join(one.evidence[name] for name in ("text", "version") if one.evidence.get(name))
        attachment |= {"title": title} if title else {}
        attachment |= {"language": one.evidence["language"]} if one.evidence.get("language") else {}
        return {"sourceAttachment": attachment}
    if one.message_id:
        # A reference to a Communication is not among those that R4 has here; its identifier is.
        return {"sourceReference": {"identifier": {"system": MESSAGE, "value": one.message_id}}}
    return {}


def _patient(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    """Theirs, and what others decided about an address that is theirs, too: it holds for them."""
    wanted = ids(value, "Patient", scene.base)
    addresses = sa.select(contact.c.address_id).where(contact.c.person_id.in_(wanted))
    return sa.or_(consent_event.c.person_id.in_(wanted), consent_event.c.address_id.in_(addresses))


def _when(column: sa.ColumnElement[Any]) -> Any:
    return lambda scene, value: within(column, value, scene.parts.settings.timezone)


def _category(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    # Names with spaces between them, of which none is part of another; `*` is all.
    named = [purpose for purpose in Purpose if purpose in codes(value, CATEGORY)]
    of = [consent_event.c.purposes.contains(purpose.value) for purpose in named]
    return sa.or_(sa.false(), *of, *([consent_event.c.purposes == "*"] if named else []))


def _provision(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    wanted = alternatives(value)
    if not set(wanted) <= {"permit", "deny"}:
        raise bad("`provision-type` is permit or deny")
    return consent_event.c.state.in_(["grant" if one == "permit" else "revoke" for one in wanted])


CONSENT = Kind(
    name="Consent",
    action="consent.read",
    says="A decision of the ledger: what a person agreed to, or took back, for which channels and purposes.",
    rows=(
        Rows(
            key=consent_event.c.id,
            updated=consent_event.c.recorded_at,
            sorts={"date": consent_event.c.at},
            where={
                "identifier": lambda scene, value: consent_event.c.id.in_(codes(value, _FACT)),
                "patient": _patient,
                "date": _when(consent_event.c.at),
                "period": _when(consent_event.c.at),
                "category": _category,
                "provision-type": _provision,
            },
        ),
    ),
    parameters={
        "identifier": Parameter(kind="token", says="The id of the fact."),
        "patient": Parameter(kind="reference", says="Whose decision it was, or about whose address."),
        "date": Parameter(kind="date", says="When it took effect."),
        "period": Parameter(kind="date", says="From when on it counts: when it took effect."),
        "category": Parameter(kind="token", says="A purpose that it covers."),
        "provision-type": Parameter(kind="token", says="permit for a yes, deny for a no. Ours, not R4's."),
    },
    load=_load,
)
