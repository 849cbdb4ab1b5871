"""Persons, threads and messages as FHIR R4 resources: the one mapping, for exports and for the read API. Pure.

Source: HL7 FHIR R4 (4.0.1), Communication, Patient; the header without payload, to which messages are part of.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol

from hub.exports.records import DeliveryRecord, MessageRecord, ThreadRecord

__all__ = [
    "APPOINTMENT",
    "CATEGORY",
    "MESSAGE",
    "PART2",
    "PROVIDER",
    "RECORD_NUMBER",
    "STATUS",
    "THREAD",
    "Refer",
    "coded",
    "communication",
    "header",
    "in_bundle",
    "labels",
    "on_server",
    "patient",
    "time_text",
]

_MODE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_MEDIA = {
    "sms": ("SMSWRIT", "SMS message"),
    "voice": ("PHONE", "telephone"),
    "email": ("EMAILWRIT", "email"),
    "portal": ("ONLINEWRIT", "online written"),
    "push": ("ONLINEWRIT", "online written"),
}
STATUS = {
    "queued": "preparation",
    "held": "on-hold",
    "sending": "in-progress",
    "sent": "in-progress",
    "delivered": "completed",
    "read": "completed",
    "failed": "not-done",
    "suppressed": "not-done",
}
_NOT_DONE = "http://terminology.hl7.org/CodeSystem/communication-not-done-reason"
_OBJECTS = frozenset({"opted-out", "stop", "switched-off", "revoked"})
_WRONG = frozenset({"21211", "21214", "21614", "30005", "address_invalid", "address-invalid"})
THREAD = "urn:carehub:thread"
MESSAGE = "urn:carehub:message"
RECORD_NUMBER = "urn:carehub:mrn"
PROVIDER = "urn:carehub:provider"
_DELIVERY = "urn:carehub:delivery"
CATEGORY = "urn:carehub:category"
PART2 = "42CFRPart2"
"""The code of the law in `meta.security`."""
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_LABELS = (
    ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", "restricted"),
    (_ACT, PART2, "42 CFR Part2"),
    (_ACT, "NORDSCLCD", "no redisclosure without consent directive"),
)
APPOINTMENT = "urn:carehub:appointment"
_SYSTEMS = {"Communication": MESSAGE, "Appointment": APPOINTMENT}


class Refer(Protocol):
    """How one resource names another."""

    def __call__(self, kind: str, resource_id: str, *, inside: bool = True) -> dict[str, Any]:
        """A Reference. inside: whether what it leads to is sure to be at hand where the resource is."""
        ...


def in_bundle(kind: str, resource_id: str, *, inside: bool = True) -> dict[str, Any]:
    """To an entry of the same Bundle; else by its identifier."""
    if inside:
        return {"reference": f"urn:uuid:{resource_id}"}
    return {"type": kind, "identifier": {"system": _SYSTEMS[kind], "value": resource_id}}


def on_server(kind: str, resource_id: str, *, inside: bool = True) -> dict[str, Any]:
    """To a resource of the same server, where everything is at hand."""
    return {"reference": f"{kind}/{resource_id}"}


def coded(system: str, code: str, text: str = "") -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}], "text": text or code}


def patient(
    person_id: str, *, mrn: str, text: str, birth: date | str | None, language: str | None, parts: Sequence[str] = ()
) -> dict[str, Any]:
    """A Patient, as much of it as is shown. parts: the given and the family name, where they are told apart."""
    found: dict[str, Any] = {"resourceType": "Patient", "id": person_id}
    if mrn:
        found["identifier"] = [{"system": RECORD_NUMBER, "value": mrn}]
    if text:
        name: dict[str, Any] = {"text": text}
        if parts and parts[-1]:
            name["family"] = parts[-1]
        if given := [one for one in parts[:-1] if one]:
            name["given"] = given
        found["name"] = [name]
    if birth is not None:
        found["birthDate"] = str(birth)
    if language:
        found["communication"] = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]}}]
    return found


def labels() -> dict[str, Any]:
    """The `meta` of what is under 42 CFR Part 2: restricted, under that law, not to be redisclosed without consent."""
    return {"security": [{"system": system, "code": code, "display": text} for system, code, text in _LABELS]}


def header(one: ThreadRecord, refer: Refer) -> dict[str, Any]:
    """A thread: a Communication without payload, of which its messages are part."""
    found: dict[str, Any] = {"meta": labels(), "note": [{"text": one.notice}]} if one.notice else {}
    return found | {
        "resourceType": "Communication",
        "id": one.id,
        "identifier": [{"system": THREAD, "value": one.id}],
        "status": "completed" if one.status == "closed" else "in-progress",
        "subject": refer("Patient", one.person),
        "topic": {"text": "Conversation"},
    }


def communication(one: MessageRecord, refer: Refer) -> dict[str, Any]:
    """A message as a Communication that is part of its thread's."""
    last = one.deliveries[-1] if one.deliveries else None
    status = STATUS.get(last.state, "unknown") if last else "completed"
    patient = refer("Patient", one.person)
    author = {"display": one.author_name or one.author}
    found: dict[str, Any] = {
        "resourceType": "Communication",
        "id": one.id,
        "identifier": _identifiers(one),
        "partOf": [refer("Communication", one.thread)],
        "status": status,
        "category": [coded(CATEGORY, (last.purpose if last else "") or one.direction)],
        "subject": patient,
        "sender": patient if one.direction == "inbound" else author,
    }
    if status == "not-done" and last is not None:
        found["statusReason"] = _why(last.reason)
    if one.direction != "note":
        found["recipient"] = [author | {"display": "The clinic"} if one.direction == "inbound" else patient]
    medium = _MEDIA.get(last.channel if last else one.channel)
    if medium is not None:
        found["medium"] = [{"coding": [{"system": _MODE, "code": medium[0], "display": medium[1]}]}]
    found |= _times(one, last)
    if last is not None and last.appointment:
        found["about"] = [refer("Appointment", last.appointment, inside=False)]
    if last is not None and last.answers:
        found["inResponseTo"] = [refer("Communication", last.answers, inside=False)]
    if payload := _payload(one):
        found["payload"] = payload
    if one.deliveries:
        found["extension"] = [_delivery(each) for each in one.deliveries]
    if notes := [{"text": text} for text in (one.unreadable, one.notice) if text]:
        found["note"] = notes
    if one.notice:
        found["meta"] = labels()
    return found


def _identifiers(one: MessageRecord) -> list[dict[str, str]]:
    found = [{"system": MESSAGE, "value": one.id}]
    if one.provider_id:
        found.append({"system": f"{PROVIDER}:{one.channel}", "value": one.provider_id})
    for each in one.deliveries:
        if each.provider_id:
            found.append({"system": f"{PROVIDER}:{each.channel}", "value": each.provider_id})
    return found


def _times(one: MessageRecord, last: DeliveryRecord | None) -> dict[str, str]:
    if one.direction == "inbound":
        return {"sent": time_text(one.at), "received": time_text(one.at)} if one.at is not None else {}
    if last is None:
        return {"sent": time_text(one.at)} if one.at is not None else {}
    by_state = {step.state: step.at for step in last.history}
    sent = by_state.get("sent") or by_state.get("sending")
    received = by_state.get("delivered") or by_state.get("read")
    return {name: time_text(at) for name, at in (("sent", sent), ("received", received)) if at is not None}


def _payload(one: MessageRecord) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"contentString": one.body}] if one.body else []
    for file in one.attachments:
        attachment: dict[str, Any] = {"title": file.name or file.id}
        if file.kind:
            attachment["contentType"] = file.kind
        if file.path:
            attachment |= {"url": file.path, "size": file.size}
        found.append({"contentAttachment": attachment})
    return found


def _why(reason: str) -> dict[str, Any]:
    if reason in _OBJECTS:
        code, display = "patient-objection", "Patient Objection"
    elif reason in _WRONG:
        code, display = "invalid-phone-number", "Invalid Phone Number"
    else:
        code, display = "system-error", "System Error"
    return {"coding": [{"system": _NOT_DONE, "code": code, "display": display}], "text": reason or "unknown"}


def _delivery(one: DeliveryRecord) -> dict[str, Any]:
    """What FHIR has no field for: the way that the message went, what was decided, and what held."""
    parts: list[dict[str, Any]] = [
        {"url": "channel", "valueCode": one.channel},
        {"url": "state", "valueCode": one.state},
    ]
    if one.decided is not None and one.decided.rule:
        parts.append({"url": "rule", "valueString": one.decided.rule})
    if one.consent is not None:
        parts.append({"url": "consent", "valueCode": one.consent.state})
        if one.consent.fact:
            parts.append({"url": "consent-fact", "valueString": one.consent.fact})
    for step in one.history:
        said: list[dict[str, Any]] = [{"url": "state", "valueCode": step.state}]
        if step.at is not None:
            said.append({"url": "at", "valueDateTime": time_text(step.at)})
        if step.reason:
            said.append({"url": "reason", "valueString": step.reason})
        parts.append({"url": "history", "extension": said})
    return {"url": _DELIVERY, "extension": parts}


def time_text(at: datetime | date) -> str:
    """A moment as FHIR writes it, or a day."""
    return at.isoformat().replace("+00:00", "Z")
