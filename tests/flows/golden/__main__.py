"""`python -m tests.flows.golden FILE...`: prints how the conversations go now, each as it would be written down."""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.vault import Vault
from tests.flows.golden.playing import NOW, furnish, play, read
from tests.stores import sqlite_url


async def _print(paths: list[Path]) -> None:
    keyring = Keyring.create(NOW)
    with tempfile.TemporaryDirectory(prefix="carehub-golden-") as name:
        empty = Path(name) / "empty.db"
        await migrate.upgrade_async(sqlite_url(empty))
        db = await Database.open(sqlite_url(empty))
        await db.write(lambda conn: Vault(keyring).found(conn, NOW))
        await db.close()
        for path in paths:
            folder = Path(name) / path.stem
            folder.mkdir()
            persons = await furnish(empty, folder / "hub.db", keyring)
            sys.stdout.write(await play(read(path), folder / "hub.db", keyring, persons))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(_print([Path(one) for one in sys.argv[1:]]))
