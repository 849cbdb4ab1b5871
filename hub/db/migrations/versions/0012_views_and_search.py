"""Views and search: indexes of the threads with staff, and keyed hashes of words."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OPEN = "status = 'open'"
_INDEXES = (
    ("ix_thread_assignee", ["status", "assignee", "last_at", "id"], _OPEN),
    ("ix_thread_team", ["status", "team_id", "last_at", "id"], _OPEN),
    ("ix_thread_waiting", ["status", "waiting_since", "id"], f"{_OPEN} AND waiting_since IS NOT NULL"),
    ("ix_thread_urgent", ["priority", "last_at", "id"], "priority >= 2"),
)


def upgrade() -> None:
    for name, columns, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, "thread", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "search_word",
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("heads", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("word", "first", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_name",
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("word", "person_id", name=op.f("pk_search_name")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_name_person_id", "search_name", ["person_id"])
    op.create_table(
        "search_place",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("walked", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_search_place")),
    )


def downgrade() -> None:
    op.drop_table("search_place")
    op.drop_index("ix_search_name_person_id", table_name="search_name")
    op.drop_table("search_name")
    op.drop_table("search_word")
    for name, _, _ in _INDEXES:
        op.drop_index(name, table_name="thread")
