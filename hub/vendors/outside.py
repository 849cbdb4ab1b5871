"""What is done for the hub on somebody else's machines, as far as the settings tell."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from channels.base import Channel
from consent import rules as rulebook
from hub.settings import LOOPBACK, Settings
from hub.types import ChannelKind

__all__ = ["done_outside"]


def done_outside(settings: Settings, ways: Mapping[ChannelKind, Channel]) -> dict[str, str]:
    """The services of the register that this hub uses, each with the host that is asked.

    What answers on this machine is nobody else's: the demo's carrier, a mail server of the clinic's own, the portal.
    Nor does a way count that says nothing of anybody in any case, as notices do unless the operator lets them.
    Who keeps the hub's database and backups no setting tells: that is recorded all the same, and bars nothing.
    """
    systems = {
        "slack": settings.slack_api_url if settings.slack_configured else "",
        "ehr": settings.ehr_url,
        "understanding": settings.rasa_url,
    }
    most = {kind.value: level for kind, level in rulebook.load().content.items()} | dict(settings.content_levels)
    hosts = {kind.value: channel.handed_to for kind, channel in ways.items() if most.get(kind.value) != "none"}
    hosts |= {service: urlsplit(address).hostname or "" for service, address in systems.items()}
    return {service: host for service, host in hosts.items() if host and host not in LOOPBACK}
