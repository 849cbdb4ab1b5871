"""A worker as a process of its own, to be killed: `python -m tests.hub.jobs.worker DATABASE FOLDER REDIS SECONDS`."""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

from hub.crypto import Keyring
from tests.hub.jobs.rig import open_work


async def main(database_url: str, folder: str, redis_url: str, lasts: str) -> None:
    """Run jobs until SIGTERM comes."""
    keyring = Keyring.load(Path(folder) / "keyring.json")
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    async with open_work(
        database_url,
        Path(folder),
        keyring,
        redis_url=redis_url,
        lasts=timedelta(seconds=float(lasts)),
    ) as work:
        work.runner.start()
        print("ready", flush=True)
        await asked.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
