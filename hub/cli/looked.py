"""`hub rights looked`: who looked at what is a patient's."""

import json
from typing import TYPE_CHECKING, Any

import click

from hub.cli.rights import at_text, begins, person_of, run

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hub.parts import Parts


@click.command()
@click.argument("mrn")
@click.option("--since", help="From this day on; six years back, if not given.")
def looked(mrn: str, since: str | None) -> None:
    """Print who looked at what is a patient's, lists and exports among it, a JSON object a line.

    \b
    Example:
      hub rights looked A-1001 --since 2026-01-01
    """

    async def work(parts: "Parts") -> list[dict[str, Any]]:
        import sqlalchemy as sa

        from hub.audit import Actor, Entry, concerning
        from hub.db.tables import audit_event
        from hub.exports.reading import READINGS

        since_at = begins(parts, since)

        async def unit(conn: "AsyncConnection") -> list[dict[str, Any]]:
            person_id = await person_of(parts, conn, mrn)
            seen = Entry(action="access.read", actor=Actor("system", "cli"), person_id=person_id)
            await parts.trail.record(conn, seen)
            query = sa.select(audit_event).where(concerning(person_id), audit_event.c.action.in_(READINGS))
            query = query.where(audit_event.c.at >= since_at).order_by(audit_event.c.id.desc())
            rows = (await conn.execute(query)).all()
            users = await parts.users.of(conn, {row.actor_id for row in rows if row.actor_kind == "staff"})
            return [
                {
                    "at": at_text(row.at),
                    "by": row.actor_kind,
                    "name": users[row.actor_id].name if row.actor_id in users else None,
                    "action": row.action,
                    "in_a_list": row.person_id is None,
                    "entry": row.id,
                }
                for row in rows
            ]

        return await parts.db.write(unit)

    for one in run(work):
        click.echo(json.dumps(one, ensure_ascii=False))
