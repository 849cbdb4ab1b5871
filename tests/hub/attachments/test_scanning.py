"""A scanner's verdict, and what becomes of a file by it.

clamd itself is asked where it is installed; else a server that speaks its protocol stands in for it.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.attachments import MOST, Clamd, Examiner, Fate, Kind, NoScanner, State, Verdict, fate, scanner
from tests.hub.attachments.clamd import EICAR, FakeClamd, Mishap
from tests.hub.attachments.test_images import a_picture, exif, saved

CLAMD = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NOTE = b"Aspirin 100 mg, one a day"
PDF = b"%PDF-1.7\n" + b"x" * 100


@pytest.fixture
async def daemon() -> AsyncIterator[FakeClamd]:
    made = FakeClamd()
    yield made
    await made.stop()


class TestClamd:
    @pytest.mark.parametrize("where", ["tcp", "unix"])
    async def test_its_verdict_is_told(self, daemon: FakeClamd, tmp_path: Path, where: str) -> None:
        clamd = Clamd(await daemon.start(tmp_path / "clamd.sock" if where == "unix" else None))

        assert await clamd.scan(NOTE) == Verdict(State.CLEAN)
        assert await clamd.scan(b"x" * 200_000 + EICAR) == Verdict(State.INFECTED, "Eicar-Test-Signature")
        assert await clamd.version() == "ClamAV 1.4.3/27000"

    @pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 500_000])
    async def test_it_gets_the_whole_file(self, daemon: FakeClamd, length: int) -> None:
        content = bytes(number % 251 for number in range(length))

        await Clamd(await daemon.start()).scan(content)

        assert daemon.seen == [content]

    async def test_what_is_too_long_for_it_is_unscanned(self, daemon: FakeClamd) -> None:
        verdict = await Clamd(await daemon.start()).scan(bytes(20_000_000))

        assert verdict == Verdict(State.UNSCANNED, "limit")

    @pytest.mark.parametrize(
        ("mishap", "detail"), [("hang", "slow"), ("drop", "error"), ("garbage", "error"), ("error", "error")]
    )
    async def test_a_scanner_in_trouble_leaves_it_unscanned(
        self, daemon: FakeClamd, mishap: Mishap, detail: str
    ) -> None:
        clamd = Clamd(await daemon.start(), seconds=0.5)
        daemon.next = mishap

        assert await clamd.scan(NOTE) == Verdict(State.UNSCANNED, detail)

    async def test_where_nobody_listens_it_is_unscanned(self, tmp_path: Path) -> None:
        for url in ("tcp://127.0.0.1:1", f"unix://{tmp_path}/none.sock"):
            assert await Clamd(url).scan(NOTE) == Verdict(State.UNSCANNED, "unreachable")

    async def test_what_is_no_clamd_is_told(self, daemon: FakeClamd) -> None:
        clamd = Clamd(await daemon.start())
        daemon.next = "garbage"

        with pytest.raises(OSError, match="no clamd"):
            await clamd.version()

    async def test_without_a_setting_there_is_none(self) -> None:
        assert isinstance(scanner(""), NoScanner)
        assert isinstance(scanner("tcp://clamd.example.org:3310"), Clamd)
        assert (await scanner("").scan(NOTE)).state is State.UNSCANNED


@pytest.mark.skipif(CLAMD is None, reason="clamd is not installed on this machine")
async def test_clamd_itself_understands_us(tmp_path: Path) -> None:
    """With one signature of our own, so that no database is fetched."""
    socket, signatures = tmp_path / "clamd.sock", tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "test.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
    config = tmp_path / "clamd.conf"
    config.write_text(
        f"Foreground yes\nLocalSocket {socket}\nDatabaseDirectory {signatures}\nStreamMaxLength 1M\n"
        f"TemporaryDirectory {tmp_path}\n"
    )
    process = await asyncio.create_subprocess_exec(str(CLAMD), "-c", str(config), stdout=asyncio.subprocess.PIPE)
    clamd = Clamd(f"unix://{socket}")

    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while b"Self checking" not in await process.stdout.readline():
                assert process.returncode is None
        clean, infected = await clamd.scan(NOTE), await clamd.scan(b"x" * 200_000 + EICAR)
        long = await clamd.scan(bytes(5_000_000))
        version = await clamd.version()
    finally:
        process.terminate()
        await process.communicate()

    assert clean == Verdict(State.CLEAN)
    assert infected.state is State.INFECTED
    assert infected.detail.startswith("Test.Eicar")
    assert long == Verdict(State.UNSCANNED, "limit")
    assert version.startswith("ClamAV")


@pytest.mark.parametrize(
    ("state", "detail", "there", "redrawn", "expected"),
    [
        (State.INFECTED, "x", True, False, Fate.QUARANTINE),
        (State.INFECTED, "x", True, True, Fate.QUARANTINE),
        (State.CLEAN, "", True, False, Fate.SERVE),
        (State.CLEAN, "", True, True, Fate.SERVE),
        (State.UNSCANNED, "none", False, False, Fate.WARN),
        (State.UNSCANNED, "none", False, True, Fate.SERVE),
        (State.UNSCANNED, "unreachable", True, False, Fate.WAIT),
        (State.UNSCANNED, "slow", True, True, Fate.SERVE),
        (State.UNSCANNED, "limit", True, False, Fate.WARN),
    ],
)
def test_what_follows_from_a_verdict(state: State, detail: str, there: bool, redrawn: bool, expected: Fate) -> None:
    assert fate(Verdict(state, detail), scanner_there=there, redrawn=redrawn) is expected


class TestExamining:
    async def test_a_picture_is_drawn_anew_and_served(self) -> None:
        content = saved(a_picture(), "JPEG", exif=exif())

        examined = await Examiner(NoScanner()).examine(content)

        assert (examined.fate, examined.kind) == (Fate.SERVE, Kind.JPEG)
        assert b"canary-of-the-camera" not in examined.content
        assert "content" not in repr(examined)

    async def test_a_document_is_kept_as_it_is(self, daemon: FakeClamd) -> None:
        examined = await Examiner(Clamd(await daemon.start())).examine(PDF)

        assert (examined.fate, examined.kind, examined.content) == (Fate.SERVE, Kind.PDF, PDF)

    async def test_what_is_infected_is_kept_as_it_came_and_given_to_nobody(self, daemon: FakeClamd) -> None:
        content = saved(a_picture(), "PNG") + EICAR

        examined = await Examiner(Clamd(await daemon.start())).examine(content)

        assert (examined.fate, examined.reason) == (Fate.QUARANTINE, "infected")
        assert examined.content == content

    async def test_without_its_scanner_a_document_waits(self) -> None:
        examined = await Examiner(Clamd("tcp://127.0.0.1:1")).examine(PDF)

        assert (examined.fate, examined.reason, examined.content) == (Fate.WAIT, "unscanned", PDF)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (bytes(MOST + 1), "too_long"),
            (b"MZ\x90\x00", "kind"),
            (b"\x89PNG\r\n\x1a\n", "unreadable"),
        ],
        ids=["empty", "too-long", "program", "broken"],
    )
    async def test_of_what_is_refused_nothing_is_kept(self, content: bytes, reason: str) -> None:
        examined = await Examiner(NoScanner()).examine(content)

        assert (examined.fate, examined.reason, examined.content, examined.kind) == (Fate.REFUSE, reason, b"", None)
