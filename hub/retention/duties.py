"""Until when the law has a clinic keep a person's record, whatever the person asks for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import appointment, person, thread
from hub.errors import SettingsError
from hub.parts import Parts
from hub.retention.terms import Policy, ends, policy_for
from hub.sealed import open_profile

__all__ = ["kept_until"]


async def kept_until(conn: AsyncConnection, parts: Parts, person_id: str) -> tuple[datetime, Policy] | None:
    """The end of the duty to keep a patient's record, aware, and the policy that says so; None where there is none.

    Who never was a patient has no record that must be kept; nor is there a duty where no policy is known.
    """
    settings = parts.settings
    try:
        policy = policy_for(settings.retention_policy, settings.region, settings.state)
    except SettingsError:
        if settings.retention_policy:
            raise
        return None
    visited = sa.select(sa.func.max(appointment.c.start)).where(appointment.c.person_id == person_id).scalar_subquery()
    query = (
        sa.select(
            person.c.kind, person.c.profile_sealed, person.c.created_at, thread.c.last_at, visited.label("visited_at")
        )
        .outerjoin(thread, thread.c.person_id == person.c.id)
        .where(person.c.id == person_id)
    )
    row = (await conn.execute(query)).first()
    keys = await parts.vault.keys(conn, [person_id], keep=False)
    if row is None or row.kind != "patient" or person_id not in keys:
        return None
    last = max(filter(None, (row.created_at, row.last_at, row.visited_at)))
    until = ends(policy.persons, last, open_profile(keys, person_id, row.profile_sealed).birth_date, settings.timezone)
    return (until, policy) if until > parts.clock.now() else None
