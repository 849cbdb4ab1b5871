"""Every table, by what it is about. Text, names, birth dates and addresses are only ever in `sealed` columns."""

from hub.db.tables.attachments import attachment, file_piece
from hub.db.tables.base import metadata
from hub.db.tables.conversation import message, thread, turn, unhandled
from hub.db.tables.deliveries import attempt, delivery, delivery_event, escalation, unmatched_status
from hub.db.tables.jobs import cron, job, lease
from hub.db.tables.mails import raw_mail
from hub.db.tables.people import address, contact, data_key, disclosure, key_canary, person, preference
from hub.db.tables.portal import portal_challenge, portal_code, portal_passkey, portal_session, portal_tried
from hub.db.tables.records import (
    api_token,
    audit_checkpoint,
    audit_event,
    audit_link,
    consent_event,
    counter,
    event,
    idempotency,
)
from hub.db.tables.visits import appointment, resource, scheduling_request, slot

__all__ = [
    "address",
    "api_token",
    "appointment",
    "attachment",
    "attempt",
    "audit_checkpoint",
    "audit_event",
    "audit_link",
    "consent_event",
    "contact",
    "counter",
    "cron",
    "data_key",
    "delivery",
    "delivery_event",
    "disclosure",
    "escalation",
    "event",
    "file_piece",
    "idempotency",
    "job",
    "key_canary",
    "lease",
    "message",
    "metadata",
    "person",
    "portal_challenge",
    "portal_code",
    "portal_passkey",
    "portal_session",
    "portal_tried",
    "preference",
    "raw_mail",
    "resource",
    "scheduling_request",
    "slot",
    "thread",
    "turn",
    "unhandled",
    "unmatched_status",
]
