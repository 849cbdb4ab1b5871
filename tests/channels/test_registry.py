"""Which channels are found, and which are set up."""

from importlib.metadata import EntryPoint

import pytest

from channels import registry
from channels.sms import SmsChannel
from hub.errors import SettingsError
from hub.settings import Secret, Settings
from hub.types import ChannelKind


class Pigeon(SmsChannel):
    """A channel of another package, as an entry point would name it."""

    kind = ChannelKind.PUSH


class OtherSms(SmsChannel):
    """A second channel that claims to be the one for texts."""


NOT_A_CHANNEL = object()

TEXTS = Settings(
    twilio_account_sid="AC" + "0" * 32,
    twilio_auth_token=Secret("12345"),
    twilio_api_url="http://127.0.0.1:1",
    sms_from="+12025550100",
)


def named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    entry = EntryPoint(name=name, value=f"{__name__}:{name}", group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])


def test_the_packages_own_channels_are_found() -> None:
    assert SmsChannel in registry.discover()


def test_a_channel_of_another_package_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "Pigeon")

    assert registry.discover()[-1] is Pigeon


def test_an_entry_point_that_cannot_be_used_is_said_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "NOT_A_CHANNEL")

    with pytest.raises(SettingsError, match="NOT_A_CHANNEL"):
        registry.discover()


def test_two_providers_of_a_kind_may_be_there_and_only_one_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "OtherSms")

    assert list(registry.build(Settings())) == [ChannelKind.PORTAL]
    with pytest.raises(SettingsError, match="two providers of sms"):
        registry.build(TEXTS)


def test_only_what_is_set_up_is_built_and_the_portal_always_is() -> None:
    assert list(registry.build(TEXTS)) == [ChannelKind.PORTAL, ChannelKind.SMS]
    assert list(registry.build(Settings())) == [ChannelKind.PORTAL]


def test_every_channel_says_what_it_is() -> None:
    for each in registry.discover():
        assert isinstance(each.kind, ChannelKind)
        assert each.limits.max_media >= 0
        assert isinstance(each.secrets, tuple)
