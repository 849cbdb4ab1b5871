"""What belongs to a person, table by table: what a merge must bring to the survivor, and how.

A test holds this list against every table there is: a new one that names a person or a thread must say here what
becomes of its rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import (
    appointment,
    break_glass,
    campaign_step,
    delivery,
    ehr_request,
    escalation,
    legal_hold,
    part2_consent,
    portal_passkey,
    portal_session,
    proxy,
    restriction,
    search_name,
    slot,
    waitlist,
    waitlist_offer,
)

PLAIN: Mapping[str, sa.Column[Any]] = {
    "visits": appointment.c.person_id,
    "held_slots": slot.c.held_by,
    "asked_of_the_ehr": ehr_request.c.person_id,
    "acts_for": proxy.c.proxy_person_id,
    "is_acted_for": proxy.c.patient_id,
    "told_about": delivery.c.about_id,
    "watched": escalation.c.person_id,
    "campaign_steps": campaign_step.c.person_id,
    "waits": waitlist.c.person_id,
    "was_offered": waitlist_offer.c.person_id,
    "looked_into": break_glass.c.person_id,
    "kept_by_law": legal_hold.c.person_id,
    "consented_to_disclosure": part2_consent.c.person_id,
    "restricted": restriction.c.person_id,
}
"""Columns that name a person and nothing else: they name the survivor from then on."""

SEALED = frozenset(
    {
        "thread",
        "message",
        "contact",
        "consent_event",
        "consent_request",
        "attachment",
        "claimed_address",
        "retired_address",
    }
)
"""Tables whose rows are sealed under the person's key: opened, and sealed again under the survivor's."""

ENDED = frozenset({portal_session.name, portal_passkey.name, search_name.name})
"""Tables whose rows end: whoever signed in as the person who was merged signs in anew, by a code, and nobody is found
by a name that is no more. What messages are found by names messages alone, which keep their ids.
"""

DESK = frozenset({"draft", "mention", "rating", "slack_post", "thread_label", "thread_seen"})
"""What staff have to do with a thread: it is theirs in the survivor's thread."""

BY_HAND = DESK | {delivery.name, "turn", "data_key", "person_merge", "preference", "disclosure"}
"""Tables that the merge itself sees to: where a delivery goes is two columns, a turn ends, a key and a name stay, and
of what both wished the stricter holds.
"""

AS_IT_WAS = frozenset(
    {
        *("access_alert", "audit_event", "audit_person", "campaign_person", "disclosed", "disposal", "rights_request"),
    }
)
"""What is never changed: it says whose record it was at the time. The entry of the merge says whose it is now,
whoever was merged before their turn in a campaign is passed over, and what was disclosed or asked for by right is read
of both records.
"""


async def rename(conn: AsyncConnection, from_id: str, into_id: str) -> dict[str, int]:
    """Give the survivor all that merely names the person; how much, by kind, in the caller's transaction."""
    moved = {}
    for what, column in PLAIN.items():
        done = await conn.execute(sa.update(column.table).where(column == from_id).values({column: into_id}))
        moved[what] = done.rowcount
    return moved


async def left_behind(conn: AsyncConnection, persons: Sequence[str]) -> list[str]:
    """Those of `persons`, merged before, for whom something was made since: by who had read their id earlier."""
    found: set[str] = set()
    for column in (*PLAIN.values(), delivery.c.person_id):
        found |= set((await conn.execute(sa.select(column).where(column.in_(persons)).distinct())).scalars())
    return sorted(found)
