"""Parsing aside: what runs away, dies or breaks is one mail kept as unreadable, and the next one is read."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from channels.mail import limits
from channels.mail.aside import Aside, Unreadable
from channels.mail.parsing import parse
from tests.mail.hostile import READ, REFUSED, mail
from tests.shared import SHARED, needs_shared


@pytest.fixture
async def aside() -> AsyncIterator[Aside]:
    made = Aside(1)
    yield made
    await made.close()


async def test_a_mail_is_read_as_it_is_here(aside: Aside) -> None:
    raw = mail(b"I'll come.")

    assert await aside.parse(raw) == parse(raw)
    assert await aside.parse(raw) == parse(raw)
    assert aside.killed == 0


@pytest.mark.parametrize("name", REFUSED)
async def test_what_would_cost_too_much_is_refused_by_counting(aside: Aside, name: str) -> None:
    make, reason = REFUSED[name]
    raw = make()

    with pytest.raises(Unreadable) as refused:
        await aside.parse(raw)
    with pytest.raises(limits.TooMuch) as counted:
        limits.examine(raw)

    assert refused.value.reason == counted.value.reason == reason
    assert aside._idle == []


def test_counting_stops_where_the_limit_is() -> None:
    for name in ("100,000 parts", "31 nested parts", "1,000 mails within mails"):
        with pytest.raises(limits.TooMuch) as counted:
            limits.examine(REFUSED[name][0]())

        assert counted.value.counted <= limits.MOST_PARTS + 1


@pytest.mark.parametrize("name", READ)
async def test_what_is_odd_is_read(aside: Aside, name: str) -> None:
    found = await aside.parse(READ[name]())

    assert len(found.text) <= 100_000
    found.text.encode("utf-8")


@pytest.mark.parametrize(
    ("fault", "reason"), [("loop", "slow"), ("exit", "died"), ("raise", "broken"), ("memory", "broken")]
)
async def test_one_that_runs_away_is_killed_and_the_next_is_read(fault: str, reason: str) -> None:
    aside = Aside(1, patience=timedelta(seconds=1.5), module="tests.mail.faulty")

    with pytest.raises(Unreadable) as failed:
        await aside.parse(mail(f"FAULT {fault}".encode()))

    assert failed.value.reason == reason
    assert (await aside.parse(mail(b"I'll come."))).text == "I'll come."
    await aside.close()


async def test_the_process_has_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SMTP_URL", "smtps://hub:secret@relay.example.org")
    aside = Aside(1, module="tests.mail.faulty")

    found = await aside.parse(mail(b"FAULT environment"))

    assert "secret" not in found.text
    assert "HUB_" not in found.text
    await aside.close()


class TestTheMeasuringSets:
    pytestmark = needs_shared

    @pytest.mark.parametrize("name", ["mikel-mail", "stalwart-mail-parser"])
    async def test_every_broken_mail_is_read_or_told_unreadable(self, aside: Aside, name: str) -> None:
        files = [path for path in (SHARED / "data" / "corpora" / name).rglob("*.*") if path.is_file()]

        read, reasons = 0, list[str]()
        for path in files:
            try:
                found = await aside.parse(path.read_bytes())
            except Unreadable as kept:
                reasons.append(kept.reason)
            else:
                found.text.encode("utf-8")
                read += 1

        assert read >= 0.95 * len(files)
        assert aside.killed == 0
        assert all(reasons)
