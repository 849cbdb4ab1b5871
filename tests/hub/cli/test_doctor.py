"""`hub doctor`: one line for each thing the hub needs, and how to mend what is wrong."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from joserfc.jwk import ECKey

from channels.carrier import Carrier
from channels.slack.client import SCOPES
from hub.clock import SystemClock
from hub.crypto import Keyring
from hub.db import HEAD
from hub.ehr import SigningKeys
from tests.bots.bad_server import ANSWER, bad_server_aside, whole
from tests.bots.second_stage import ABSENT
from tests.hub.attachments.clamd import FakeClamd
from tests.hub.cli.looking import looked
from tests.hub.cli.running import Ended, Run
from tests.servers.child import free_port
from tests.servers.ehr import small_ehr
from tests.servers.slack import CHANNEL, FakeSlack
from tests.servers.slack import TOKEN as SLACK_TOKEN
from tests.servers.tokens import CLIENT, TokenEndpoint
from tests.servers.valkey import PASSWORD, Valkey

TOKEN = "canary-auth-token"


def findings(ended: Ended) -> dict[str, tuple[str, str]]:
    """(state, words) of each part, the last line of it."""
    found = {}
    for line in ended.out.splitlines():
        state, part, words = line.split(maxsplit=2)
        found[part] = (state, words)
    return found


@contextmanager
def elsewhere() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs what it is given in another thread's loop, so that a server answers while the command runs in this one."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def carrier() -> Iterator[Carrier]:
    """A simulated carrier that answers from a thread of its own."""
    made = Carrier(numbers=("+12025550100",))
    with elsewhere() as run_there:
        run_there(made.start())
        yield made
        run_there(made.stop())


def account(of: Carrier, token: str) -> dict[str, str]:
    return {
        "HUB_TWILIO_ACCOUNT_SID": of.account_sid,
        "HUB_TWILIO_AUTH_TOKEN": token,
        "HUB_TWILIO_API_URL": of.base_url,
        "HUB_SMS_FROM": "+12025550100",
    }


def test_before_the_first_start_there_is_nothing_to_mend(run: Run, data: Path) -> None:
    ended = run("doctor")

    assert (ended.code, ended.err) == (0, "")
    assert {part: state for part, (state, _) in findings(ended).items()} == {
        "settings": "ok",
        "database": "note",
        "channels": "note",
        "scanner": "note",
    }
    assert not data.exists()


def test_a_hub_in_order_is_told_so(run: Run, founded: Path, keyring: Keyring) -> None:
    ended = run("doctor")

    found = findings(ended)
    assert ended.code == 0
    assert found["database"] == ("ok", f"answers; at revision {HEAD}")
    assert found["keys"][0] == "ok"
    assert keyring.active in found["keys"][1]


def test_a_database_without_keys_yet_is_no_fault_on_this_machine(run: Run, data: Path) -> None:
    run("migrate")

    ended = run("doctor")

    assert ended.code == 0
    assert findings(ended)["keys"][0] == "note"


def test_a_rasa_server_that_is_not_there_is_told_with_what_mends_it(run: Run, founded: Path) -> None:
    ended = run("doctor", HUB_RASA_URL=f"http://127.0.0.1:{free_port()}")

    state, words = findings(ended)["rasa"]
    assert (ended.code, state) == (1, "wrong")
    assert words.startswith("is not there: check HUB_RASA_URL, or run `hub bot rasa-serve`")


@pytest.mark.parametrize(
    ("answers", "state", "words"),
    [
        ([whole({"version": "3.6.21"}), whole({}), whole(ANSWER)], "ok", "answers (Rasa 3.6.21)"),
        ([whole({}, 401)], "wrong", "refuses the token: check HUB_RASA_TOKEN"),
        ([whole({}, 409)], "wrong", "has no model yet: `hub bot train --engine rasa` trains one"),
        ([whole(b"hello")], "wrong", "does not answer as it must (unreadable): check HUB_RASA_URL"),
    ],
    ids=["well", "another token", "no model", "something else"],
)
def test_a_rasa_server_is_asked_what_it_is(
    run: Run, founded: Path, answers: list[bytes | None], state: str, words: str
) -> None:
    with bad_server_aside(*answers) as url:
        ended = run("doctor", HUB_RASA_URL=url, HUB_RASA_TOKEN="sesame")

    found, told = findings(ended)["rasa"]
    assert (found, told.startswith(words)) == (state, True)
    assert "sesame" not in ended.out


def test_a_second_stage_that_is_not_there_is_told_with_what_mends_it(run: Run, founded: Path) -> None:
    ended = run("doctor", HUB_EMBEDDING="on")

    state, words = findings(ended)["embedding"]
    assert state == "wrong"
    assert ("see docs/bot.md" if ABSENT else "`hub bot train` trains it") in words
    assert ended.code == 1


def test_a_rasa_server_elsewhere_without_tls_is_noted(run: Run, founded: Path) -> None:
    ended = run("doctor", HUB_RASA_URL="http://rasa.invalid:5005")

    assert "note   rasa       what patients write goes to it unencrypted" in ended.out


def test_wrong_settings_are_all_told_and_exit_with_2(run: Run) -> None:
    ended = run("doctor", HUB_PORT="eighty", HUB_REGION="usa")

    assert ended.code == 2
    assert len(ended.out.splitlines()) == 2
    assert all(line.startswith("wrong  settings   HUB_") for line in ended.out.splitlines())


@pytest.mark.parametrize(
    ("part", "statement", "words"),
    [
        ("database", "UPDATE alembic_version SET version_num = '0000'", "run `hub migrate`"),
        ("keys", "UPDATE key_canary SET blind = x'00'", "not the one this database was sealed with"),
        ("keys", "DELETE FROM key_canary", "whole backup"),
    ],
    ids=["old schema", "another database's canary", "no canary"],
)
def test_a_database_out_of_order_is_told_with_what_mends_it(
    run: Run, founded: Path, part: str, statement: str, words: str
) -> None:
    looked(founded, lambda conn: conn.exec_driver_sql(statement))

    ended = run("doctor")

    state, said = findings(ended)[part]
    assert ended.code == 1
    assert state == "wrong"
    assert words in said


def test_a_file_that_is_no_database_is_told(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "hub.db").write_bytes(b"somebody's letter " * 100)

    ended = run("doctor")

    assert (ended.code, ended.err) == (1, "")
    assert findings(ended)["database"] == ("wrong", "the database cannot be opened (DatabaseError)")


class TestKeyring:
    def test_another_databases_is_told(self, run: Run, founded: Path) -> None:
        Keyring.create(SystemClock().now()).save(founded / "keyring.json")

        ended = run("doctor")

        assert ended.code == 1
        assert "restore the keyring this database was sealed with" in findings(ended)["keys"][1]

    def test_a_missing_one_is_told(self, run: Run, founded: Path) -> None:
        (founded / "keyring.json").unlink()

        ended = run("doctor")

        assert ended.code == 1
        assert findings(ended)["keys"][0] == "wrong"

    def test_one_that_others_can_read_is_told(self, run: Run, founded: Path) -> None:
        (founded / "keyring.json").chmod(0o644)

        ended = run("doctor")

        assert ended.code == 1
        assert "chmod 600" in findings(ended)["keys"][1]


class TestCarrier:
    def test_credentials_that_the_carrier_takes_are_told(self, run: Run, founded: Path) -> None:
        with carrier() as phone:
            ended = run("doctor", **account(phone, phone.auth_token))

        assert ended.code == 0, ended.out
        assert findings(ended)["sms"] == ("ok", "the provider takes our credentials")

    def test_credentials_that_it_refuses_are_told_and_never_shown(self, run: Run, founded: Path) -> None:
        with carrier() as phone:
            ended = run("doctor", **account(phone, TOKEN))

        assert ended.code == 1
        assert findings(ended)["sms"][0] == "wrong"
        assert TOKEN not in ended.out + ended.err

    def test_a_carrier_that_does_not_answer_is_told(self, run: Run, founded: Path) -> None:
        with carrier() as phone:
            gone = account(phone, phone.auth_token)

        ended = run("doctor", **gone)

        assert ended.code == 1
        assert findings(ended)["sms"][0] == "wrong"


class TestPush:
    def test_the_ways_that_are_set_up_are_told(self, run: Run, founded: Path) -> None:
        key = run("keys", "vapid").out.strip()

        ended = run("doctor", HUB_VAPID_PRIVATE_KEY=key, HUB_VAPID_SUBJECT="mailto:it@clinic.example.org")

        assert ended.code == 0, ended.out
        assert [line.split(None, 2)[2] for line in ended.out.splitlines() if line.split()[1] == "push"] == [
            "set up for Web Push",
            "whoever can be asked takes our credentials",
        ]

    def test_a_key_that_cannot_be_used_is_told_and_never_shown(self, run: Run, founded: Path) -> None:
        ended = run("doctor", HUB_VAPID_PRIVATE_KEY="canary-key", HUB_VAPID_SUBJECT="mailto:it@clinic.example.org")

        assert ended.code == 1
        assert findings(ended)["channels"] == (
            "wrong",
            "HUB_VAPID_PRIVATE_KEY is not a key as `hub keys vapid` makes it",
        )
        assert "canary-key" not in ended.out + ended.err


class TestScanner:
    def test_one_that_answers_is_told(self, run: Run, founded: Path) -> None:
        daemon = FakeClamd()
        with elsewhere() as run_there:
            url = run_there(daemon.start())
            ended = run("doctor", HUB_CLAMD_URL=url)
            run_there(daemon.stop())

        assert ended.code == 0, ended.out
        assert findings(ended)["scanner"] == ("ok", "answers (ClamAV 1.4.3)")

    def test_one_that_is_away_is_told(self, run: Run, founded: Path) -> None:
        ended = run("doctor", HUB_CLAMD_URL=f"tcp://127.0.0.1:{free_port()}")

        assert ended.code == 1
        assert "HUB_CLAMD_URL" in findings(ended)["scanner"][1]


class TestRedis:
    def test_one_that_answers_is_told(self, run: Run, founded: Path, valkey: Valkey) -> None:
        ended = run("doctor", HUB_REDIS_URL=valkey.url)

        assert ended.code == 0
        assert re.fullmatch(r"answers \(Valkey \d+\.\d+\.\d+\)", findings(ended)["redis"][1])

    def test_one_that_is_away_is_told(self, run: Run, founded: Path) -> None:
        ended = run("doctor", HUB_REDIS_URL=f"redis://127.0.0.1:{free_port()}")

        assert ended.code == 1
        assert findings(ended)["redis"][0] == "wrong"
        assert "no answer: check HUB_REDIS_URL" in findings(ended)["redis"][1]

    def test_one_that_refuses_the_password_is_told_and_never_shown(
        self, run: Run, founded: Path, valkey: Valkey
    ) -> None:
        ended = run("doctor", HUB_REDIS_URL=valkey.url.replace(PASSWORD, TOKEN))

        assert ended.code == 1
        assert findings(ended)["redis"][1].startswith("refuses the password")
        assert TOKEN not in ended.out + ended.err


class TestSlack:
    @staticmethod
    def told(run: Run, **changes: Any) -> tuple[str, str]:
        slack = FakeSlack()
        for name, value in changes.items():
            setattr(slack, name, value)
        with elsewhere() as run_there:
            run_there(slack.start())
            ended = run(
                "doctor",
                HUB_SLACK_BOT_TOKEN=SLACK_TOKEN,
                HUB_SLACK_SIGNING_SECRET="canary-signing",
                HUB_SLACK_CHANNEL=CHANNEL,
                HUB_SLACK_API_URL=slack.url,
            )
            run_there(slack.stop())
        assert SLACK_TOKEN not in ended.out + ended.err
        assert "canary" not in ended.out + ended.err
        return findings(ended)["slack"]

    def test_an_app_that_is_in_the_channel_is_told(self, run: Run, founded: Path) -> None:
        assert self.told(run) == (
            "ok",
            "takes the token, and the app is in the channel; no patient's words are shown",
        )

    def test_what_is_wrong_is_told_with_what_mends_it(self, run: Run, founded: Path) -> None:
        assert "invite it there" in self.told(run, in_channel=False)[1]
        assert "lacks reactions:write" in self.told(run, scopes=SCOPES - {"reactions:write"})[1]
        assert "install the app again" in self.told(run, refusing={"auth.test": "token_revoked"})[1]


class TestEhr:
    KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()

    def told(self, run: Run, capabilities: dict[str, Any] | None = None, **given: str) -> tuple[str, str]:
        tokens = TokenEndpoint(SigningKeys(self.KEY).published()) if given else None
        with elsewhere() as run_there:
            opened = small_ehr(tokens)
            ehr = run_there(opened.__aenter__())
            ehr.capabilities |= capabilities or {}
            ended = run("doctor", HUB_SCHEDULING=f"fhir:{ehr.url}", **given)
            run_there(opened.__aexit__(None, None, None))
        assert self.KEY.splitlines()[1] not in ended.out + ended.err
        return findings(ended)["ehr"]

    def test_one_that_answers_is_told(self, run: Run, founded: Path) -> None:
        operations = [{"name": name} for name in ("find", "hold", "book")]
        own = {"rest": [{"mode": "server", "resource": [{"type": "Appointment", "operation": operations}]}]}

        assert self.told(run) == (
            "ok",
            "answers FHIR 4.0.1 and asks for no sign-in; times are kept by the status of slots",
        )
        assert self.told(run, own, HUB_FHIR_CLIENT_ID=CLIENT, HUB_FHIR_PRIVATE_KEY=self.KEY) == (
            "ok",
            "answers FHIR 4.0.1 and takes our sign-in (ES384); times are kept by its own operations",
        )

    def test_what_is_wrong_is_told_with_what_mends_it(self, run: Run, founded: Path) -> None:
        other = {"HUB_FHIR_CLIENT_ID": "somebody", "HUB_FHIR_PRIVATE_KEY": self.KEY}

        assert "ask for its R4 address" in self.told(run, {"fhirVersion": "5.0.0"})[1]
        assert "check HUB_FHIR_CLIENT_ID" in self.told(run, **other)[1]
        assert "HUB_FHIR_PRIVATE_KEY must be" in self.told(run, **{**other, "HUB_FHIR_PRIVATE_KEY": "a-key"})[1]

    def test_one_that_is_away_is_told(self, run: Run, founded: Path) -> None:
        ended = run("doctor", HUB_SCHEDULING=f"fhir:http://127.0.0.1:{free_port()}/fhir")

        assert ended.code == 1
        assert findings(ended)["ehr"] == ("wrong", "the EHR cannot be reached: check HUB_SCHEDULING")


def test_it_changes_nothing(run: Run, founded: Path) -> None:
    before = {one.name: one.read_bytes() for one in founded.iterdir()}

    run("doctor")

    assert {one.name: one.read_bytes() for one in founded.iterdir()} == before
    assert json.loads(before["keyring.json"])
