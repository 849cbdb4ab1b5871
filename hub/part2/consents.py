"""Consents to disclosure under Part 2, as they are kept: written down, revoked, and looked up."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.crypto import Place
from hub.db.tables import part2_consent
from hub.errors import InputError
from hub.part2.deciding import Given, in_force
from hub.part2.labels import LABELLED, WHO
from hub.types import new_id
from hub.vault import AUDIT, Vault

__all__ = ["Consent", "consent", "consented", "consenting", "consents", "lacking", "revoke"]


class Consent(Given, frozen=True, kw_only=True):
    """A consent as it is on file. document: where the signed paper is."""

    id: str
    document: str
    by: str
    at: datetime


async def consent(
    conn: AsyncConnection,
    vault: Vault,
    trail: Trail,
    person_id: str,
    given: Given,
    document: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> str:
    """The id of a consent that is written down, in the caller's transaction. Raises: InputError."""
    if given.signed_on > today:
        raise InputError("a consent cannot have been signed after today")
    if given.expires_on is not None and given.expires_on < given.signed_on:
        raise InputError("a consent cannot end before it was signed")
    if not document.strip():
        raise InputError("a consent says where the signed document is")
    made, keys = new_id(), await vault.key(conn, AUDIT)
    row = {
        "id": made,
        "person_id": person_id,
        "signed_on": given.signed_on,
        "expires_on": given.expires_on,
        "document_sealed": keys.seal(AUDIT, document.strip().encode(), _place(made)),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "at": now,
    }
    await conn.execute(sa.insert(part2_consent), row)
    await trail.record(conn, Entry(action="part2.consent", actor=actor, person_id=person_id, object_id=made))
    return made


async def revoke(conn: AsyncConnection, trail: Trail, person_id: str, actor: Actor, now: datetime) -> int:
    """Revoke whatever a person consented to, in the caller's transaction; how many consents that ends."""
    held = sa.and_(part2_consent.c.person_id == person_id, part2_consent.c.revoked_at.is_(None))
    done = (await conn.execute(sa.update(part2_consent).where(held).values(revoked_at=now))).rowcount
    if done:
        await trail.record(conn, Entry(action="part2.revoke", actor=actor, person_id=person_id))
    return done


async def consents(conn: AsyncConnection, vault: Vault, person_id: str) -> list[Consent]:
    """All that a person consented to, the newest first."""
    keys = await vault.key(conn, AUDIT)
    query = sa.select(part2_consent).where(part2_consent.c.person_id == person_id).order_by(part2_consent.c.id.desc())
    return [
        Consent(
            id=row.id,
            signed_on=row.signed_on,
            expires_on=row.expires_on,
            revoked_at=row.revoked_at,
            document=keys.open(AUDIT, row.document_sealed, _place(row.id)).decode(),
            by=f"{row.actor_kind}:{row.actor_id}",
            at=row.at,
        )
        for row in await conn.execute(query)
    ]


async def consented(conn: AsyncConnection, persons: Collection[str], today: date) -> dict[str, Given | None]:
    """Of `persons` those who are labelled, each with the consent that holds on this day, or None."""
    if not persons:
        return {}
    ids = list((await conn.execute(LABELLED.where(WHO.c.id.in_(list(persons))))).scalars())
    if not ids:
        return {}
    given: dict[str, list[Given]] = {}
    for row in await conn.execute(sa.select(part2_consent).where(part2_consent.c.person_id.in_(ids))):
        one = Given(signed_on=row.signed_on, expires_on=row.expires_on, revoked_at=row.revoked_at)
        given.setdefault(row.person_id, []).append(one)
    return {one: in_force(given.get(one, ()), today) for one in ids}


def consenting(today: date) -> sa.Select[tuple[str]]:
    """The ids of all who are labelled and have a consent that holds on this day: as `in_force`, in SQL."""
    return LABELLED.where(_holds(today))


def lacking(today: date) -> sa.Select[tuple[str]]:
    """The ids of all who are labelled and have none."""
    return LABELLED.where(~_holds(today))


def _holds(today: date) -> sa.Exists:
    return sa.exists().where(
        part2_consent.c.person_id == WHO.c.id,
        part2_consent.c.revoked_at.is_(None),
        part2_consent.c.signed_on <= today,
        sa.or_(part2_consent.c.expires_on.is_(None), part2_consent.c.expires_on >= today),
    )


def _place(consent_id: str) -> Place:
    return Place("part2_consent", "document_sealed", consent_id)
