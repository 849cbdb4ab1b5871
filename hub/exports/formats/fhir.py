"""FHIR R4: Bundles of Communications, a header for the thread and one for each message, an entry a line.

Source: HL7 FHIR R4 (4.0.1), Bundle, Communication, Patient; the header without payload, to which messages are part of.
"""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import DeliveryRecord, MessageRecord, ThreadRecord

__all__ = ["Bundle", "communication"]

_MODE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_MEDIA = {
    "sms": ("SMSWRIT", "SMS message"),
    "voice": ("PHONE", "telephone"),
    "email": ("EMAILWRIT", "email"),
    "portal": ("ONLINEWRIT", "online written"),
    "push": ("ONLINEWRIT", "online written"),
}
_STATUS = {
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
_THREAD = "urn:carehub:thread"
_MESSAGE = "urn:carehub:message"
_RECORD_NUMBER = "urn:carehub:mrn"
_PROVIDER = "urn:carehub:provider"
_DELIVERY = "urn:carehub:delivery"


class Bundle(Chunk):
    """A Bundle of the type `collection`: the patients, threads and messages that one file has, complete in itself."""

    def __init__(self, setting: Setting) -> None:
        stamp = setting.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._text = bytearray(
            f'{{"resourceType":"Bundle","type":"collection","timestamp":"{stamp}","entry":['.encode()
        )
        self._encode = msgspec.json.Encoder().encode
        self._first = True
        self._patients: set[str] = set()

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return len(self._text)

    def thread(self, one: ThreadRecord) -> None:
        """The patient, and the thread's header."""
        if one.person not in self._patients:
            self._patients.add(one.person)
            self._add(one.person, _patient(one))
        self._add(one.id, _header(one))

    def message(self, one: MessageRecord) -> None:
        """A Communication."""
        self._add(one.id, communication(one))

    def _add(self, resource_id: str, resource: dict[str, Any]) -> None:
        self._text += b"\n" if self._first else b",\n"
        self._first = False
        self._text += self._encode({"fullUrl": f"urn:uuid:{resource_id}", "resource": resource})

    def done(self) -> bytes:
        """The file."""
        self._text += b"\n]}\n"
        return bytes(self._text)


def _patient(one: ThreadRecord) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "Patient", "id": one.person}
    if one.mrn:
        found["identifier"] = [{"system": _RECORD_NUMBER, "value": one.mrn}]
    if one.name:
        found["name"] = [{"text": one.name}]
    if one.birth_date is not None:
        found["birthDate"] = str(one.birth_date)
    if one.language:
        found["communication"] = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": one.language}]}}]
    return found


def _header(one: ThreadRecord) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "id": one.id,
        "identifier": [{"system": _THREAD, "value": one.id}],
        "status": "completed" if one.status == "closed" else "in-progress",
        "subject": {"reference": f"urn:uuid:{one.person}"},
        "topic": {"text": "Conversation"},
    }


def communication(one: MessageRecord) -> dict[str, Any]:
    """A message as a Communication that is part of its thread's."""
    last = one.deliveries[-1] if one.deliveries else None
    status = _STATUS.get(last.state, "unknown") if last else "completed"
    patient = {"reference": f"urn:uuid:{one.person}"}
    author = {"display": one.author_name or one.author}
    found: dict[str, Any] = {
        "resourceType": "Communication",
        "id": one.id,
        "identifier": _identifiers(one),
        "partOf": [{"reference": f"urn:uuid:{one.thread}"}],
        "status": status,
        "category": [{"text": (last.purpose if last else "") or one.direction}],
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
        found["about"] = [
            {"type": "Appointment", "identifier": {"system": "urn:carehub:appointment", "value": last.appointment}}
        ]
    if last is not None and last.answers:
        found["inResponseTo"] = [{"type": "Communication", "identifier": {"system": _MESSAGE, "value": last.answers}}]
    if payload := _payload(one):
        found["payload"] = payload
    if one.deliveries:
        found["extension"] = [_delivery(each) for each in one.deliveries]
    if one.unreadable:
        found["note"] = [{"text": one.unreadable}]
    return found


def _identifiers(one: MessageRecord) -> list[dict[str, str]]:
    found = [{"system": _MESSAGE, "value": one.id}]
    if one.provider_id:
        found.append({"system": f"{_PROVIDER}:{one.channel}", "value": one.provider_id})
    for each in one.deliveries:
        if each.provider_id:
            found.append({"system": f"{_PROVIDER}:{each.channel}", "value": each.provider_id})
    return found


def _times(one: MessageRecord, last: DeliveryRecord | None) -> dict[str, str]:
    if one.direction == "inbound":
        return {"sent": _time(one.at), "received": _time(one.at)} if one.at is not None else {}
    if last is None:
        return {"sent": _time(one.at)} if one.at is not None else {}
    by_state = {step.state: step.at for step in last.history}
    sent = by_state.get("sent") or by_state.get("sending")
    received = by_state.get("delivered") or by_state.get("read")
    return {name: _time(at) for name, at in (("sent", sent), ("received", received)) if at is not None}


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
            said.append({"url": "at", "valueDateTime": _time(step.at)})
        if step.reason:
            said.append({"url": "reason", "valueString": step.reason})
        parts.append({"url": "history", "extension": said})
    return {"url": _DELIVERY, "extension": parts}


def _time(at: datetime | date) -> str:
    return at.isoformat().replace("+00:00", "Z")
