"""Who hears about a minor: the guardian, the patient, or nobody; at routing and again at the last moment."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bots.scheduling.names import Names
from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.bulk import insert_rows
from hub.db.tables import appointment, consent_request, proxy, thread
from hub.outbox.claims import Claims
from hub.proxies import NewProxy, NotGiven, Proxy
from hub.proxies.hearing import mark_confidential
from hub.types import AuthorKind, Hold, Lane, Purpose, Send, Skip, new_id
from tests.hub_rig import Rig, open_rig
from tests.stores import embedded_only

MUM, NOAH, OWN = "+12025550111", "+12025550112", "+12025550113"
STAFF = Actor("token", "front-desk")
pytestmark = embedded_only


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    """A hub that does not send by itself; it is Monday, 2 March 2026, 10:00 in New York."""
    async with open_rig(database_url, tmp_path, keyring, clock=clock, started=False, engine=False) as one:
        yield one


async def guarded(rig: Rig, patient: str, by: str, **more: Any) -> Proxy:
    """A mother's right over a patient."""
    values: dict[str, Any] = {"kind": "parent", "scope": frozenset(("visits", "messages", "billing"))} | more
    new = NewProxy(proxy_person_id=by, verified_how="documents", **values)
    made = await rig.parts.db.write(lambda conn: rig.parts.proxies.give(conn, patient, new, STAFF))
    assert isinstance(made, Proxy)
    return made


async def visit_of(rig: Rig, patient: str, *, confidential: bool = False) -> tuple[str, int]:
    """A booked visit of a patient, with its version."""
    visit_id = new_id()

    async def unit(conn: Any) -> None:
        kinds = ("provider", "visit_type", "location")
        ids = await Names(rig.parts.vault).ensure(conn, [(kind, f"the {kind}") for kind in kinds])
        row = {f"{kind}_id": ids[kind, f"the {kind}"] for kind in kinds}
        now = rig.parts.clock.now()
        row |= {"id": visit_id, "person_id": patient, "start": now + timedelta(days=9), "minutes": 30}
        row |= {"status": "booked", "version": 1, "created_at": now, "updated_at": now}
        await insert_rows(conn, appointment, [row])
        if confidential:
            await mark_confidential(conn, row["visit_type_id"], True, rig.parts.trail, STAFF)

    await rig.parts.db.write(unit)
    return visit_id, 1


async def reminded(rig: Rig, patient: str, visit: tuple[str, int] | None = None, **more: Any) -> Any:
    """What is decided about a reminder that the clinic begins."""
    given = {"purpose": Purpose.APPOINTMENT, "author": AuthorKind.SYSTEM, "lane": Lane.BULK, "appointment": visit}
    return await rig.send(patient, "A reminder", **(given | more))


async def claimed(rig: Rig) -> list[str]:
    """The persons to whom something leaves now."""
    parts = rig.parts
    senders = {kind: channel.sender for kind, channel in parts.channels.items()}
    claims = Claims(parts.vault, parts.ledger, parts.trail, senders, parts.hearing)
    done, _ = await parts.db.write(
        lambda conn: claims.claim(conn, parts.clock.now(), lanes=tuple(Lane), limit=50, segments=99)
    )
    return [one.person_id for one in done]


async def states(rig: Rig, person_id: str) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in await rig.deliveries(person_id)]


async def test_a_childs_guardian_is_written_to_in_their_own_thread(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    noah = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="2018-05-01")
    await guarded(rig, noah, mum)

    routed = await reminded(rig, noah, await visit_of(rig, noah))

    assert isinstance(routed.decision, Send)
    (row,) = await rig.deliveries(mum)
    assert (row.about_id, row.thread_id) == (noah, (await rig.thread(mum)).id)
    assert await rig.deliveries(noah) == []
    assert await claimed(rig) == [mum]


async def test_of_a_childs_confidential_visit_the_guardian_hears_nothing(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    noah = await rig.patient("M-2", "Noah", "Reed", MUM, birth_date="2018-05-01")
    await guarded(rig, noah, mum)

    routed = await reminded(rig, noah, await visit_of(rig, noah, confidential=True))

    assert isinstance(routed.decision, Skip)
    assert routed.rules == ("confidential",)
    assert await claimed(rig) == []
    assert await rig.deliveries(mum) == await rig.deliveries(noah) == []


async def test_a_teen_hears_of_a_confidential_visit_at_a_number_that_is_theirs_alone(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    teen = await rig.patient("M-2", "Noah", "Reed", MUM, birth_date="2011-05-01")
    await rig.patient("M-2", "Noah", "Reed", OWN, birth_date="2011-05-01")
    await guarded(rig, teen, mum, scope=frozenset(("visits",)))

    routed = await reminded(rig, teen, await visit_of(rig, teen, confidential=True))

    assert isinstance(routed.decision, Send)
    assert routed.decision.address_id == await rig.address(OWN)
    assert await claimed(rig) == [teen]


@pytest.mark.parametrize(
    ("own", "hears"), [pytest.param(OWN, "teen", id="own phone"), pytest.param(MUM, "mum", id="shared phone")]
)
async def test_a_teen_hears_for_themselves_where_they_have_a_phone_of_their_own(rig: Rig, own: str, hears: str) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    teen = await rig.patient("M-2", "Noah", "Reed", own, birth_date="2011-05-01")
    await guarded(rig, teen, mum)

    await reminded(rig, teen, await visit_of(rig, teen))

    assert await claimed(rig) == [{"teen": teen, "mum": mum}[hears]]


async def test_a_right_that_ended_meanwhile_stops_what_was_queued(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    noah = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="2018-05-01")
    right = await guarded(rig, noah, mum)
    await reminded(rig, noah, await visit_of(rig, noah))

    await rig.parts.db.write(lambda conn: rig.parts.proxies.end(conn, noah, right.id, "staff", STAFF))

    assert await claimed(rig) == []
    assert await states(rig, mum) == [("suppressed", "proxy_ended")]


async def test_a_visit_that_became_confidential_meanwhile_is_not_told_to_the_guardian(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    noah = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="2018-05-01")
    await guarded(rig, noah, mum)
    await reminded(rig, noah, await visit_of(rig, noah))

    await visit_of(rig, noah, confidential=True)

    assert await claimed(rig) == []
    assert await states(rig, mum) == [("suppressed", "confidential")]


async def test_the_day_of_majority_ends_the_right_and_asks_the_patient_anew(rig: Rig, clock: FixedClock) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    teen = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="2008-03-04")
    right = await guarded(rig, teen, mum, scope=frozenset(("visits",)))
    held = await reminded(rig, teen, not_before=datetime(2026, 3, 4, 15, 0, tzinfo=UTC))
    clock.advance(timedelta(days=2))  # 4 March, 10:00: eighteen since midnight

    count, _ = await rig.parts.db.write(rig.parts.proxies.end_outlived)
    asked = await reminded(rig, teen)
    mums = await reminded(rig, mum)

    assert isinstance(held.decision, Hold)
    assert count == 1
    (row,) = await rig.rows(sa.select(proxy).where(proxy.c.id == right.id))
    assert row.ended_why == "majority"
    assert (await rig.thread(teen)).attention == "ask_consent_anew"
    assert isinstance(asked.decision, Skip)
    assert asked.rules[0] == "consent-unknown"
    assert isinstance(mums.decision, Send)
    # What their mother had agreed to is asked anew, once, where they sign in; here they cannot yet.
    assert await rig.parts.db.write(rig.parts.optins.ask_anew) == 1
    assert await rig.parts.db.write(rig.parts.optins.ask_anew) == 0
    (request,) = await rig.rows(sa.select(consent_request))
    assert (request.kind, request.person_id, request.asked_at) == ("of_age", teen, None)
    # Even what was held for the teen themselves before is not sent on what their mother agreed to.
    assert await claimed(rig) == [mum]
    assert await states(rig, teen) == [("suppressed", "consent-unknown")]

    async def agrees(conn: Any) -> None:
        fact = NewFact(
            address_id=address_id,
            person_id=teen,
            state=ConsentState.GRANT,
            scope=PHONE,
            source=Source.FORM,
            at=clock.now(),
            actor=STAFF,
        )
        await rig.parts.ledger.record(conn, fact)

    address_id = await rig.address(NOAH)
    await rig.parts.db.write(agrees)
    assert isinstance((await reminded(rig, teen)).decision, Send | Hold)


async def test_who_is_of_age_names_their_own_caregiver(rig: Rig) -> None:
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    adult = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="1990-05-01")
    new = NewProxy(proxy_person_id=mum, kind="parent", scope=frozenset(("visits",)), verified_how="in_person")

    refused = await rig.parts.db.write(lambda conn: rig.parts.proxies.give(conn, adult, new, STAFF))
    care = await guarded(rig, adult, mum, kind="caregiver")
    await reminded(rig, adult, await visit_of(rig, adult))

    assert isinstance(refused, NotGiven)
    assert care.active
    assert await claimed(rig) == [adult], "an adult hears for themselves"


async def test_two_with_a_thread_each_keep_it(rig: Rig) -> None:
    """What the guardian hears stands in the guardian's thread, and nothing of it in the child's."""
    mum = await rig.patient("M-1", "Dana", "Reed", MUM)
    noah = await rig.patient("M-2", "Noah", "Reed", NOAH, birth_date="2018-05-01")
    await guarded(rig, noah, mum)

    await reminded(rig, noah, await visit_of(rig, noah))

    assert [line.text for line in await rig.lines(mum)] == ["A reminder"]
    assert await rig.rows(sa.select(thread.c.id).where(thread.c.person_id == noah)) == []
