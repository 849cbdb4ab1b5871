"""Deliveries: the outbox, its attempts, and what the providers reported."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

_TO_COME = sa.text("appointment_id IS NOT NULL AND state IN ('queued', 'held')")
_STATES = ("queued", "held", "sending", "sent", "delivered", "read", "failed", "suppressed")

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), nullable=False, index=True),
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("person_id", Id, nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("lane", sa.String(8), nullable=False),
    sa.Column("purpose", sa.String(16), nullable=False),
    # What consent is asked with, again, when it is delivered.
    sa.Column("automated", sa.Boolean, nullable=False),
    sa.Column("confirms_stop", sa.Boolean, nullable=False),
    sa.Column("answers_help", sa.Boolean, nullable=False),
    sa.Column("replies_to", Moment),
    # The inbound message that it answers: on a call the answer is spoken to whoever asked.
    sa.Column("answers_id", Id),
    sa.Column("appointment_id", Id),
    sa.Column("appointment_version", sa.Integer),
    sa.Column("state", sa.String(12), nullable=False),
    # Why it is held, failed or suppressed: a rule's id or a provider's code.
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
    # When it may next be tried; only of use while queued, held or sending.
    sa.Column("due_at", Moment, nullable=False),
    # The number of the attempt that was last committed; a result that names another number is void.
    sa.Column("attempts", sa.Integer, nullable=False),
    # While sending: whose attempt it is, and until when the claim is good.
    sa.Column("lease_until", Moment),
    # The provider may have taken it: reconcile before a further attempt.
    sa.Column("unknown_since", Moment),
    sa.Column("provider_id", sa.String(64)),
    # Which of its message's deliveries it is: 0 is the first, and each that follows comes once.
    sa.Column("step", sa.Integer, nullable=False, server_default="0"),
    # What is said in place of the message's text: other words for the channel, or a link to where the text is read.
    sa.Column("words_sealed", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # The patient, where it goes to who acts for them.
    sa.Column("about_id", Id),
    # What the words that leave here reveal; NULL for what was queued before that was noted.
    sa.Column("level", sa.String(8)),
    # Work to do: what may be sent, what must be reconciled, and what was sent and not reported on.
    sa.Index("ix_delivery_due", "state", "lane", "due_at", "id"),
    # One in flight for each thread and channel keeps a person's messages in order.
    sa.Index("ix_delivery_thread", "thread_id", "channel", "state", "id"),
    sa.Index("ix_delivery_provider_id", "channel", "provider_id"),
    # What speaks of a visit and has not left: void as soon as the visit changes.
    sa.Index("ix_delivery_appointment_id", "appointment_id", sqlite_where=_TO_COME, postgresql_where=_TO_COME),
    # Caps count a person's automated sends of the last days.
    sa.Index("ix_delivery_person_id", "person_id", "created_at"),
    one_of("state", _STATES),
    one_of("lane", ("safety", "reply", "bulk")),
)

_WATCHED = sa.text("outcome = ''")

escalation = sa.Table(
    "escalation",
    metadata,
    # A message whose deliveries are followed, and one of them: the key itself lets each step be taken once.
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("delivery_id", Id, nullable=False),
    sa.Column("person_id", Id, nullable=False),
    # Why the step was taken: it was the first, or what the step before it came to.
    sa.Column("cause", sa.String(12), nullable=False),
    # What it came to; empty while it is watched.
    sa.Column("outcome", sa.String(12), nullable=False),
    # What the text reveals, and whether it goes by its first channel alone.
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("alone", sa.Boolean, nullable=False),
    # When it is looked at next, if nothing is heard of its delivery before.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_escalation_due", "due_at", "message_id", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    sa.Index("ix_escalation_delivery_id", "delivery_id"),
    one_of("cause", ("first", "failed", "undelivered", "unread", "refused")),
    one_of("outcome", ("", "reached", "next", "staff", "void")),
    one_of("level", ("none", "limited", "full")),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("delivery_id", Id, sa.ForeignKey("delivery.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("outcome", sa.String(24), nullable=False),
    sa.Column("code", sa.String(16), nullable=False),
)

delivery_event = sa.Table(
    "delivery_event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("delivery_id", Id, sa.ForeignKey("delivery.id"), nullable=False, index=True),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("state", _STATES),
)

unmatched_status = sa.Table(
    "unmatched_status",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("provider_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("code", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_unmatched_status_provider_id", "channel", "provider_id"),
    one_of("state", _STATES),
)
