"""Finding what was said, and who; on both databases."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hub import events
from hub.db.tables import message, search_name, search_word, thread
from hub.search import Found, Indexer, Search, finding, indexing, postings, search_index
from hub.search.words import STOP_WORDS
from tests.hub.identity.books import Books

ANYBODY = sa.true()


class Finder:
    """The index over a clinic's books."""

    def __init__(self, books: Books) -> None:
        self.books = books
        blind = search_index(books.vault)
        self.indexer = Indexer(books.db, books.vault, blind)
        self.search = Search(books.vault, blind)

    async def messages(self, q: str, **more: object) -> Found:
        async with self.books.db.read() as conn:
            return await self.search.messages(conn, q, **({"seen": ANYBODY} | more))  # type: ignore[arg-type]

    async def persons(self, q: str) -> list[str]:
        async with self.books.db.read() as conn:
            return await self.search.persons(conn, q, seen=ANYBODY)

    async def rows(self, table: sa.Table) -> int:
        async with self.books.db.read() as conn:
            return int((await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


@pytest.fixture
def finder(books: Books) -> Finder:
    return Finder(books)


async def test_messages_are_found_by_all_of_their_words_newest_first(finder: Finder, disk: Callable[[], bytes]) -> None:
    """Also: what is kept of them cannot be read."""
    await finder.indexer.catch_up()
    first = await finder.books.says(1, "My left knee hurts since Fridayevening")
    second = await finder.books.says(2, "The knee again, and the refill")
    await finder.books.says(1, "When are you open?")
    await finder.indexer.catch_up()

    found = await finder.messages("KNEE")
    assert [hit.message_id for hit in found.hits] == [second.message_id, first.message_id]
    assert (found.before, found.complete) == (None, True)
    assert [hit.message_id for hit in (await finder.messages("knee refill")).hits] == [second.message_id]
    assert not (await finder.messages("knee open")).hits
    assert not (await finder.messages("' OR 1=1 --")).hits
    assert not (await finder.messages(next(iter(STOP_WORDS)))).hits
    raw = disk().lower()
    assert not [word for word in (b"fridayevening", b"friday", b"refill") if word in raw]


async def test_pages_go_on_where_the_last_one_ended(finder: Finder) -> None:
    said = [(await finder.books.says(1 + n % 3, f"refill number {n}")).message_id for n in range(7)]
    await finder.indexer.catch_up()

    found, before = [], None
    while True:
        page = await finder.messages("refill", before=before, limit=3)
        found += [hit.message_id for hit in page.hits]
        before = page.before
        if before is None:
            break

    assert found == said[::-1]


async def test_what_the_reader_does_not_see_is_not_found(finder: Finder) -> None:
    mine = await finder.books.says(1, "a refill")
    await finder.books.says(2, "another refill")
    await finder.indexer.catch_up()

    found = await finder.messages("refill", seen=thread.c.id == mine.thread_id)

    assert [hit.message_id for hit in found.hits] == [mine.message_id]


async def test_a_word_said_very_often_is_looked_for_in_steps(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_ROW", 3)
    monkeypatch.setattr(finding, "FIRST", 3)
    monkeypatch.setattr(finding, "READ", 12)
    rare = await finder.books.says(1, "knee refill")
    for n in range(20):
        await finder.books.says(1 + n % 4, "knee" if n % 2 else "refill")
        await finder.indexer.catch_up()

    hits, before = [], None
    for _ in range(20):
        page = await finder.messages("knee refill", before=before)
        hits += page.hits
        before = page.before
        if before is None:
            break

    assert [hit.message_id for hit in hits] == [rare.message_id]
    assert await finder.rows(search_word) > 6


async def test_persons_are_found_by_the_beginnings_of_their_names(finder: Finder) -> None:
    ana = await finder.books.patient("A-1", 1, name="Ana María Ruiz-Ortega")
    luis = await finder.books.patient("A-2", 2, name="Luís Ortega", born=date(1990, 1, 2))
    for number in (1, 2):
        await finder.books.says(number, "Hello")
        finder.books.clock.advance(timedelta(minutes=1))
    await finder.indexer.catch_up()

    assert await finder.persons("ortega") == [luis, ana]
    assert await finder.persons("lui ORT") == [luis]
    assert await finder.persons("ana ru") == [ana]
    assert await finder.persons("ana rui") == [ana]
    assert await finder.persons("ortegas") == []
    async with finder.books.db.read() as conn:
        assert await finder.search.born(conn, date(1990, 1, 2), seen=ANYBODY) == [luis]


async def test_who_was_merged_is_found_by_the_survivors_name_and_messages_go_along(finder: Finder) -> None:
    ana, twice = await finder.books.patient("A-1", 1), await finder.books.patient("A-2", 2, name="Anita Ruiz")
    await finder.books.says(1, "hello there")
    moved = await finder.books.says(2, "my refill")
    await finder.indexer.catch_up()
    assert await finder.persons("anita") == [twice]

    await finder.books.merge(twice, ana)
    await finder.indexer.catch_up()

    assert await finder.persons("anita") == []
    assert [(hit.message_id, hit.person_id) for hit in (await finder.messages("refill")).hits] == [
        (moved.message_id, ana)
    ]


async def test_what_is_gone_is_not_found(finder: Finder) -> None:
    said = await finder.books.says(1, "my refill")
    await finder.indexer.catch_up()

    await finder.books.db.write(lambda conn: conn.execute(sa.delete(message).where(message.c.id == said.message_id)))

    assert not (await finder.messages("refill")).hits


async def test_what_was_there_before_is_walked_through_and_the_rest_followed(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also: until then search says that it is not complete; and the same is not indexed twice."""
    monkeypatch.setattr(indexing, "_FEW", 2)
    said = [(await finder.books.says(1, f"refill {n}")).message_id for n in range(5)]
    assert not (await finder.messages("refill")).complete
    await finder.indexer._step("messages", 2)
    await finder.indexer._step("messages", 2)
    half = await finder.messages("refill")
    assert (len(half.hits), half.complete) == (2, False)

    said.append((await finder.books.says(2, "one more refill")).message_id)
    await finder.indexer.catch_up()
    await finder.indexer.catch_up()

    whole = await finder.messages("refill")
    assert [hit.message_id for hit in whole.hits] == said[::-1]
    assert whole.complete


async def test_who_was_away_for_longer_than_the_log_is_kept_indexes_anew(finder: Finder) -> None:
    await finder.books.patient("A-1", 1, name="Ana Ruiz")
    await finder.books.says(1, "first refill")
    await finder.indexer.catch_up()
    await finder.books.says(1, "second refill")
    finder.books.clock.advance(timedelta(days=2))
    await finder.books.db.write(lambda conn: events.prune(conn, finder.books.clock.now()))
    await finder.books.says(1, "third refill")

    await finder.indexer.catch_up()

    assert len((await finder.messages("refill")).hits) == 3
    before = await finder.rows(search_word), await finder.rows(search_name)
    assert await finder.indexer.rebuild() >= 4
    assert (await finder.rows(search_word), await finder.rows(search_name)) == before
