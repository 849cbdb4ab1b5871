"""What becomes of each table when a person is disposed of.

A test holds this list against every table there is: a new one that names a person, a thread or an address, or that
holds anything sealed, must say here what becomes of its rows.

Rows that others count by stay as husks: messages, deliveries, steps of campaigns, visits, with ids, codes and times and
nothing that was said. What says who the person is, or where they are reached, goes.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import BlindIndex
from hub.db.tables import (
    address,
    appointment,
    attachment,
    campaign_person,
    campaign_step,
    campaign_test_address,
    claimed_address,
    consent_event,
    consent_request,
    contact,
    data_key,
    delivery,
    disclosed,
    disclosure,
    draft,
    ehr_request,
    escalation,
    export_run,
    mention,
    message,
    number_check,
    outside_record,
    part2_consent,
    person,
    person_merge,
    portal_acting,
    portal_code,
    portal_passkey,
    portal_session,
    preference,
    proxy,
    raw_mail,
    retired_address,
    rights_request,
    search_name,
    slack_post,
    slot,
    thread,
    thread_label,
    thread_seen,
    turn,
    waitlist,
)
from hub.files.expecting import WHOLE_MAIL
from hub.files.pieces import drop_in
from hub.outbox import halting
from hub.sealed import open_body
from hub.search import postings, words
from hub.types import DeliveryState
from hub.vault import Vault

__all__ = ["BY_HAND", "DELETED", "KEPT", "destroy_rows", "take_out"]

DISPOSED = "disposed"
_PAGE = 500

DELETED: tuple[sa.Column[Any], ...] = (
    contact.c.person_id,
    claimed_address.c.person_id,
    retired_address.c.person_id,
    preference.c.person_id,
    disclosure.c.person_id,
    consent_request.c.person_id,
    part2_consent.c.person_id,
    portal_passkey.c.person_id,
    portal_session.c.person_id,
    search_name.c.person_id,
    campaign_person.c.person_id,
    ehr_request.c.person_id,
    draft.c.thread_id,
    mention.c.thread_id,
    thread_label.c.thread_id,
    thread_seen.c.thread_id,
    turn.c.thread_id,
)
"""Tables whose rows go, by the column that names the person or their thread."""

BY_HAND = frozenset(
    {
        "address",
        "appointment",
        "attachment",
        "campaign_step",
        "consent_event",
        "data_key",
        "delivery",
        "disclosed",
        "escalation",
        "export_run",
        "file_piece",
        "message",
        "number_check",
        "outside_record",
        "person",
        "person_merge",
        "portal_acting",
        "portal_code",
        "proxy",
        "raw_mail",
        "rights_request",
        "search_word",
        "slack_post",
        "slot",
        "thread",
        "waitlist",
    }
)
"""Tables that `destroy_rows` sees to one by one."""

KEPT = frozenset(
    {
        # What must be provable later; under the audit's key.
        "audit_event",
        "audit_person",
        "access_alert",
        "attestation",
        "break_glass",
        "legal_hold",
        "restriction",
        "disposal",
        "suppression",
        # Ids, codes and numbers alone.
        "provider_copy",
        "rating",
        "waitlist_offer",
        "key_canary",
        # Nobody's in particular, and gone by itself: see docs/retention.md.
        "campaign_plan",
        "campaign_test_address",
        "canned_reply",
        "ehr_slot",
        "hl7_message",
        "idempotency",
        "resource",
        "slack_event",
        "staff_link",
        "staff_passkey",
        "staff_recovery",
        "staff_session",
        "staff_user",
        "api_token",
        "portal_challenge",
        "portal_tried",
    }
)
"""Tables that stay as they are."""


async def destroy_rows(
    conn: AsyncConnection,
    vault: Vault,
    search_blind: BlindIndex,
    person_id: str,
    mrns: Sequence[str],
    now: datetime,
) -> dict[str, int]:
    """Destroy what is of `person_id`, but for their data key, in the caller's transaction; what was there, by kind.

    mrns: the record numbers that other systems may have told of them by.
    """
    keys = await vault.keys(conn, (person_id,))
    thread_id = await conn.scalar(sa.select(thread.c.id).where(thread.c.person_id == person_id))
    counts: dict[str, int] = {}
    if thread_id is not None and person_id in keys:
        counts |= await _out_of_messages(conn, vault, search_blind, person_id, thread_id)
    if thread_id is not None:
        mine = message.c.thread_id == thread_id
        counts["messages"] = (await conn.execute(sa.update(message).where(mine).values(body_sealed=b""))).rowcount
        quiet = {"status": "closed", "attention": "", "assignee": None, "team_id": None, "priority": 0}
        quiet |= {"dialogue_sealed": None, "dialogue_at": None, "waiting_since": None, "due_at": None}
        await conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(**quiet, snoozed_until=None))
        live = sa.and_(slack_post.c.thread_id == thread_id, slack_post.c.ended_at.is_(None))
        await conn.execute(sa.update(slack_post).where(live).values(ended_at=now))
    counts["files"] = await _files(conn, person_id)
    counts |= await _deliveries(conn, vault, search_blind, person_id, now)
    counts |= await _visits(conn, vault, person_id, mrns, now)
    addresses = await _addresses_of(conn, person_id)
    evidence = sa.update(consent_event).where(consent_event.c.person_id == person_id)
    counts["consent_evidence"] = (await conn.execute(evidence.values(evidence_sealed=None))).rowcount
    for table in (disclosed, rights_request):
        await conn.execute(sa.update(table).where(table.c.person_id == person_id).values(details_sealed=b""))
    sessions = sa.select(portal_session.c.id).where(portal_session.c.person_id == person_id)
    await conn.execute(sa.delete(portal_acting).where(portal_acting.c.session_id.in_(sessions)))
    acts = sa.or_(proxy.c.proxy_person_id == person_id, proxy.c.patient_id == person_id)
    ended = sa.update(proxy).where(acts, proxy.c.ended_at.is_(None))
    await conn.execute(ended.values(ended_at=now, ended_why=DISPOSED))
    acting = sa.select(proxy.c.id).where(acts)
    await conn.execute(sa.delete(portal_acting).where(portal_acting.c.proxy_id.in_(acting)))
    for column in DELETED:
        owner = person_id if column.name == "person_id" else thread_id
        gone = await conn.execute(sa.delete(column.table).where(column == owner))
        counts[column.table.name] = gone.rowcount
    counts["addresses"] = await _addresses(conn, addresses)
    counts["exports"] = await _exports(conn, now)
    await _nobody(conn, person_id, now)
    return {name: count for name, count in counts.items() if count}


async def _out_of_messages(
    conn: AsyncConnection, vault: Vault, blind: BlindIndex, person_id: str, thread_id: str
) -> dict[str, int]:
    columns = (message.c.id, message.c.thread_id, sa.literal(person_id).label("person_id"), message.c.body_sealed)
    query = sa.select(*columns).where(message.c.thread_id == thread_id, message.c.body_sealed != b"")
    return await take_out(conn, vault, blind, (await conn.execute(query)).all())


async def take_out(conn: AsyncConnection, vault: Vault, blind: BlindIndex, rows: Sequence[Any]) -> dict[str, int]:
    """Remove what only the texts of messages can tell: the words they are found by, and mails kept as they came.

    Each of `rows` has a message's `id`, `thread_id`, `person_id` and `body_sealed`. How many there were.
    """
    keys = await vault.keys(conn, {row.person_id for row in rows}, keep=False)
    found: dict[int, set[int]] = {}
    mails: list[str] = []
    for row in rows:
        body = open_body(keys, row.person_id, row.thread_id, row.id, row.body_sealed)
        mails += [one["url"].removeprefix(WHOLE_MAIL) for one in body.media if one["url"].startswith(WHOLE_MAIL)]
        for token in postings.tokens(blind, words.kept(body.text)):
            found.setdefault(token, set()).add(postings.head_of(row.id))
    await postings.remove(conn, found)
    gone = 0
    for start in range(0, len(mails), _PAGE):
        these = raw_mail.c.id.in_(mails[start : start + _PAGE])
        gone += (await conn.execute(sa.delete(raw_mail).where(these))).rowcount
    return {"indexed_words": len(found), "raw_mails": gone}


async def _files(conn: AsyncConnection, person_id: str) -> int:
    rows = (await conn.execute(sa.select(attachment).where(attachment.c.person_id == person_id))).all()
    held = [one for row in rows for one in (row.content_id, row.source_id) if one is not None]
    await drop_in(conn, held)
    values = {"state": "lost", "reason": DISPOSED, "content_id": None, "source_id": None}
    mine = attachment.c.person_id == person_id
    await conn.execute(sa.update(attachment).where(mine).values(**values))
    return len(rows)


async def _deliveries(
    conn: AsyncConnection, vault: Vault, blind: BlindIndex, person_id: str, now: datetime
) -> dict[str, int]:
    """Void what has not left, to them and about them, and what was said of them to whoever acts for them."""
    concerns = sa.or_(delivery.c.person_id == person_id, delivery.c.about_id == person_id)
    to_come = sa.select(delivery.c.id).where(concerns, delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)))
    ids = list((await conn.execute(to_come.order_by(delivery.c.id).with_for_update())).scalars())
    await halting.suppress(conn, ids, DISPOSED, now)
    await conn.execute(sa.update(delivery).where(concerns).values(words_sealed=None))
    watched = sa.and_(escalation.c.person_id == person_id, escalation.c.outcome == "")
    await conn.execute(sa.update(escalation).where(watched).values(outcome="void", ended_at=now))
    told = sa.select(delivery.c.message_id).where(delivery.c.about_id == person_id, delivery.c.person_id != person_id)
    columns = (message.c.id, message.c.thread_id, thread.c.person_id, message.c.body_sealed)
    query = sa.select(*columns).join(thread, thread.c.id == message.c.thread_id).where(message.c.id.in_(told))
    live = sa.and_(data_key.c.owner_id == thread.c.person_id, data_key.c.wrapped.is_not(None))
    await take_out(conn, vault, blind, (await conn.execute(query.join(data_key, live))).all())
    emptied = await conn.execute(sa.update(message).where(message.c.id.in_(told)).values(body_sealed=b""))
    return {"voided_deliveries": len(ids), "messages_to_proxies": emptied.rowcount}


async def _visits(
    conn: AsyncConnection, vault: Vault, person_id: str, mrns: Sequence[str], now: datetime
) -> dict[str, int]:
    """Visits stay as husks; what other systems call them, and what was planned for them, goes."""
    visits = sa.select(appointment.c.id).where(appointment.c.person_id == person_id)
    blinds = [vault.blind.of("outside", f"patient\0hl7\0\0{mrn}") for mrn in mrns]
    outside = sa.or_(outside_record.c.appointment_id.in_(visits), outside_record.c.blind.in_(blinds))
    gone = await conn.execute(sa.delete(outside_record).where(outside))
    void = {"state": "void", "decision": "skip", "rule": DISPOSED, "updated_at": now}
    planned = sa.and_(campaign_step.c.person_id == person_id, campaign_step.c.state == "planned")
    reason = "The record of this person was disposed of."
    steps = await conn.execute(sa.update(campaign_step).where(planned).values(**void, reason=reason))
    waiting = sa.and_(waitlist.c.person_id == person_id, waitlist.c.state == "waiting")
    await conn.execute(sa.update(waitlist).where(waiting).values(state="left", updated_at=now))
    held = sa.and_(slot.c.held_by == person_id, slot.c.state == "held")
    await conn.execute(sa.update(slot).where(held).values(state="free", held_by=None, held_until=None))
    return {"outside_records": gone.rowcount, "planned_steps": steps.rowcount}


async def _addresses_of(conn: AsyncConnection, person_id: str) -> list[str]:
    tables = (contact, claimed_address, retired_address)
    named = sa.union(*(sa.select(one.c.address_id).where(one.c.person_id == person_id) for one in tables))
    return sorted((await conn.execute(named)).scalars())


async def _addresses(conn: AsyncConnection, ids: Sequence[str]) -> int:
    """Destroy the blind index of every address that nobody else has; how many there were.

    What a STOP left in `suppression` is kept by the index itself, and holds for whoever has the address entered again.
    """
    tables = (contact, claimed_address, retired_address, campaign_test_address)
    others = sa.union(*(sa.select(one.c.address_id).where(one.c.address_id.in_(ids)) for one in tables))
    shared = set((await conn.execute(others)).scalars())
    gone = [one for one in ids if one not in shared]
    for one in gone:
        nothing = {"blind": secrets.token_bytes(16), "state": "invalid", "state_reason": DISPOSED}
        await conn.execute(sa.update(address).where(address.c.id == one).values(**nothing))
    evidence = sa.update(consent_event).where(consent_event.c.address_id.in_(gone))
    await conn.execute(evidence.values(evidence_sealed=None))
    await conn.execute(sa.delete(number_check).where(number_check.c.address_id.in_(gone)))
    await conn.execute(sa.delete(portal_code).where(portal_code.c.address_id.in_(ids)))
    return len(gone)


async def _exports(conn: AsyncConnection, now: datetime) -> int:
    """End every export that can still be had: the person may be in any of them; one under way is not to be had."""
    live = sa.and_(export_run.c.state == "done", export_run.c.key_sealed.is_not(None))
    ended = sa.update(export_run).where(live)
    return (await conn.execute(ended.values(key_sealed=None, handed_sealed=None, expires_at=now))).rowcount


async def _nobody(conn: AsyncConnection, person_id: str, now: datetime) -> None:
    """The record itself, and those that were merged into it: an id that says of nobody who they were."""
    merged = person_merge.c.into_id == person_id
    await conn.execute(sa.update(person_merge).where(merged).values(former_sealed=b""))
    nothing: dict[str, Any] = dict.fromkeys(
        ("profile_sealed", "mrn_blind", "identity_blind", "language", "timezone", "state", "preferred_channel")
    )
    theirs = sa.or_(person.c.id == person_id, person.c.merged_into == person_id)
    nothing |= {"part2_at": None, "part2_from": None, "kind": "unidentified", "deceased_at": None, "updated_at": now}
    await conn.execute(sa.update(person).where(theirs).values(**nothing))
