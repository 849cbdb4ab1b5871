"""`hub demo`: a clinic to try, on this machine only, and the same without a person."""

import re
import signal
from pathlib import Path

from tests.hub.cli.running import Run
from tests.hub.cli.test_serving import asked_to_end_once_it_can_be
from tests.hub.cli.test_understand import taught

__all__ = ["taught"]
ELSEWHERE = {
    "HUB_PUBLIC_URL": "https://hub.example.org",
    "HUB_KEYRING_FILE": "/no/such/keyring.json",
    "HUB_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "HUB_TWILIO_AUTH_TOKEN": "canary-auth-token",
    "HUB_TWILIO_API_URL": "https://api.example.org",
    "HUB_SMS_FROM": "+12025550199",
    "HUB_VOICE_FROM": "+12025550199",
    "HUB_SMTP_URL": "smtps://hub:canary-auth-token@relay.example.org",
    "HUB_EMAIL_FROM": "hello@example.org",
    "HUB_IMAP_URL": "imaps://hub:canary-auth-token@mail.example.org/INBOX",
    "HUB_MAIL_AUTHSERV_ID": "mx.example.org",
}
"""An operator's own account, which the demo must never use."""


def test_the_check_plays_every_scene_and_exits_with_0(run: Run, taught: Path) -> None:
    ended = run("demo", "--check", "--data", str(taught), **ELSEWHERE)

    assert ended.code == 0, ended.out
    assert "All ended as they must" in ended.out.splitlines()[-1]
    assert "Traceback" not in ended.err
    assert "canary-auth-token" not in ended.out + ended.err


def test_it_tells_where_to_look_and_ends_in_order_when_asked_to(run: Run, taught: Path) -> None:
    with asked_to_end_once_it_can_be(signal.SIGTERM):
        ended = run("demo", "--port", "0", "--data", str(taught), **ELSEWHERE)

    assert (ended.code, ended.out) == (0, "")
    assert re.search(r"A phone, a mailbox, the clinic +http://127\.0\.0\.1:\d+/demo$", ended.err, re.M)
    assert str(taught) in ended.err
    assert "hub: stopping" in ended.lines
    assert (taught / "hub.db").exists()
