"""The check: passes on a hub that works, whenever it runs, and fails on one that does not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels.carrier import Carrier
from hub.crypto import Keyring
from hub.demo import check
from hub.demo.check import ALL
from hub.demo.line import Line, SceneFailed
from tests.hub.demo.clinic_running import CLINIC, MovingClock, Running, running


@pytest.mark.parametrize(
    ("start", "carrier_keeps_block_list"),
    [
        pytest.param("2026-03-02T10:00-05:00", False, id="monday-morning"),
        pytest.param("2026-03-06T18:30-05:00", True, id="friday-evening-before-the-clocks-change"),
        pytest.param("2026-10-31T23:40-04:00", False, id="saturday-night-before-the-clocks-change-back"),
    ],
)
async def test_every_scene_ends_as_it_must(
    start: str, carrier_keeps_block_list: bool, database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    clock = MovingClock(datetime.fromisoformat(start))
    carrier = Carrier(
        numbers=(CLINIC,),
        opt_out=carrier_keeps_block_list,
        sent_after=timedelta(0),
        delivered_after=timedelta(0),
        second=0.01,
    )
    told: list[str] = []

    async with running(database_url, tmp_path, keyring, clock=clock, carrier=carrier) as demo:
        code = await check(demo.parts, demo.outside, told.append)

    transcript = "\n".join(told)
    assert code == 0, transcript
    assert sum(line.startswith("  ✓") for line in told) == len(ALL) + 1
    assert "Maria → clinic:" in transcript
    assert "clinic → Maria:" in transcript
    assert transcript.count("sms → email → portal → voice") == 2


async def test_it_fails_and_says_why_when_the_hub_refuses_the_webhooks(clinic: Running) -> None:
    clinic.carrier.webhook = f"{clinic.base}/webhooks/twilio/nowhere"
    told: list[str] = []

    code = await check(clinic.parts, clinic.outside, told.append)

    assert code == 1
    assert sum(line == "  ✗ the hub answered the webhook with 404" for line in told) == len(ALL)


async def test_a_line_that_hears_nothing_says_so() -> None:
    line = _line(Carrier(), patience=0)

    with pytest.raises(SceneFailed, match="no answer came"):
        await line.hear()


@pytest.mark.parametrize(
    ("template", "text", "said"),
    [
        pytest.param("slots.offer", "Hi.\nI have:\n1) Mon\nReply with a number or another day.", True, id="in"),
        pytest.param("slots.propose", "I have Mon 3 with Dr. Kim. Book it? Reply YES or NO.", True, id="whole"),
        pytest.param("slots.propose", "I have:\n1) Mon\nReply with a number or another day.", False, id="other"),
    ],
)
def test_what_the_clinic_says_is_recognised_by_its_template(template: str, text: str, said: bool) -> None:
    assert _line(Carrier()).is_said(template, text) is said


def _line(carrier: Carrier, patience: float = 1.0) -> Line:
    return Line(
        carrier=carrier,
        clinic=CLINIC,
        name="James",
        number="+12025550112",
        language="en",
        tell=lambda _: None,
        patience=patience,
    )
