"""Every table, by what it is about. Text, names, birth dates and addresses are only ever in `sealed` columns."""

from hub.db.tables.accounts import break_glass, staff_link, staff_passkey, staff_recovery, staff_session, staff_user
from hub.db.tables.attachments import attachment, file_piece
from hub.db.tables.base import metadata
from hub.db.tables.conversation import message, thread, turn, unhandled
from hub.db.tables.deliveries import attempt, delivery, delivery_event, escalation, unmatched_status
from hub.db.tables.desk import (
    canned_reply,
    draft,
    label,
    mention,
    rating,
    slack_event,
    slack_post,
    team,
    team_member,
    thread_label,
    thread_seen,
)
from hub.db.tables.identity import (
    claimed_address,
    number_check,
    person_merge,
    portal_acting,
    proxy,
    retired_address,
)
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
from hub.db.tables.search import search_name, search_place, search_word
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
    "break_glass",
    "canned_reply",
    "claimed_address",
    "consent_event",
    "contact",
    "counter",
    "cron",
    "data_key",
    "delivery",
    "delivery_event",
    "disclosure",
    "draft",
    "escalation",
    "event",
    "file_piece",
    "idempotency",
    "job",
    "key_canary",
    "label",
    "lease",
    "mention",
    "message",
    "metadata",
    "number_check",
    "person",
    "person_merge",
    "portal_acting",
    "portal_challenge",
    "portal_code",
    "portal_passkey",
    "portal_session",
    "portal_tried",
    "preference",
    "proxy",
    "rating",
    "raw_mail",
    "resource",
    "retired_address",
    "scheduling_request",
    "search_name",
    "search_place",
    "search_word",
    "slack_event",
    "slack_post",
    "slot",
    "staff_link",
    "staff_passkey",
    "staff_recovery",
    "staff_session",
    "staff_user",
    "team",
    "team_member",
    "thread",
    "thread_label",
    "thread_seen",
    "turn",
    "unhandled",
    "unmatched_status",
]
