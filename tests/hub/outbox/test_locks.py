"""What several dispatchers on PostgreSQL lock, as it is written to it; the embedded database is asked for nothing."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.outbox import due, locks, statuses
from hub.outbox.plain import record_taken
from hub.types import ChannelKind, DeliveryState, Lane, new_id
from tests.hub.outbox.mail import Mail

POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE: Any = sqlite.dialect()


class Listener:
    """A connection that writes down what it is asked, and finds nothing."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.heard: list[str] = []

    async def execute(self, statement: sa.Select[Any]) -> list[Any]:
        self.heard.append(str(statement.compile(dialect=self.dialect)))
        return []


@pytest.mark.parametrize("lane", Lane)
def test_a_claim_locks_deliveries_alone_and_passes_over_locked_ones(lane: Lane) -> None:
    words = str(due._due_in(lane, DeliveryState.QUEUED, (ChannelKind.SMS,)).compile(dialect=POSTGRESQL))

    assert words.endswith("FOR UPDATE OF delivery SKIP LOCKED")


@pytest.mark.parametrize("query", [statuses._OURS, statuses._THEIRS])
def test_callbacks_lock_what_they_compare_in_one_order(query: sa.Select[Any]) -> None:
    words = str(query.compile(dialect=POSTGRESQL))

    assert words.endswith("ORDER BY delivery.id FOR NO KEY UPDATE")


async def ask_for_all(conn: Any) -> None:
    await locks.addresses(conn, ["a", "b"], alone=False)
    await locks.addresses(conn, ["a", "b"], alone=True)
    await locks.persons(conn, ["p"])
    await locks.deliveries(conn, ["d"])


async def test_what_a_claim_decides_by_is_locked_by_statements_of_their_own() -> None:
    conn = Listener(POSTGRESQL)

    await ask_for_all(conn)

    assert [words.partition("FOR ")[2] for words in conn.heard] == [
        "SHARE",
        "NO KEY UPDATE",
        "NO KEY UPDATE",
        "NO KEY UPDATE",
    ]
    assert all("ORDER BY" in words for words in conn.heard)


async def test_the_embedded_database_is_asked_for_no_lock() -> None:
    conn = Listener(SQLITE)

    await ask_for_all(conn)

    assert conn.heard == []


async def test_recording_what_was_taken_changes_nothing_of_others(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    now = mail.clock.now()
    wrong = [(delivery_id, claim.attempt + 1, "SM1"), (new_id(), 1, "SM2")]

    done = await mail.rig.parts.db.write(lambda conn: record_taken(conn, wrong, now, due_at=now))

    assert done == []
    assert await mail.state(delivery_id) == "sending"
    assert [one.outcome for one in await mail.rig.attempts(delivery_id)] == ["started"]
