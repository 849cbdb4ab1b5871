"""What every runner holds: a job runs once, again when it failed, never twice at once, and is never lost."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import job
from hub.errors import InputError
from hub.jobs import JobState, store
from hub.jobs.executor import LASTS
from tests.hub.jobs.kinds import REGISTRY, TWICE
from tests.hub.jobs.rig import JobRig, eventually, open_work

SECOND = timedelta(seconds=1)
SLOTS = {f"jobs-{n}" for n in range(8)}
"""The names of the tasks that run jobs without Redis."""


async def lose(work: JobRig, job_id: str) -> None:
    """Begin an attempt at the job as a worker that then dies."""
    names = [kind.name for kind in REGISTRY]
    now = work.parts.clock.now()
    claimed = await work.parts.db.write(lambda conn: store.claim(conn, now, names, "dead", LASTS, job_id))
    assert claimed is not None


class TestRunning:
    async def test_a_job_runs_once_with_its_arguments_and_its_result_is_kept(self, work: JobRig) -> None:
        work.runner.start()

        queued = await work.jobs.enqueue("marks.put", {"number": 7})

        row = await work.reaches(queued.id, JobState.DONE)
        assert work.marks == ["put 7"]
        assert (row.result, row.error, row.attempts, row.failures) == ({"number": 7}, "", 1, 0)
        assert (row.holder, row.lease_until) == (None, None)

    async def test_what_was_queued_before_the_worker_started_runs_too(self, work: JobRig) -> None:
        queued = [await work.jobs.enqueue("marks.put", {"number": n}) for n in range(10)]

        work.runner.start()

        for one in queued:
            await work.reaches(one.id, JobState.DONE)
        assert sorted(work.marks) == sorted(f"put {n}" for n in range(10))

    async def test_what_is_queued_with_the_rest_of_a_transaction_runs(self, work: JobRig) -> None:
        work.runner.start()

        queued = await work.parts.db.write(lambda conn: work.jobs.enqueue_in(conn, "marks.put"))

        await work.reaches(queued.id, JobState.DONE)

    async def test_what_is_queued_for_later_waits_for_its_time(self, work: JobRig, clock: FixedClock) -> None:
        work.runner.start()
        later = await work.jobs.enqueue("marks.put", {"number": 2}, after=timedelta(hours=1))
        now = await work.jobs.enqueue("marks.put", {"number": 1})

        await work.reaches(now.id, JobState.DONE)
        waits = await work.row(later.id)
        clock.advance(timedelta(hours=1))
        await work.reaches(later.id, JobState.DONE)

        assert waits.state == JobState.QUEUED
        assert work.marks == ["put 1", "put 2"]

    @pytest.mark.parametrize("where", ["thread", "process"])
    async def test_a_function_that_blocks_runs_beside_the_loop(self, work: JobRig, where: str) -> None:
        work.runner.start()

        queued = await work.jobs.enqueue(f"marks.{where}", {"number": 3})

        row = await work.reaches(queued.id, JobState.DONE)
        assert (work.marks, row.result) == ([f"{where} 3"], {"number": 3})

    async def test_two_workers_run_each_job_once(
        self, work: JobRig, database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, redis_url: str
    ) -> None:
        async with open_work(database_url, tmp_path, keyring, redis_url=redis_url, clock=clock) as other:
            queued = [await work.jobs.enqueue("marks.put", {"number": n}) for n in range(20)]
            work.runner.start()
            other.runner.start()

            rows = [await work.reaches(one.id, JobState.DONE) for one in queued]

        assert sorted(work.marks) == sorted(f"put {n}" for n in range(20))
        assert {row.attempts for row in rows} == {1}

    async def test_outcomes_are_counted_by_name(self, work: JobRig) -> None:
        work.runner.start()
        done = await work.jobs.enqueue("marks.put")
        failed = await work.jobs.enqueue("marks.refused")

        await work.reaches(done.id, JobState.DONE)
        await work.reaches(failed.id, JobState.FAILED)
        await work.runner.stop()

        page = work.parts.metrics.page().decode()
        assert 'hub_jobs_total{job="marks.put",outcome="done"} 1.0' in page
        assert 'hub_jobs_total{job="marks.refused",outcome="failed"} 1.0' in page

    async def test_those_that_wait_are_counted(self, work: JobRig) -> None:
        for _ in range(3):
            await work.jobs.enqueue("marks.put")

        await work.runner.sweep()

        assert "hub_jobs_waiting 3.0" in work.parts.metrics.page().decode()


class TestFailing:
    async def test_a_job_that_failed_is_tried_again_after_pauses_that_grow(
        self, work: JobRig, clock: FixedClock
    ) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue("marks.flaky", {"times": 2})

        pauses = []
        for attempt in (1, 2):
            row = await work.reaches(queued.id, JobState.QUEUED, attempts=attempt)
            pauses.append(row.due_at - clock.now())
            assert row.error == "storage"
            clock.set(row.due_at)
        row = await work.reaches(queued.id, JobState.DONE)

        assert pauses == [5 * SECOND, 10 * SECOND]
        assert (row.attempts, row.failures, row.error, row.result) == (3, 2, "", {"runs": 3})

    async def test_before_its_pause_is_over_it_is_not_tried(self, work: JobRig, clock: FixedClock) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue("marks.flaky", {"times": 1})
        row = await work.reaches(queued.id, JobState.QUEUED, attempts=1)
        clock.set(row.due_at - timedelta(microseconds=1))

        other = await work.jobs.enqueue("marks.put")
        await work.reaches(other.id, JobState.DONE)

        assert (await work.row(queued.id)).attempts == 1

    async def test_one_that_fails_too_often_stays_failed_with_a_code(
        self, work: JobRig, clock: FixedClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue("marks.broken")

        for attempt in range(1, TWICE.count + 1):
            clock.set((await work.reaches(queued.id, JobState.QUEUED, attempts=attempt)).due_at)
        row = await work.reaches(queued.id, JobState.FAILED)

        assert (row.attempts, row.failures, row.error, row.result) == (3, 3, "ValueError", None)
        told = [record.values for record in caplog.records if hasattr(record, "values")]
        assert len(told) >= 2 * 3
        assert "Nora" not in str(told)

    async def test_a_refusal_that_no_further_try_can_change_fails_at_once(self, work: JobRig) -> None:
        work.runner.start()

        queued = await work.jobs.enqueue("marks.refused")

        row = await work.reaches(queued.id, JobState.FAILED)
        assert (work.marks, row.error) == (["refused"], "input")

    async def test_a_refusal_in_a_process_has_its_code_too(self, work: JobRig) -> None:
        work.runner.start()

        queued = await work.jobs.enqueue("marks.refusedprocess")

        row = await work.reaches(queued.id, JobState.FAILED)
        assert (work.marks, row.error) == (["refused"], "input")

    async def test_one_that_takes_too_long_is_stopped_and_tried_again(self, work: JobRig, clock: FixedClock) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue("marks.late")

        row = await work.reaches(queued.id, JobState.QUEUED, attempts=1)
        work.go()
        clock.set(row.due_at)
        await work.reaches(queued.id, JobState.DONE)

        assert row.error == "timeout"
        assert work.marks == ["begun", "begun", "ended"]

    async def test_a_failed_job_is_tried_again_on_demand_with_all_attempts_before_it(self, work: JobRig) -> None:
        work.runner.start()
        one = await work.jobs.enqueue("marks.refused")
        other = await work.jobs.enqueue("marks.refused")
        for queued in (one, other):
            await work.reaches(queued.id, JobState.FAILED)

        revived = await work.jobs.revive(one.id)
        row = await work.reaches(one.id, JobState.FAILED, attempts=2)
        every = await work.jobs.revive()

        assert (revived, every) == ((1, 0), (2, 0))
        assert (row.attempts, row.failures) == (2, 1)
        assert (await work.jobs.revive("019aa2f0-7c31-7d52-9b1e-3f60c2d4a581")) == (0, 0)


class TestUnique:
    async def test_while_one_waits_its_like_is_not_queued_twice(self, work: JobRig) -> None:
        first = await work.jobs.enqueue("marks.alone", {"number": 1})
        second = await work.jobs.enqueue("marks.alone", {"number": 2})

        assert (first.new, second.new, second.id) == (True, False, first.id)
        assert len(await work.rows()) == 1

    async def test_when_it_is_done_its_like_is_queued_anew(self, work: JobRig) -> None:
        work.runner.start()
        first = await work.jobs.enqueue("marks.alone")
        await work.reaches(first.id, JobState.DONE)

        second = await work.jobs.enqueue("marks.alone")

        assert second.new
        await work.reaches(second.id, JobState.DONE)

    async def test_other_arguments_make_another_job_where_the_kind_says_so(self, work: JobRig) -> None:
        queued = [await work.jobs.enqueue("marks.each", {"number": n}) for n in (1, 2, 1)]

        assert [one.new for one in queued] == [True, True, False]

    async def test_asked_for_at_once_from_two_processes_it_is_queued_once(
        self, work: JobRig, database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock
    ) -> None:
        async with open_work(database_url, tmp_path, keyring, clock=clock) as other:
            asked = [rig.jobs.enqueue("marks.alone") for rig in (work, other) for _ in range(5)]

            queued = await asyncio.gather(*asked)

        assert sum(one.new for one in queued) == 1
        assert len(await work.rows()) == 1

    async def test_a_failed_one_stays_where_its_like_waits(self, work: JobRig) -> None:
        queued = await work.jobs.enqueue("marks.alone")
        await work.parts.db.write(lambda conn: _failed(conn, queued.id))
        await work.jobs.enqueue("marks.alone")

        assert await work.jobs.revive() == (0, 1)
        assert (await work.row(queued.id)).state == JobState.FAILED


async def _failed(conn: AsyncConnection, job_id: str) -> None:
    await conn.execute(sa.update(job).where(job.c.id == job_id).values(state=JobState.FAILED))


class TestDying:
    async def test_what_a_dead_worker_had_is_taken_over_when_its_time_is_up(
        self, work: JobRig, clock: FixedClock
    ) -> None:
        queued = await work.jobs.enqueue("marks.put")
        await lose(work, queued.id)
        work.runner.start()

        clock.advance(LASTS)
        await work.runner.sweep()
        before = await work.row(queued.id)
        clock.advance(SECOND)
        row = await work.reaches(queued.id, JobState.DONE)

        assert (before.state, before.attempts) == (JobState.RUNNING, 1)
        assert (row.attempts, row.failures) == (2, 1)

    async def test_one_that_takes_its_workers_down_ends(self, work: JobRig, clock: FixedClock) -> None:
        queued = await work.jobs.enqueue("marks.flaky", {"times": 0})

        for _ in range(TWICE.count + 1):
            await lose(work, queued.id)
            clock.advance(LASTS + SECOND)
            await work.runner.sweep()

        row = await work.row(queued.id)
        assert (row.state, row.error, row.failures) == (JobState.FAILED, "lost", 3)

    async def test_a_worker_that_was_believed_dead_changes_nothing(self, work: JobRig, clock: FixedClock) -> None:
        queued = await work.jobs.enqueue("marks.put")
        names = [kind.name for kind in REGISTRY]
        db, now = work.parts.db, clock.now()
        late = await db.write(lambda conn: store.claim(conn, now, names, "late", LASTS, queued.id))
        assert late is not None
        clock.advance(LASTS + SECOND)
        await work.runner.sweep()
        await lose(work, queued.id)

        beat = await db.write(lambda conn: store.heartbeat(conn, late, clock.now(), LASTS))
        done = await db.write(lambda conn: store.finish(conn, late, clock.now(), None))
        back = await db.write(lambda conn: store.give_back(conn, late, clock.now()))
        kind = REGISTRY.named("marks.put")
        failed = await db.write(lambda conn: store.fail(conn, late, kind, clock.now(), "late", again=True))

        assert (beat, done, back, failed) == (False, False, False, None)
        row = await work.row(queued.id)
        assert (row.state, row.attempts, row.holder) == (JobState.RUNNING, 2, "dead")

    async def test_one_that_goes_on_is_not_taken_over_however_long_it_takes(
        self, database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, redis_url: str
    ) -> None:
        lasts = timedelta(milliseconds=300)
        async with open_work(database_url, tmp_path, keyring, redis_url=redis_url, clock=clock, lasts=lasts) as work:
            work.runner.start()
            queued = await work.jobs.enqueue("marks.held")
            await work.marked("begun")

            for _ in range(3):
                clock.advance(lasts)
                await work.beats(queued.id, clock.now() + lasts)
                await work.runner.sweep()
            work.go()

            row = await work.reaches(queued.id, JobState.DONE)
            assert (row.attempts, work.marks) == (1, ["begun", "ended"])


class TestStopping:
    async def test_what_is_under_way_is_finished_and_nothing_more_begun(self, work: JobRig) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue("marks.held")
        await work.marked("begun")

        stopping = asyncio.create_task(work.runner.stop())
        # Whoever looks for a job in this very moment may begin one still.
        await eventually(lambda: sum(one.get_name() in SLOTS for one in asyncio.all_tasks()) <= 1)
        other = await work.jobs.enqueue("marks.put")
        work.go()
        await stopping

        assert work.marks == ["begun", "ended"]
        assert (await work.row(queued.id)).state == JobState.DONE
        assert (await work.row(other.id)).state == JobState.QUEUED

    @pytest.mark.parametrize("name", ["marks.held", "marks.heldprocess"])
    async def test_what_does_not_end_in_time_is_given_back_and_counts_for_no_failure(
        self, work: JobRig, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        work.runner.start()
        queued = await work.jobs.enqueue(name)
        await work.marked("begun")

        with caplog.at_level(logging.INFO, logger="hub.jobs"):
            await work.runner.stop(grace=timedelta(milliseconds=50))

        row = await work.row(queued.id)
        assert (row.state, row.attempts, row.failures, row.holder) == (JobState.QUEUED, 1, 0, None)
        assert [r.values["outcome"] for r in caplog.records if r.message == "job_ended"] == ["given_back"]


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "args"),
        [
            pytest.param("marks.put", {"number": "7"}, id="another type"),
            pytest.param("marks.put", {"nummer": 7}, id="an unknown name"),
            pytest.param("marks.flaky", {}, id="one is missing"),
            pytest.param("marks.nothing", {}, id="no such job"),
        ],
    )
    async def test_what_does_not_fit_is_refused_before_it_is_queued(
        self, work: JobRig, name: str, args: dict[str, object]
    ) -> None:
        with pytest.raises(InputError):
            await work.jobs.enqueue(name, args)

        assert await work.rows() == []
