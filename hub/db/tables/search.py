"""What messages and persons are found by: keyed hashes of words, from which no word can be read."""

import sqlalchemy as sa

from hub.db.columns import Id
from hub.db.tables.base import metadata

search_word = sa.Table(
    "search_word",
    metadata,
    # A word of messages: 63 bits of its keyed hash.
    sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),
    # The lowest of the moments in it: a word that is said often has several rows.
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    # When the messages with it were made, as the heads of their ids: eight bytes each.
    sa.Column("heads", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

search_name = sa.Table(
    "search_name",
    metadata,
    # The beginning of a name, or a birth date: 63 bits of its keyed hash.
    sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person_id", Id, primary_key=True),
    sa.Index("ix_search_name_person_id", "person_id"),
    sqlite_with_rowid=False,
)

search_place = sa.Table(
    "search_place",
    metadata,
    # How far the index has come: `messages` or `persons`.
    sa.Column("kind", sa.String(12), primary_key=True),
    # The number in the event log up to which it follows.
    sa.Column("seq", sa.BigInteger, nullable=False),
    # While all that is there is walked through: the id it has come to; NULL once it is done.
    sa.Column("walked", sa.String(36)),
)
