"""What of the push channel an operator sets up, and what is said of keys that cannot be used."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from channels import registry
from channels.push import PushChannel
from channels.pushing.vapid import VapidKey
from hub.errors import SettingsError
from hub.settings import Secret, Settings
from hub.types import ChannelKind
from tests.channels.push_services import Apple, Firebase, pem


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All three ways, set up."""
    (tmp_path / "fcm.json").write_text(json.dumps(Firebase().credentials()))
    (tmp_path / "apns.p8").write_text(pem(ec.generate_private_key(ec.SECP256R1())))
    return Settings(
        public_url="https://hub.example.org",
        vapid_private_key=Secret(VapidKey.create().private),
        fcm_credentials_file=tmp_path / "fcm.json",
        apns_key_file=tmp_path / "apns.p8",
        apns_key_id=Apple.KEY_ID,
        apns_team_id=Apple.TEAM_ID,
        apns_topic=Apple.TOPIC,
    )


async def test_all_three_ways_make_one_channel(settings: Settings) -> None:
    channel = registry.build(settings)[ChannelKind.PUSH]

    assert isinstance(channel, PushChannel)
    assert channel.told() == "set up for Web Push, FCM, APNs"
    await channel.close()


@pytest.mark.parametrize(
    ("unset", "told"),
    [
        ({"fcm_credentials_file": None, "apns_key_file": None}, "set up for Web Push"),
        ({"vapid_private_key": Secret(""), "apns_key_file": None}, "set up for FCM"),
        ({"vapid_private_key": Secret(""), "fcm_credentials_file": None}, "set up for APNs"),
    ],
)
async def test_one_way_is_enough(settings: Settings, unset: dict[str, object], told: str) -> None:
    channel = PushChannel.from_settings(replace(settings, **unset))  # type: ignore[arg-type]

    assert channel is not None
    assert channel.told() == told
    await channel.close()


def test_without_any_there_is_no_channel() -> None:
    assert PushChannel.from_settings(Settings()) is None


def test_keys_that_cannot_be_used_are_all_named_and_none_is_shown(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "fcm.json").write_text('{"private_key": "canary"}')
    (tmp_path / "apns.p8").write_text("canary")

    with pytest.raises(SettingsError) as raised:
        PushChannel.from_settings(replace(settings, vapid_private_key=Secret("canary")))

    assert [line.split()[0] for line in raised.value.problems] == [
        "HUB_VAPID_PRIVATE_KEY",
        "HUB_FCM_CREDENTIALS_FILE",
        "HUB_APNS_KEY_FILE",
    ]
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"private_key": pem(ec.derive_private_key(7, ec.SECP256R1()))}, "RSA", id="not-rsa"),
        pytest.param({"private_key": "x"}, "service account", id="not-pem"),
        pytest.param({"project_id": 7}, "service account", id="not-text"),
    ],
)
def test_a_service_account_is_read_with_care(
    settings: Settings, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    (tmp_path / "fcm.json").write_text(json.dumps(Firebase().credentials() | change))

    with pytest.raises(SettingsError, match=words):
        PushChannel.from_settings(settings)


@pytest.mark.parametrize("name", ["fcm.json", "apns.p8"])
def test_a_file_that_is_not_there_is_said_to_be_so(settings: Settings, tmp_path: Path, name: str) -> None:
    (tmp_path / name).unlink()

    with pytest.raises(SettingsError, match="cannot be read"):
        PushChannel.from_settings(settings)


def test_a_key_of_another_curve_is_not_apples(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "apns.p8").write_text(pem(ec.generate_private_key(ec.SECP384R1())))

    with pytest.raises(SettingsError, match="P-256"):
        PushChannel.from_settings(settings)
