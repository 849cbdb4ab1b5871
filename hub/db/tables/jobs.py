"""Background work: jobs, when those of a schedule were last planned, and leases. Ids, codes and numbers alone."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

_ACTIVE = sa.text("state IN ('queued', 'running')")

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Which function of the registry.
    sa.Column("name", sa.String(48), nullable=False),
    # Ids and plain values by parameter, checked against the function's annotations.
    sa.Column("args", sa.JSON, nullable=False),
    # While it waits or runs, no other job has this key.
    sa.Column("key", sa.String(96)),
    sa.Column("state", sa.String(8), nullable=False),
    # The number of the attempt that was last begun; a result that names another number is void.
    sa.Column("attempts", sa.Integer, nullable=False),
    # How many attempts failed: one that gave way to the end of its process did not.
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    # While it runs: whose attempt it is, and until when it is believed without a heartbeat.
    sa.Column("holder", sa.String(64)),
    sa.Column("lease_until", Moment),
    # A code or the name of a type, of the last attempt that failed; empty when none did.
    sa.Column("error", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    # Counts and lists of numbers.
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.Index("ix_job_due", "state", "due_at", "id"),
    sa.Index("ix_job_state", "state", "id"),
    sa.Index("ix_job_key", "key", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    one_of("state", ("queued", "running", "done", "failed")),
)

cron = sa.Table(
    "cron",
    metadata,
    sa.Column("name", sa.String(48), primary_key=True),
    # The last moment of the schedule that was turned into a job; those up to it are never planned again.
    sa.Column("planned_at", Moment, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(48), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    # Grows with every change of hands: what an earlier holder still does can be told apart.
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("until", Moment, nullable=False),
)
