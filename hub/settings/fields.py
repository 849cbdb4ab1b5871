"""Every setting: its variable, its meaning, its default."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.errors import SettingsError
from hub.settings import parsing
from hub.settings.clinic import ClinicSettings
from hub.settings.declaring import setting
from hub.settings.staff import StaffSettings
from hub.settings.systems import SystemSettings
from hub.settings.ways import WaySettings


@dataclass(frozen=True, kw_only=True)
class Settings(SystemSettings, StaffSettings, WaySettings, ClinicSettings):
    """What an operator decides. Every default works for `hub demo` and `hub serve` on one machine.

    The bases' fields come in README's order, which is the reverse of theirs here.
    """

    log_level: str = setting(
        "HUB_LOG_LEVEL", "least severe line to log", parsing.one_of("debug", "info", "warning", "error"), "info"
    )
    log_format: str = setting(
        "HUB_LOG_FORMAT",
        "`text` or `json`",
        parsing.one_of("text", "json", ""),
        "",
        shown="`text` on a terminal, else `json`",
    )

    @property
    def base_url(self) -> str:
        """The public base address, without a trailing slash."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def told_name(self) -> str:
        """The name by which the clinic speaks to patients outside of the portal."""
        return self.sender_name or self.clinic_name

    @property
    def development(self) -> bool:
        """Whether the hub is reached on this machine only, so that it may make its own keys."""
        return urlsplit(self.base_url).hostname in parsing.LOOPBACK

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'hub.db'}"

    @property
    def keyring(self) -> Path:
        """The keyring's file."""
        return self.keyring_file or self.data / "keyring.json"

    @property
    def ehr_url(self) -> str:
        """The base address of the EHR's FHIR server; empty where the hub's own calendar is used."""
        return self.scheduling.removeprefix("fhir:") if self.scheduling != "local" else ""

    @property
    def carrier_configured(self) -> bool:
        """Whether texts go to a real account."""
        return bool(self.twilio_account_sid)

    @property
    def slack_configured(self) -> bool:
        """Whether staff are told of threads in Slack."""
        return bool(self.slack_bot_token)

    def private_folder(self) -> None:
        """Make the data folder, and let nobody else read what this process writes from now on.

        Raises: SettingsError when it cannot be made.
        """
        os.umask(0o077)
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError([f"HUB_DATA cannot be used as a folder: {error.strerror}"]) from None


def described() -> list[tuple[str, str, str]]:
    """Every setting as (name, default, meaning), in the order of README's table."""
    return [
        (f.metadata["name"], f.metadata["shown"], f.metadata["meaning"])
        for f in dataclasses.fields(Settings)
        if "name" in f.metadata
    ]
