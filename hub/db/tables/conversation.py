"""Threads and their messages."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of


def _where(condition: str, name: str, *columns: str) -> sa.Index:
    """An index over the rows for which `condition` holds; who is to use it must say so in these very words."""
    return sa.Index(name, *columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


thread = sa.Table(
    "thread",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False, unique=True),
    sa.Column("status", sa.String(8), nullable=False),
    # 0 ordinary, 1 soon, 2 urgent, 3 emergency.
    sa.Column("priority", sa.Integer, nullable=False),
    # Why staff should look, as a code; empty when they need not.
    sa.Column("attention", sa.String(32), nullable=False),
    sa.Column("assignee", Id),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("last_inbound_at", Moment),
    sa.Column("last_channel", sa.String(8)),
    # The bot's state, sealed with the thread; it expires a day after `dialogue_at`.
    sa.Column("dialogue_sealed", sa.LargeBinary),
    sa.Column("dialogue_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("team_id", Id),
    # Since when the person waits for an answer: their first message that nobody answered, nor set aside.
    sa.Column("waiting_since", Moment),
    # When they should have been answered, by the promise of the team; NULL for no promise.
    sa.Column("due_at", Moment),
    # How often a promise that was broken was told of.
    sa.Column("escalated", sa.Integer, nullable=False, server_default="0"),
    # When a snoozed thread comes back; NULL for not before the person writes.
    sa.Column("snoozed_until", Moment),
    sa.Column("closed_at", Moment),
    # How a closed conversation ended, as a code; an emergency must have one.
    sa.Column("disposition", sa.String(32), nullable=False, server_default=""),
    sa.Index("ix_thread_status_last_at", "status", "last_at", "id"),
    sa.Index("ix_thread_last_at", "last_at", "id"),
    # Of threads with staff alone: a text to the bot changes none of these. What is the same in all of an index stands
    # first in it, for SQLite takes the index of which it can use most columns.
    _where("status = 'open'", "ix_thread_assignee", "status", "assignee", "last_at", "id"),
    _where("status = 'open'", "ix_thread_team", "status", "team_id", "last_at", "id"),
    _where("status = 'open' AND waiting_since IS NOT NULL", "ix_thread_waiting", "status", "waiting_since", "id"),
    _where("priority >= 2", "ix_thread_urgent", "priority", "last_at", "id"),
    one_of("status", ("bot", "open", "snoozed", "closed")),
)


def _unique_where(present: str, *columns: str) -> sa.Index:
    """A unique index over the rows that have `present`: most messages have one of the two ids, and pay for one."""
    condition = sa.text(f"{present} IS NOT NULL")
    name = f"uq_message_{'_'.join(columns)}"
    return sa.Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


turn = sa.Table(
    "turn",
    metadata,
    # Whose messages a process handles now, and until when that is so without a further beat of it.
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), primary_key=True),
    sa.Column("holder", Id, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

_UNHANDLED = "direction = 'inbound' AND handled_at IS NULL"

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("direction", sa.String(8), nullable=False),
    sa.Column("author_kind", sa.String(8), nullable=False),
    sa.Column("author_id", Id),
    sa.Column("channel", sa.String(8)),
    sa.Column("address_id", Id, sa.ForeignKey("address.id")),
    # JSON: text, author (a name, where one is shown), media.
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False),
    # The provider's id of an inbound message: once in the whole table, whatever is replayed (invariant 1).
    sa.Column("provider_id", sa.String(64)),
    # The intent's key of an outbound message: an intent made twice is queued once.
    sa.Column("intent_key", sa.String(160)),
    # The carrier's own reading of a consent word, when it acted on one.
    sa.Column("opt_out", sa.String(8)),
    # Inbound only; NULL is work to do.
    sa.Column("handled_at", Moment),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("thread_id", "seq"),
    _unique_where("provider_id", "channel", "provider_id"),
    _unique_where("intent_key", "intent_key"),
    sa.Index(
        "ix_message_unhandled",
        "thread_id",
        "seq",
        sqlite_where=sa.text(_UNHANDLED),
        postgresql_where=sa.text(_UNHANDLED),
    ),
    one_of("direction", ("inbound", "outbound", "note")),
    one_of("author_kind", ("patient", "staff", "bot", "campaign", "system")),
)

unhandled = sa.and_(message.c.direction == sa.literal_column("'inbound'"), message.c.handled_at.is_(None))
"""Inbound messages that are work to do, in the very words of their index: a bound value would not match it."""
