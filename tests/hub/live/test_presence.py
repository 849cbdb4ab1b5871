"""Presence: who is at a thread, until it fades."""

from datetime import timedelta

from hub.live import Doing, LocalPresence
from hub.live.presence import _MOST_THREADS
from tests.hub.live.sides import Sides, until

BRIEF = {Doing.VIEWING: timedelta(seconds=60), Doing.TYPING: timedelta(milliseconds=50)}


async def test_everyone_at_a_thread_is_seen_and_nobody_of_another(sides: Sides) -> None:
    presence = (await sides.process()).presence
    await presence.here("thread-1", "user-b", Doing.VIEWING)
    await presence.here("thread-1", "user-a", Doing.TYPING)
    await presence.here("thread-2", "user-c", Doing.VIEWING)

    assert await presence.who("thread-1") == {"user-a": Doing.TYPING, "user-b": Doing.VIEWING}
    assert await presence.who("thread-3") == {}


async def test_who_stops_typing_is_still_there(sides: Sides) -> None:
    presence = (await sides.process(BRIEF)).presence

    await presence.here("thread-1", "user-a", Doing.TYPING)

    async def only_views() -> bool:
        return await presence.who("thread-1") == {"user-a": Doing.VIEWING}

    await until(only_views, "typing fades and viewing stays")


async def test_who_says_no_more_is_gone(sides: Sides) -> None:
    presence = (await sides.process(dict.fromkeys(Doing, timedelta(milliseconds=50)))).presence

    await presence.here("thread-1", "user-a", Doing.TYPING)

    async def nobody() -> bool:
        return await presence.who("thread-1") == {}

    await until(nobody, "all fades")


async def test_what_is_said_again_lasts_longer(sides: Sides) -> None:
    process = await sides.process({Doing.VIEWING: timedelta(seconds=60), Doing.TYPING: timedelta(seconds=60)})

    for _ in range(3):
        await process.presence.here("thread-1", "user-a", Doing.TYPING)
    await process.presence.here("thread-1", "user-a", Doing.VIEWING)

    # Viewing says nothing of typing, which ends by itself.
    assert await process.presence.who("thread-1") == {"user-a": Doing.TYPING}


async def test_other_processes_see_it(shared: Sides) -> None:
    here, there = await shared.process(), await shared.process()

    await here.presence.here("thread-1", "user-a", Doing.TYPING)

    assert await there.presence.who("thread-1") == {"user-a": Doing.TYPING}


async def test_threads_that_nobody_asks_about_do_not_fill_the_server(shared: Sides) -> None:
    process = await shared.process()
    assert process.link is not None
    await process.presence.here("thread-1", "user-a", Doing.TYPING)

    lives = await process.link.ask(lambda client: client.pttl(process.link.key("thread", "thread-1")))

    assert 0 < lives <= 30_000


async def test_threads_that_nobody_asks_about_do_not_fill_the_memory() -> None:
    presence = LocalPresence(lambda: 0.0)

    for n in range(_MOST_THREADS + 10):
        await presence.here(f"thread-{n}", "user-a", Doing.VIEWING)

    assert len(presence._until) <= _MOST_THREADS
    assert await presence.who(f"thread-{_MOST_THREADS + 9}") == {"user-a": Doing.VIEWING}
