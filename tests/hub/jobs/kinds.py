"""Jobs that leave a mark in the data folder each time they run, so that runs can be counted across processes."""

import asyncio
from datetime import timedelta

from hub.errors import InputError, StorageError
from hub.jobs import Kind, Registry, Retries, Unique, Where
from hub.parts import Parts
from tests.hub.jobs.marks import held_in_a_process, in_a_process, mark, marks, refused_in_a_process


async def put(parts: Parts, number: int = 0) -> dict[str, int]:
    mark(parts.settings.data, f"put {number}")
    return {"number": number}


async def flaky(parts: Parts, times: int) -> dict[str, int]:
    """Fails so many times, then succeeds."""
    mark(parts.settings.data, "flaky")
    runs = len(marks(parts.settings.data))
    if runs <= times:
        raise StorageError("Nora Quinn")
    return {"runs": runs}


async def broken(parts: Parts) -> None:
    mark(parts.settings.data, "broken")
    raise ValueError("Nora Quinn")


async def refused(parts: Parts) -> None:
    mark(parts.settings.data, "refused")
    raise InputError("Nora Quinn")


async def held(parts: Parts) -> None:
    """Runs until there is a file `go`; leaves a second mark at its end."""
    mark(parts.settings.data, "begun")
    while not (parts.settings.data / "go").exists():  # noqa: ASYNC110 - the file may come from another process
        await asyncio.sleep(0.01)
    mark(parts.settings.data, "ended")


def in_a_thread(parts: Parts, number: int) -> dict[str, int]:
    mark(parts.settings.data, f"thread {number}")
    return {"number": number}


TWICE = Retries(count=2, first=timedelta(seconds=5), most=timedelta(minutes=10))
SHORT = timedelta(milliseconds=300)

REGISTRY = Registry(
    (
        Kind(name="marks.put", do=put),
        Kind(name="marks.alone", do=put, unique=Unique.NAME),
        Kind(name="marks.each", do=put, unique=Unique.ARGS),
        Kind(name="marks.flaky", do=flaky, retries=TWICE),
        Kind(name="marks.broken", do=broken, retries=TWICE),
        Kind(name="marks.refused", do=refused, retries=TWICE),
        Kind(name="marks.held", do=held, retries=TWICE),
        Kind(name="marks.late", do=held, retries=TWICE, timeout=SHORT),
        Kind(name="marks.thread", do=in_a_thread, where=Where.THREAD),
        Kind(name="marks.process", do=in_a_process, where=Where.PROCESS),
        Kind(name="marks.refusedprocess", do=refused_in_a_process, where=Where.PROCESS),
        Kind(name="marks.heldprocess", do=held_in_a_process, where=Where.PROCESS),
        Kind(name="marks.round", do=put, unique=Unique.NAME, cron="0 9 * * *"),
    )
)
