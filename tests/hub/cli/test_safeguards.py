"""`hub safeguards`, and copies of checkpoints: what is missing is exit 1, what was cut off is named."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import Keyring
from tests.hub.cli.looking import looked
from tests.hub.cli.running import Run
from tests.hub.cli.test_audit import chain


def test_what_is_missing_is_told_and_is_exit_1(run: Run, founded: Path) -> None:
    ended = run("safeguards", "--json")

    found = {one["name"]: one for one in json.loads(ended.out)["safeguards"]}
    assert ended.code == 1
    assert (found["sealing"]["state"], found["backup"]["reason"]) == ("in_place", "never")
    assert all(one["reason"] != "failed" for one in found.values())


def test_a_chain_cut_short_with_its_checkpoint_is_found_by_a_copy(run: Run, founded: Path, keyring: Keyring) -> None:
    chain(founded, keyring, 5)
    copies = founded / "copies.jsonl"
    copied = run("audit", "copy")
    copies.write_text(copied.out + "\n")

    whole = run("audit", "verify", "--against", str(copies))
    last = json.loads(copied.out)["seq"]

    async def cut(conn: AsyncConnection) -> None:
        await conn.exec_driver_sql("DELETE FROM audit_checkpoint WHERE seq > 4")
        await conn.exec_driver_sql(f"DELETE FROM audit_event WHERE seq IS NULL OR seq > {last - 1}")
        await conn.exec_driver_sql(f"DELETE FROM audit_link WHERE seq > {last - 1}")

    looked(founded, cut)
    short = run("audit", "verify", "--against", str(copies))
    copies.write_text("{}\n")
    other = run("audit", "verify", "--against", str(copies))

    assert (copied.code, whole.code, whole.out.endswith(", 1 copies agree\n")) == (0, 0, True)
    assert (short.code, short.lines) == (1, [f"hub: the chain ends before link {last}, of which a copy was kept"])
    assert (other.code, "no checkpoint" in other.err) == (2, True)
