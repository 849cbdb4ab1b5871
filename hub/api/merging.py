"""Merging two records that turned out to be one person's."""

from functools import partial
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.problems import Problem, not_found
from hub.identity import NotMerged
from hub.live import Topic
from hub.parts import Parts


class Merge(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Into whose record this one is to be merged. It cannot be taken back."""

    into: Annotated[str, msgspec.Meta(max_length=36, description="The id of the record to go on with.")]
    reason: Annotated[
        str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S", description="Why, in words; kept sealed.")
    ]
    force: Annotated[bool, msgspec.Meta(description="Merge in spite of two birth dates that differ.")] = False

    def __repr__(self) -> str:
        return "Merge(…)"


class MergeDone(msgspec.Struct, kw_only=True):
    """Two records are one. `moved` counts what was brought over by kind; it is empty where it was done before."""

    patient: str
    thread: str | None
    moved: dict[str, int]


async def merge(conn: AsyncConnection, call: Call[NoQuery, Merge]) -> Wrote:
    """Make this record part of another, whole or not at all. Raises: Problem 404, 409."""
    parts, asked = call.parts, call.body
    done = await parts.merger.merge_in(
        conn,
        call.ids["id"],
        asked.into,
        asked.reason,
        call.caller.actor,
        force=asked.force,
        request_id=call.request_id,
    )
    if done is None:
        raise not_found("patient")
    if isinstance(done, NotMerged):
        raise Problem(409, "not-merged", done.detail, reasons=(done.detail,))
    value = MergeDone(patient=done.person_id, thread=done.thread_id, moved=done.moved)
    return Wrote(status=200, value=value, after=partial(announce, parts, done.thread_id))


def announce(parts: Parts, thread_id: str | None) -> None:
    """After the commit: what waits in the survivor's thread is handled there, and who watches looks anew."""
    if thread_id is not None:
        parts.live.wakeups.ring(Topic.ACCEPTED, [thread_id])
    parts.bell.ring()
