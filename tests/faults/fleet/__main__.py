"""`python -m tests.faults.fleet`: the promises of a fleet that is killed at random."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.fleet.run import run


def main() -> int:
    """Exit 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fleet", description=main.__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--texts", type=int, default=10_000, help="texts of all people together")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long roles are killed")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="chooses who is killed")
    parser.add_argument("--no-redis", action="store_true", help="without Valkey: work is found by looking")
    parser.add_argument("--keep", action="store_true", help="keep the logs, and say where")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carehub-fleet-"))
    folder.chmod(0o755)
    try:
        report = asyncio.run(
            run(
                folder,
                persons=given.people,
                texts=given.texts,
                seconds=given.seconds,
                every=given.every,
                seed=given.seed,
                redis=not given.no_redis,
            )
        )
    finally:
        if given.keep:
            print(f"logs: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"seed {given.seed}: {report}")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
