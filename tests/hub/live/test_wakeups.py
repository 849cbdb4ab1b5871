"""Wake-ups: heard here at once, in other processes soon, and never the reason that a commit fails."""

import asyncio

import pytest

from hub.live import Topic
from hub.live.shared.wakeups import Message, _messages
from hub.types import new_id
from tests.hub.live.sides import Sides, heard, until


class TestWithinAProcess:
    async def test_who_listens_hears_before_the_ring_returns(self, sides: Sides) -> None:
        process = await sides.process()
        first, second = heard(process, Topic.ACCEPTED), heard(process, Topic.ACCEPTED)

        process.wakeups.ring(Topic.ACCEPTED, ["a", "b"])

        assert first == second == [["a", "b"]]

    async def test_other_topics_are_not_heard(self, sides: Sides) -> None:
        process = await sides.process()
        jobs = heard(process, Topic.JOBS)

        process.wakeups.ring(Topic.QUEUED)

        assert jobs == []

    async def test_a_listener_that_fails_neither_stops_the_ring_nor_the_others(self, sides: Sides) -> None:
        process = await sides.process()

        def broken(_ids: object) -> None:
            raise LookupError

        process.wakeups.hear(Topic.QUEUED, broken)
        later = heard(process, Topic.QUEUED)

        process.wakeups.ring(Topic.QUEUED)

        assert later == [[]]

    async def test_it_can_be_rung_before_the_start_and_after_the_end(self, sides: Sides) -> None:
        process = await sides.process(started=False)
        found = heard(process, Topic.JOBS)

        process.wakeups.ring(Topic.JOBS)
        await process.wakeups.start()
        await process.wakeups.stop()
        process.wakeups.ring(Topic.JOBS)

        assert found == [[], []]


class TestBetweenProcesses:
    async def test_another_process_hears_the_ids_once(self, shared: Sides) -> None:
        here, there = await shared.process(), await shared.process()
        own, others = heard(here, Topic.ACCEPTED), heard(there, Topic.ACCEPTED)
        threads = [new_id() for _ in range(3)]

        here.wakeups.ring(Topic.ACCEPTED, threads)
        await until(lambda: bool(others), "the other process hears")
        there.wakeups.ring(Topic.ACCEPTED, ["back"])
        await until(lambda: len(own) == 2, "it is heard the other way, too")

        assert own == [threads, ["back"]]
        assert others == [threads, ["back"]]

    @pytest.mark.parametrize("topic", list(Topic))
    async def test_every_topic_crosses(self, shared: Sides, topic: Topic) -> None:
        here, there = await shared.process(), await shared.process()
        others = heard(there, topic)

        here.wakeups.ring(topic)

        await until(lambda: bool(others), "the other process hears")
        assert there.counted("hub_wakeups_total", topic=topic.value, result="heard") == 1

    async def test_rings_close_together_are_one_message(self, shared: Sides) -> None:
        here, there = await shared.process(), await shared.process()
        others = heard(there, Topic.ACCEPTED)
        threads = [f"t{n}" for n in range(300)]

        for thread in threads:
            here.wakeups.ring(Topic.ACCEPTED, [thread])
            here.wakeups.ring(Topic.ACCEPTED, [thread])
        await until(lambda: sum(map(len, others)) == 300, "all are heard")

        assert [one for ids in others for one in ids] == threads
        assert here.counted("hub_wakeups_total", topic="accepted", result="sent") == 1

    async def test_what_is_rung_last_goes_out_before_the_end(self, shared: Sides) -> None:
        here, there = await shared.process(started=False), await shared.process()
        others = heard(there, Topic.QUEUED)
        assert here.link is not None
        await here.link.start()
        await here.wakeups.start()

        here.wakeups.ring(Topic.QUEUED)
        await here.wakeups.stop()
        await until(lambda: bool(others), "the other process hears")

        await here.link.stop()

    async def test_what_is_no_message_of_ours_is_passed_over(self, shared: Sides) -> None:
        here, there = await shared.process(), await shared.process()
        others = heard(there, Topic.QUEUED)
        assert here.link is not None
        channel = here.link.key("wake")

        for body in ("no json", "[]", '{"sender": "x", "rung": {"another topic": []}}'):
            await here.link.ask(lambda client, body=body: client.publish(channel, body))  # type: ignore[misc]
        here.wakeups.ring(Topic.QUEUED)

        await until(lambda: bool(others), "the next is heard")
        assert others == [[]]

    async def test_another_deployment_on_the_same_server_hears_nothing(self, shared: Sides) -> None:
        here = await shared.process(deployment="a" * 16)
        same, other = await shared.process(deployment="a" * 16), await shared.process(deployment="b" * 16)
        heard_by_same, heard_by_other = heard(same, Topic.QUEUED), heard(other, Topic.QUEUED)

        here.wakeups.ring(Topic.QUEUED)
        await until(lambda: bool(heard_by_same), "its own deployment hears")
        other.wakeups.ring(Topic.QUEUED)
        await asyncio.sleep(0)

        assert heard_by_other == [[]]


def test_a_message_holds_a_bounded_number_of_ids() -> None:
    rung = {Topic.ACCEPTED: dict.fromkeys(str(n) for n in range(1200)), Topic.QUEUED: {}}

    messages = _messages("me", rung)

    assert [len(one.rung.get(Topic.ACCEPTED, [])) for one in messages] == [500, 500, 200]
    assert messages[-1] == Message("me", {Topic.ACCEPTED: [str(n) for n in range(1000, 1200)], Topic.QUEUED: []})
