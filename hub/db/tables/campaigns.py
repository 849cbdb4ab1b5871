"""Campaigns: plans that run, one row for each person and step, and who waits for an earlier time.

Little here is protected by itself: plans name templates, and rows hold ids, codes and times. Texts that somebody wrote
for a plan, and addresses that tests go to, are sealed under the hub's key.
"""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

_ACTIVE = sa.text("state IN ('running', 'paused')")
_PLANNED = sa.text("state = 'planned'")
_QUEUED = sa.text("message_id IS NOT NULL")
_WAITING = sa.text("state = 'waiting'")
_OPEN = sa.text("state = 'open'")
_PENDING = sa.text("state IN ('asked', 'approved')")

campaign = sa.Table(
    "campaign",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    # The plan as it was when it was started, as JSON: a file that is changed later changes no run under way.
    sa.Column("plan", sa.Text, nullable=False),
    # The version of a plan built on the page that this is: its own texts are sealed there.
    sa.Column("plan_id", Id),
    sa.Column("state", sa.String(8), nullable=False),
    # How far the present pass over the audience has come; empty at its start.
    sa.Column("place", sa.String(128), nullable=False, server_default=""),
    # Passes over the whole audience that were finished.
    sa.Column("passes", sa.Integer, nullable=False, server_default="0"),
    # What began it: the command line, a token or a user, as `kind:id`.
    sa.Column("started_by", sa.String(64), nullable=False, server_default=""),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # One run of a name at a time.
    sa.Index("uq_campaign_active", "name", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    sa.Index("ix_campaign_name", "name", "id"),
    one_of("state", ("running", "paused", "stopped", "done")),
)

campaign_plan = sa.Table(
    "campaign_plan",
    metadata,
    # A plan that was built on the page: one row for each version.
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # draft: it may change. fixed: somebody asked that it may run, and a change is a new version. dropped: put away.
    sa.Column("state", sa.String(8), nullable=False),
    # JSON, but for its own texts, which are sealed: JSON, too.
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("texts_sealed", sa.LargeBinary),
    # Grows with each change, so that of two who change it at once the second one hears of the first.
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("saved_by", Id, sa.ForeignKey("staff_user.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("name", "version"),
    one_of("state", ("draft", "fixed", "dropped")),
)

campaign_test_address = sa.Table(
    "campaign_test_address",
    metadata,
    # Where tests may go beside one's own mailbox: never to a patient.
    sa.Column("id", Id, primary_key=True),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False, unique=True),
    # JSON: kind, value, label.
    sa.Column("address_sealed", sa.LargeBinary, nullable=False),
    sa.Column("added_by", Id, sa.ForeignKey("staff_user.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

campaign_test = sa.Table(
    "campaign_test",
    metadata,
    # A text sent to staff to look at. No row of a step: no result counts it.
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("step", sa.String(32), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False),
    # NULL where it was refused: then the rule.
    sa.Column("delivery_id", Id),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_campaign_test_user_id", "user_id", "at"),
)

campaign_step = sa.Table(
    "campaign_step",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("campaign_id", Id, sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("person_id", Id, nullable=False),
    # What the person is enrolled for: a visit with its version, or themselves with 0.
    sa.Column("subject_id", Id, nullable=False),
    sa.Column("subject_version", sa.Integer, nullable=False),
    sa.Column("step", sa.String(32), nullable=False),
    # Which wording: of several, one by a stable hash.
    sa.Column("variant", sa.String(16), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("decision", sa.String(8), nullable=False),
    # The rule that decided, as a code, and its sentence for staff.
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("channel", sa.String(8)),
    # When the plan alone would have it sent; and when it is to be sent, by what was decided.
    sa.Column("nominal_at", Moment),
    sa.Column("send_at", Moment),
    # When it is decided anew; only of use while planned.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("message_id", Id),
    sa.Column("delivery_id", Id),
    # Which of the step's answers the person gave, counted from 1.
    sa.Column("answer", sa.Integer),
    sa.Column("answered_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # One row for each person and step, and for each version of a visit (invariants 7 and 13).
    sa.UniqueConstraint("subject_id", "campaign_id", "subject_version", "step"),
    sa.Index("ix_campaign_step_due", "due_at", "id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    sa.Index("ix_campaign_step_campaign_id", "campaign_id", "state"),
    sa.Index("ix_campaign_step_person_id", "person_id", "created_at"),
    # By the message: what follows a delivery that did not arrive is the run's, too.
    sa.Index("ix_campaign_step_message_id", "message_id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
    one_of("state", ("planned", "queued", "skipped", "void")),
    one_of("decision", ("send", "hold", "skip")),
)

campaign_person = sa.Table(
    "campaign_person",
    metadata,
    # Whom a run was given a list of.
    sa.Column("campaign_id", Id, sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("person_id", Id, primary_key=True),
)

campaign_approval = sa.Table(
    "campaign_approval",
    metadata,
    # Somebody asks that a plan may run, and somebody else says so. Of staff alone: the command line needs none.
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    # The plan that is approved, as JSON: one that was changed since is not.
    sa.Column("plan", sa.Text, nullable=False),
    # Of a plan built on the page, its version; that is fixed from then on.
    sa.Column("plan_id", Id),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asked_by", Id, sa.ForeignKey("staff_user.id"), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("decided_by", Id, sa.ForeignKey("staff_user.id")),
    sa.Column("decided_at", Moment),
    # The run that was begun by it.
    sa.Column("campaign_id", Id, sa.ForeignKey("campaign.id")),
    sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_person"),
    # One at a time of each plan.
    sa.Index("uq_campaign_approval_pending", "name", unique=True, sqlite_where=_PENDING, postgresql_where=_PENDING),
    sa.Index("ix_campaign_approval_campaign_id", "campaign_id"),
    one_of("state", ("asked", "approved", "refused", "withdrawn", "started")),
)

waitlist = sa.Table(
    "waitlist",
    metadata,
    # Who would like to come earlier, or at all: for what kind of visit, with whom, and when at the soonest and latest.
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("visit_type_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("provider_id", Id, sa.ForeignKey("resource.id")),
    # The booked visit that is moved when an earlier time is taken; NULL for who has none.
    sa.Column("appointment_id", Id),
    sa.Column("earliest", Moment, nullable=False),
    sa.Column("latest", Moment),
    sa.Column("state", sa.String(8), nullable=False),
    # When they were last offered a time: who waited longest since comes first.
    sa.Column("offered_at", Moment),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("ix_waitlist_person_id", "person_id", "state"),
    sa.Index("ix_waitlist_waiting", "visit_type_id", "offered_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    one_of("state", ("waiting", "booked", "left")),
    one_of("source", ("bot", "api", "staff")),
)

slot_opening = sa.Table(
    "slot_opening",
    metadata,
    # A slot that came free, and what became of it.
    sa.Column("id", Id, primary_key=True),
    sa.Column("slot_id", Id, sa.ForeignKey("slot.id"), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("rounds", sa.Integer, nullable=False),
    # When the next ones are offered it.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("filled_by", Id),
    sa.Column("freed_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("uq_slot_opening_open", "slot_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_slot_opening_due", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    one_of("state", ("open", "filled", "ended")),
)

waitlist_offer = sa.Table(
    "waitlist_offer",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("opening_id", Id, sa.ForeignKey("slot_opening.id"), nullable=False),
    sa.Column("waitlist_id", Id, sa.ForeignKey("waitlist.id"), nullable=False),
    sa.Column("person_id", Id, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    # offered, refused by policy, or what the person's answer came to.
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("delivery_id", Id),
    sa.Column("answered_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    # A freed time is offered to each once.
    sa.UniqueConstraint("opening_id", "waitlist_id"),
    sa.Index("ix_waitlist_offer_person_id", "person_id", "created_at"),
    one_of("state", ("offered", "refused", "won", "lost", "declined", "over")),
)
