"""`python -m tests.replay [--direct] [--own en|es] [--limit N] [--failures DIR]`: plays dialogues, prints figures."""

import argparse
import asyncio
import collections
import logging
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.types import Language
from hub.vault import Vault
from tests.replay.direct import play_direct
from tests.replay.goals import goals
from tests.replay.own import OwnPatient
from tests.replay.patient import Patient
from tests.replay.play import Played, play, spread
from tests.stores import NOW, sqlite_url

LONG = 6
"""From so many texts on, a conversation that ended well is worth a look, too."""


async def _template(folder: Path, keyring: Keyring) -> Path:
    path = folder / "template.db"
    await migrate.upgrade_async(sqlite_url(path))
    db = await Database.open(sqlite_url(path))
    await db.write(lambda conn: Vault(keyring).found(conn, NOW))
    await db.close()
    return path


async def _play_all(limit: int, failures: Path | None, *, direct: bool, own: Language | None) -> list[Played]:
    chosen = spread(list(goals()), limit)
    keyring = Keyring.create(NOW)
    played: list[Played] = []
    folder = Path(tempfile.mkdtemp(prefix="carehub-replay-"))
    try:
        template = await _template(folder, keyring)
        for number, goal in enumerate(chosen, start=1):
            place = folder / f"d{number}"
            if direct or own is not None:
                patient = OwnPatient(goal, own) if own is not None else Patient(goal)
                one = await play_direct(goal, template, place, keyring, patient)
            else:
                one = await play(goal, template, place, keyring)
            played.append(one)
            if failures is not None and (not one.right or one.turns > LONG):
                _write(failures, one)
            sys.stderr.write(f"\r{number}/{len(chosen)}")
            sys.stderr.flush()
    finally:
        shutil.rmtree(folder)
        sys.stderr.write("\n")
    return played


def _write(failures: Path, one: Played) -> None:
    goal = one.goal
    head = [
        f"{goal.dialogue} ({goal.source}), today {goal.today:%a %Y-%m-%d}",
        f"goal: {goal.start:%a %Y-%m-%d %H:%M} with {goal.provider}",
        f"outcome: {one.outcome}, ended {one.ending}, attention {one.attention or '-'}, booked {one.booked}",
        "",
    ]
    name = f"{one.outcome.replace(' ', '-')}-{goal.dialogue.replace('/', '-')}.txt"
    (failures / name).write_text("\n".join([*head, *one.transcript]) + "\n", encoding="utf-8")


def _report(played: list[Played]) -> None:
    for source in [*sorted({one.goal.source for one in played}), "all"]:
        mine = [one for one in played if source in (one.goal.source, "all")]
        outcomes = collections.Counter(one.outcome for one in mine)
        turns = [one.turns for one in mine if one.right]
        median, mean = statistics.median(turns or [0]), statistics.fmean(turns or [0])
        counts = ", ".join(f"{name} {count}" for name, count in outcomes.most_common())
        wrong = outcomes["wrong time"] + outcomes["wrong provider"]
        print(
            f"{source}: {len(mine)} dialogues, booked {outcomes['booked'] / len(mine):.1%}, "
            f"handed over {outcomes['to staff'] / len(mine):.1%}, wrong {wrong / len(mine):.1%}, "
            f"median {median:g} texts of the patient (mean {mean:.2f}; {counts})"
        )
    reasons = collections.Counter(one.attention for one in played if one.outcome == "to staff")
    print("to staff because:", ", ".join(f"{name or '-'} {count}" for name, count in reasons.most_common()) or "-")


def main() -> int:
    """Exit 1 when any visit was booked at a time that was not wished."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=main.__doc__)
    parser.add_argument("--limit", type=int, default=10_000, help="play so many dialogues, evenly chosen")
    parser.add_argument("--direct", action="store_true", help="the bot and the calendar alone, without a hub: quicker")
    parser.add_argument(
        "--own", choices=("en", "es"), help="the patient says it in words of their own; implies --direct"
    )
    parser.add_argument("--failures", type=Path, help="folder for the transcripts of those that failed or took long")
    given = parser.parse_args()
    if given.failures is not None:
        given.failures.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.CRITICAL)
    played = asyncio.run(_play_all(given.limit, given.failures, direct=given.direct, own=given.own))
    _report(played)
    return 1 if any(one.wrong_time for one in played) else 0


if __name__ == "__main__":
    sys.exit(main())
