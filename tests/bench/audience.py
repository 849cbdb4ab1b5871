"""A crowd to run campaigns over: mixed zones, languages, consents and shared numbers, with a visit each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Names
from consent.facts import ConsentState, Source
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import address, appointment, consent_event, contact, person
from hub.parts import Parts
from hub.sealed import Profile, seal_contact, seal_profile
from hub.types import new_id, new_ids

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    None,
    "America/Anchorage",
    "Pacific/Honolulu",
)
LANGUAGES = ("en", "es", "en", None, "en", "zh")
PAGE = 1000


async def seed(
    parts: Parts,
    people: int,
    *,
    visit_at: datetime | None = None,
    status: str = "booked",
    zones: Sequence[str | None] = ZONES,
) -> None:
    """So many patients; every tenth shares the number of the one before, every seventh opted out, every ninth never
    said anything, every fifth has a mailbox, too. With `visit_at` each has a visit within a day of it.
    """
    for start in range(0, people, PAGE):
        numbers = range(start, min(start + PAGE, people))

        async def unit(conn: AsyncConnection, numbers: range = numbers) -> None:
            await _page(conn, parts, numbers, visit_at, status, zones)

        await parts.db.write(unit)


async def _page(
    conn: AsyncConnection,
    parts: Parts,
    numbers: Sequence[int],
    visit_at: datetime | None,
    status: str,
    zones: Sequence[str | None],
) -> None:
    now = parts.clock.now()
    ids = new_ids(len(numbers))
    keys = await parts.vault.create(conn, ids, now)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("person", "address", "contact", "fact", "visit")}
    names = await Names(parts.vault).ensure(
        conn, [("provider", "Dr. Hannah Kim"), ("visit_type", "Check-up"), ("location", "Maple Street")]
    )
    place = {kind: resource_id for (kind, _), resource_id in names.items()}
    last_address = ""
    for n, person_id in zip(numbers, ids, strict=True):
        mrn = f"CROWD-{n}"
        profile = Profile(mrn=mrn, given_name=f"Given{n}", family_name="Sample", birth_date=date(1970, 1, 1 + n % 28))
        rows["person"].append(
            {
                "id": person_id,
                "kind": "patient",
                "profile_sealed": seal_profile(keys, person_id, profile),
                "mrn_blind": parts.vault.blind.of("mrn", mrn),
                "identity_blind": parts.vault.blind.of("identity", mrn),
                "language": LANGUAGES[n % len(LANGUAGES)],
                "timezone": zones[n % len(zones)],
                "created_at": now,
                "updated_at": now,
            }
        )
        shares = n % 10 == 9 and bool(last_address)
        kinds: list[tuple[Literal["phone", "mailbox"], str]] = [("phone", f"+1202{n:07d}")]
        kinds += [("mailbox", f"crowd{n}@example.org")] if n % 5 == 0 else []
        for kind, value in kinds:
            address_id = new_id()
            if shares and kind == "phone":
                address_id, value = last_address, f"+1202{n - 1:07d}"
            else:
                rows["address"].append(
                    {
                        "id": address_id,
                        "kind": kind,
                        "blind": parts.vault.blind.of(kind, value),
                        "state": "ok",
                        "state_reason": "",
                        "created_at": now,
                    }
                )
                if n % 9 != 4:
                    rows["fact"].append(_fact(keys, person_id, address_id, ConsentState.GRANT, Source.IMPORT, now))
                if n % 7 == 3 and kind == "phone":
                    rows["fact"].append(_fact(keys, person_id, address_id, ConsentState.REVOKE, Source.STOP, now))
            if kind == "phone":
                last_address = address_id
            sealed = seal_contact(keys, person_id, address_id, value)
            rows["contact"].append(
                {"person_id": person_id, "address_id": address_id, "value_sealed": sealed, "created_at": now}
            )
        if visit_at is not None:
            rows["visit"].append(
                {
                    "id": new_id(),
                    "person_id": person_id,
                    "slot_id": None,
                    "provider_id": place["provider"],
                    "visit_type_id": place["visit_type"],
                    "location_id": place["location"],
                    "start": visit_at + timedelta(minutes=n % 480),
                    "minutes": 15,
                    "status": status,
                    "version": 1,
                    "created_at": now,
                    "updated_at": now,
                }
            )
    for table, name in (
        (person, "person"),
        (address, "address"),
        (contact, "contact"),
        (consent_event, "fact"),
        (appointment, "visit"),
    ):
        await insert_rows(conn, table, rows[name])


def _fact(
    keys: Any, person_id: str, address_id: str, state: ConsentState, source: Source, now: datetime
) -> dict[str, Any]:
    fact_id = new_id()
    place = Place("consent_event", "evidence_sealed", fact_id, person_id)
    return {
        "id": fact_id,
        "address_id": address_id,
        "person_id": person_id,
        "state": state,
        "channels": "email sms voice",
        "purposes": "*",
        "source": source,
        "written": False,
        "actor_kind": "system",
        "actor_id": None,
        "message_id": None,
        "evidence_sealed": keys.seal(person_id, b"{}", place),
        "at": now - timedelta(days=1) if state is ConsentState.GRANT else now,
        "recorded_at": now,
    }


def midday(day: date) -> datetime:
    """A moment of `day` at which all of the United States may be written to."""
    return datetime.combine(day, time(15, 30), ZoneInfo("America/New_York")).astimezone(UTC)
