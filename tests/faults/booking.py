"""Many book the same few slots of an EHR at once, from several hubs that do not know of each other.

    python -m tests.faults.booking                  # 200 ask for 20 slots
    python -m tests.faults.booking --lose 0.1       # and a tenth of all answers is lost on the way

Asked afterwards: was every slot booked once, and is every visit that somebody was told of booked in the EHR?
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bots.scheduling.base import Appointment, Taken
from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.errors import SchedulingError
from hub.vault import Vault
from tests.bots.scheduling_backends import Opening
from tests.bots.scheduling_finding import at, days
from tests.hub.ehr.clinic import Ehr, FhirBackend
from tests.servers.fhir import FhirServer, missing
from tests.servers.lossy import Lossy, lossy
from tests.stores import NOW, sqlite_url


@dataclass(slots=True)
class Report:
    """What came of it. `twice`: slots with more than one visit; `untrue`: visits told of that are not in the EHR.

    unsaid: visits in the EHR that nobody was told of, and that no hub has either.
    """

    asked: int
    slots: int
    answers: Counter[str] = field(default_factory=Counter)
    standing: int = 0
    twice: int = 0
    untrue: int = 0
    unsaid: int = 0
    lost: int = 0
    met: int = 0
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        """Whether every promise was kept."""
        return not (self.twice or self.untrue or self.unsaid)


async def rush(hubs: Sequence[FhirBackend], remote: Sequence[str], asked: int, line: Lossy, lose: float) -> Report:
    """`asked` bookings at once for the EHR's slots `remote`, each by a person of one of the hubs.

    line: what the hubs reach the EHR by; meanwhile it loses a share of the answers.
    """
    report = Report(asked=asked, slots=len(remote))
    places = [[await hub.slot_id(one) for one in remote] for hub in hubs]

    async def ask(n: int) -> Appointment | Taken | None:
        hub, person = hubs[n % len(hubs)], n // len(hubs)
        slot_id = places[n % len(hubs)][person % len(remote)]
        for _ in range(3):
            # As whoever asks for a person does: again under the same key, or not.
            try:
                return await hub.scheduling.book(slot_id, hub.persons[person], f"rush-{n}")
            except SchedulingError:
                continue
        return None

    began, line.share = time.monotonic(), lose
    answers = await asyncio.gather(*(ask(n) for n in range(asked)))
    report.seconds, line.share, report.lost, report.met = time.monotonic() - began, 0.0, line.lost, line.met
    report.answers = Counter("failed" if one is None else type(one).__name__.lower() for one in answers)
    for hub in hubs:
        hub.clock.advance(timedelta(minutes=5))
        await hub.scheduling.sweep_holds()
        await hub.scheduling.poll()
    await _judge(report, hubs, places, remote, answers)
    return report


async def _judge(
    report: Report,
    hubs: Sequence[FhirBackend],
    places: Sequence[Sequence[str]],
    remote: Sequence[str],
    answers: Sequence[Appointment | Taken | None],
) -> None:
    """Hold what was told against what the EHR has."""
    there = [one for one in await hubs[0].ehr.all("Appointment") if one["status"] == "booked"]
    taken = Counter(one["slot"][0]["reference"].removeprefix("Slot/") for one in there)
    report.standing, report.twice = len(there), sum(count > 1 for count in taken.values())
    booked = {
        (one["slot"][0]["reference"].removeprefix("Slot/"), who["actor"]["reference"].removeprefix("Patient/"))
        for one in there
        for who in one["participant"]
    }
    known = set()
    for n, hub in enumerate(hubs):
        slots = dict(zip(places[n], remote, strict=True))
        patients = dict(zip(hub.persons, hub.patients, strict=True))
        for visit in (one for one in answers[n :: len(hubs)] if isinstance(one, Appointment)):
            report.untrue += (slots[str(visit.slot_id)], patients[visit.person_id]) not in booked
        known |= {
            (slots[visit.slot_id], patients[visit.person_id])
            for person in hub.persons
            for visit in await hub.here.appointments(person, after=NOW)
            if visit.slot_id in slots
        }
    report.unsaid = sum(
        not any((slot, who) in known for who in _patients(one)) for one in there for slot in _slots(one)
    )


def _patients(resource: dict[str, object]) -> list[str]:
    people: list[dict[str, dict[str, str]]] = resource["participant"]  # type: ignore[assignment]
    return [one["actor"]["reference"].removeprefix("Patient/") for one in people]


def _slots(resource: dict[str, object]) -> list[str]:
    slots: list[dict[str, str]] = resource["slot"]  # type: ignore[assignment]
    return [one["reference"].removeprefix("Slot/") for one in slots]


async def run(url: str, folder: Path, *, hubs: int, asked: int, slots: int, lose: float) -> Report:
    """Make the hubs, each over a database of its own, open the slots in the EHR, and let everybody ask."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(lossy(url, 0.0))
        made: list[FhirBackend] = []
        await asyncio.to_thread(migrate.upgrade, sqlite_url(folder / "new.db"))
        for n in range(hubs):
            shutil.copyfile(folder / "new.db", folder / f"hub{n}.db")
            db = await Database.open(sqlite_url(folder / f"hub{n}.db"))
            stack.push_async_callback(db.close)
            # Each hub has keys of its own: its marks are no other's.
            vault, clock = Vault(Keyring.create(NOW)), FixedClock(NOW)
            await db.write(lambda conn, vault=vault: vault.found(conn, NOW))  # type: ignore[misc]
            hub = FhirBackend(line.url, db, vault, clock, Trail(vault, clock))
            stack.push_async_callback(hub.close)
            await hub.populate(-(-asked // hubs))
            made.append(hub)
        ehr = Ehr(url)
        stack.push_async_callback(ehr.close)
        remote = await ehr.slots([Opening(start=at(9 + n % 8, day=at(9).date() + days(n // 8))) for n in range(slots)])
        for hub in made:
            await hub.scheduling.poll()
        return await rush(made, remote, asked, line, lose)


def main() -> None:
    """Run it, say what came of it, and exit 0 only if every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.booking", description=__doc__.partition("\n")[0])
    parser.add_argument("--hubs", type=int, default=4)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--slots", type=int, default=20)
    parser.add_argument("--lose", type=float, default=0.0, help="the share of the EHR's answers that are lost")
    options = parser.parse_args()
    if reason := missing():
        raise SystemExit(reason)
    server = FhirServer.start()
    try:
        with tempfile.TemporaryDirectory(prefix="carehub-booking-") as folder:
            report = asyncio.run(
                run(
                    server.url,
                    Path(folder),
                    hubs=options.hubs,
                    asked=options.asked,
                    slots=options.slots,
                    lose=options.lose,
                )
            )
    finally:
        server.close()
    told = ", ".join(f"{count} {what}" for what, count in sorted(report.answers.items()))
    print(f"{report.asked} asked for {report.slots} slots in {report.seconds:.1f} s: {told}")
    print(f"{report.met} changes came second and were refused; {report.lost} answers were lost on the way")
    print(f"in the EHR: {report.standing} booked, {report.twice} slots twice")
    print(f"told of and not there: {report.untrue}; there and known to no hub: {report.unsaid}")
    raise SystemExit(0 if report.well else 1)


if __name__ == "__main__":
    main()
