"""The settings: environment variables (and a `.env` file), typed, checked all at once at start.

Each field of `Settings` is one variable; its metadata is what README prints. A secret may also come from a
file: `HUB_TWILIO_AUTH_TOKEN_FILE` names one. Nothing here connects to anything.
"""

import dataclasses
import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hub.errors import SettingsError
from hub.hours import OpeningHours

LATER = (
    "HUB_SLACK_BOT_TOKEN",
    "HUB_SLACK_SIGNING_SECRET",
    "HUB_SLACK_CHANNEL",
    "HUB_SLACK_API_URL",
    "HUB_RASA_URL",
    "HUB_MLLP_PORT",
)
"""Variables (or how they begin) of the public contract whose part of the product is not in this release: they are
reported, not used."""


LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that are this machine."""


class Secret:
    """A value that shows itself only when asked."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(set)" if self._value else "Secret(unset)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _text(raw: str) -> str:
    return raw.strip()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw.strip()) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def _rate(raw: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", raw.strip()) or float(raw) <= 0:
        raise ValueError("must be a number above 0, such as 1 or 0.5")
    return float(raw)


def _web_address(raw: str) -> str:
    value = raw.strip().rstrip("/")
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://hub.example.org")
    return value


def _zone(raw: str) -> ZoneInfo:
    try:
        return ZoneInfo(raw.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError("must be an IANA time zone such as America/New_York") from None


def _region(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", raw.strip()):
        raise ValueError("must be a two-letter country code such as US")
    return raw.strip()


def _phone(raw: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{5,6}", raw.strip()):
        raise ValueError("must be a number such as +12025550100, or a short code")
    return raw.strip()


def _number(raw: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", raw.strip()):
        raise ValueError("must be a number such as +12025550100")
    return raw.strip()


def _sender(raw: str) -> str:
    if re.fullmatch(r"MG[0-9a-fA-F]{32}", raw.strip()):
        return raw.strip()
    try:
        return _phone(raw)
    except ValueError:
        raise ValueError("must be a number such as +12025550100, a short code, or a messaging service (MG…)") from None


def _subject(raw: str) -> str:
    if not re.fullmatch(r"mailto:[^\s@<>]+@[^\s@<>]+|https://[^\s/]+(/\S*)?", raw.strip()):
        raise ValueError("must be mailto: and a mailbox, or an https address")
    return raw.strip()


def _named(letters: str, example: str) -> Callable[[str], str]:
    """A parser of names of those `letters` (a class of a regular expression)."""

    def parse(raw: str) -> str:
        if not re.fullmatch(rf"[{letters}]{{1,255}}", raw.strip()):
            raise ValueError(f"must be a name such as {example}")
        return raw.strip()

    return parse


def _database(raw: str) -> str:
    value = raw.strip()
    if value.startswith("sqlite+aiosqlite:///"):
        return value
    if re.fullmatch(r"postgresql\+asyncpg://[^\s/]+/[^\s/?]+(\?\S*)?", value):
        return value
    raise ValueError("must be sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME")


def _redis(raw: str) -> Secret:
    value = raw.strip()
    try:
        parts = urlsplit(value)
        there = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
        known = parts.scheme in ("redis", "rediss", "unix")
    except ValueError:
        there = known = False
    if not (known and there):
        raise ValueError(
            "must be an address such as redis://:PASSWORD@redis.example.org:6379/0 (or rediss://, unix://)"
        )
    return Secret(value)


def _scanner(raw: str) -> str:
    value = raw.strip()
    if not re.fullmatch(r"unix:///\S+|tcp://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", value):
        raise ValueError("must be tcp://HOST:PORT or unix:///PATH")
    return value


def _server(what: str, example: str, *schemes: str) -> Callable[[str], Secret]:
    """A server with credentials in its address; in plain text only on this machine."""

    def parse(raw: str) -> Secret:
        value = raw.strip()
        try:
            parts = urlsplit(value)
            whole = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(f"must be {what} such as {example}")
        sealed = parts.scheme.endswith("s") or "starttls=1" in parts.query.split("&")
        if not sealed and parts.hostname not in LOOPBACK:
            raise ValueError(f"must be encrypted: begin it with {schemes[1]}:// or end it with ?starttls=1")
        return Secret(value)

    return parse


def _mailbox(raw: str) -> str:
    value = raw.strip().lower()
    if not re.fullmatch(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", value) or len(value) > 254:
        raise ValueError("must be a mailbox such as hello@clinic.example.org")
    return value


def _label(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}", raw.strip()):
        raise ValueError("must be a name of letters, digits, dots and hyphens")
    return raw.strip().lower()


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw.strip() not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return raw.strip()

    return parse


def _path(raw: str) -> Path:
    try:
        return Path(raw.strip()).expanduser()
    except RuntimeError:
        raise ValueError("starts with ~ and a user whose home folder is not known") from None


def _setting(
    name: str, meaning: str, parse: Callable[[str], Any], default: Any, *, shown: str = "", told: bool = True
) -> Any:
    """One variable: its parser, default and the words README prints for both; not `told` where it may hold a secret."""
    metadata = {"name": name, "meaning": meaning, "parse": parse, "shown": shown or str(default)}
    return field(default=default, metadata=metadata, repr=told)


def _secret(raw: str) -> Secret:
    return Secret(raw.strip())


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides. Every default works for `hub demo` and `hub serve` on one machine."""

    data: Path = _setting(
        "HUB_DATA",
        "folder of the embedded database, the development keyring and the trained model; mode 0700",
        _path,
        Path("hub-data"),
        shown="./hub-data",
    )
    database_url: str = _setting(
        "HUB_DATABASE_URL",
        "where everything is kept: a SQLite file, or `postgresql+asyncpg://…`",
        _database,
        "",
        shown="`hub.db` in `HUB_DATA`",
        told=False,
    )
    database_connections: int = _setting(
        "HUB_DATABASE_CONNECTIONS",
        "connections that one process may have to a database server",
        _whole(2, 1000),
        10,
    )
    redis_url: Secret = _setting(
        "HUB_REDIS_URL",
        "Redis or Valkey, through which several processes hear of each other at once and share out jobs",
        _redis,
        Secret(""),
        shown="unset: within the process",
    )
    keyring_file: Path | None = _setting(
        "HUB_KEYRING_FILE",
        "the key-encryption keys; must be given once `HUB_PUBLIC_URL` is not this machine",
        _path,
        None,
        shown="`keyring.json` in `HUB_DATA`",
    )
    host: str = _setting("HUB_HOST", "address to listen on", _text, "127.0.0.1")
    port: int = _setting("HUB_PORT", "port to listen on; 0 takes a free one", _whole(0, 65535), 8080)
    public_url: str = _setting(
        "HUB_PUBLIC_URL",
        "base of every link and of webhook signatures",
        _web_address,
        "",
        shown="`http://127.0.0.1:PORT`",
    )
    clinic_name: str = _setting("HUB_CLINIC_NAME", "how the clinic names itself", _text, "Maple Street Clinic")
    clinic_phone: str = _setting("HUB_CLINIC_PHONE", "the number people may call", _phone, "+12025550100")
    clinic_address: str = _setting("HUB_CLINIC_ADDRESS", "where the clinic is", _text, "12 Maple Street, Springfield")
    clinic_hours: str = _setting(
        "HUB_CLINIC_HOURS", "opening hours, as told to patients", _text, "Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM"
    )
    clinic_hours_es: str = _setting(
        "HUB_CLINIC_HOURS_ES", "the same in Spanish", _text, "lun-vie 8:00-18:00, sáb 9:00-13:00"
    )
    open_hours: OpeningHours = _setting(
        "HUB_OPEN",
        "when staff take calls, in the clinic's zone",
        OpeningHours.parse,
        OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        shown="`Mon-Fri 08:00-18:00; Sat 09:00-13:00`",
    )
    timezone: ZoneInfo = _setting(
        "HUB_TIMEZONE", "the clinic's zone", _zone, ZoneInfo("America/New_York"), shown="America/New_York"
    )
    region: str = _setting("HUB_REGION", "country for numbers written without a code", _region, "US")
    twilio_account_sid: str = _setting("HUB_TWILIO_ACCOUNT_SID", "Twilio account", _text, "", shown="unset")
    twilio_auth_token: Secret = _setting(
        "HUB_TWILIO_AUTH_TOKEN", "its secret; also signs webhooks", _secret, Secret(""), shown="unset"
    )
    twilio_api_url: str = _setting(
        "HUB_TWILIO_API_URL", "where Twilio's API answers", _web_address, "https://api.twilio.com"
    )
    sms_from: str = _setting(
        "HUB_SMS_FROM", "the clinic's number for texts, or a messaging service", _sender, "", shown="unset"
    )
    sms_rate: float = _setting(
        "HUB_SMS_RATE", "segments a second that the carrier lets the number send", _rate, 1.0, shown="1"
    )
    voice_from: str = _setting(
        "HUB_VOICE_FROM", "the clinic's number for calls; may be the one for texts", _number, "", shown="unset"
    )
    voice_transfer: str = _setting(
        "HUB_VOICE_TRANSFER",
        "the number that a caller who asks for a person is put through to during `HUB_OPEN`",
        _number,
        "",
        shown="unset: never",
    )
    vapid_private_key: Secret = _setting(
        "HUB_VAPID_PRIVATE_KEY",
        "signs notifications to browsers (see `hub keys vapid`)",
        _secret,
        Secret(""),
        shown="unset",
    )
    vapid_subject: str = _setting(
        "HUB_VAPID_SUBJECT",
        "how a push service reaches the operator: `mailto:…` or `https://…`",
        _subject,
        "",
        shown="`HUB_PUBLIC_URL`",
    )
    fcm_credentials_file: Path | None = _setting(
        "HUB_FCM_CREDENTIALS_FILE",
        "the Firebase service account's key (JSON), for notifications to Android apps",
        _path,
        None,
        shown="unset",
    )
    apns_key_file: Path | None = _setting(
        "HUB_APNS_KEY_FILE",
        "Apple's signing key (`.p8`), for notifications to iOS apps",
        _path,
        None,
        shown="unset",
    )
    apns_key_id: str = _setting("HUB_APNS_KEY_ID", "its id", _named("A-Z0-9", "ABC123DEFG"), "", shown="unset")
    apns_team_id: str = _setting(
        "HUB_APNS_TEAM_ID", "the developer team it belongs to", _named("A-Z0-9", "DEF123GHIJ"), "", shown="unset"
    )
    apns_topic: str = _setting(
        "HUB_APNS_TOPIC", "the app's bundle id", _named("A-Za-z0-9.-", "org.example.clinic"), "", shown="unset"
    )
    smtp_url: Secret = _setting(
        "HUB_SMTP_URL",
        "the relay that mail leaves by: `smtp://user:pass@host:587?starttls=1` or `smtps://…`",
        _server("a relay", "smtps://USER:PASSWORD@smtp.example.org", "smtp", "smtps"),
        Secret(""),
        shown="unset",
    )
    email_from: str = _setting("HUB_EMAIL_FROM", "the clinic's mailbox", _mailbox, "", shown="unset")
    dkim_key_file: Path | None = _setting(
        "HUB_DKIM_KEY_FILE", "private key (PEM) that signs mail", _path, None, shown="unset: not signed"
    )
    dkim_selector: str = _setting("HUB_DKIM_SELECTOR", "the key's name in the DNS", _label, "", shown="unset")
    inbound_smtp_host: str = _setting("HUB_INBOUND_SMTP_HOST", "address to take mail on", _text, "127.0.0.1")
    inbound_smtp_port: int | None = _setting(
        "HUB_INBOUND_SMTP_PORT", "port to take mail on; 0 takes a free one", _whole(0, 65535), None, shown="unset: off"
    )
    inbound_smtp_protocol: str = _setting(
        "HUB_INBOUND_SMTP_PROTOCOL", "what is spoken there: `smtp` or `lmtp`", _one_of("smtp", "lmtp"), "smtp"
    )
    inbound_smtp_cert_file: Path | None = _setting(
        "HUB_INBOUND_SMTP_CERT_FILE",
        "certificate (PEM) for STARTTLS there, which is then required",
        _path,
        None,
        shown="unset: plain",
    )
    inbound_smtp_key_file: Path | None = _setting(
        "HUB_INBOUND_SMTP_KEY_FILE", "its private key", _path, None, shown="in the certificate's file"
    )
    imap_url: Secret = _setting(
        "HUB_IMAP_URL",
        "a mailbox to fetch mail from: `imaps://user:pass@host/INBOX`",
        _server("a mailbox", "imaps://USER:PASSWORD@imap.example.org/INBOX", "imap", "imaps"),
        Secret(""),
        shown="unset: off",
    )
    mail_authserv_id: str = _setting(
        "HUB_MAIL_AUTHSERV_ID",
        "how the relay before the hub names itself in `Authentication-Results`; only its word is believed",
        _label,
        "",
        shown="unset: no sender is authenticated",
    )
    accept_queue: int = _setting(
        "HUB_ACCEPT_QUEUE",
        "webhooks that may wait for the database before the hub answers 503",
        _whole(1, 1_000_000),
        2000,
    )
    reconcile_after: float = _setting(
        "HUB_RECONCILE_AFTER",
        "seconds to wait before asking the carrier what became of a text whose answer was lost",
        _rate,
        60.0,
        shown="60",
    )
    clamd_url: str = _setting(
        "HUB_CLAMD_URL",
        "ClamAV's daemon, which looks through files that come in: `tcp://HOST:3310` or `unix:///PATH`",
        _scanner,
        "",
        shown="unset: not scanned",
    )
    scheduling: str = _setting("HUB_SCHEDULING", "the scheduling system", _one_of("local"), "local")
    log_level: str = _setting(
        "HUB_LOG_LEVEL", "least severe line to log", _one_of("debug", "info", "warning", "error"), "info"
    )
    log_format: str = _setting(
        "HUB_LOG_FORMAT", "`text` or `json`", _one_of("text", "json", ""), "", shown="`text` on a terminal, else `json`"
    )
    unused: tuple[str, ...] = ()

    @property
    def base_url(self) -> str:
        """The public base address, without a trailing slash."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def development(self) -> bool:
        """Whether the hub is reached on this machine only, so that it may make its own keys."""
        return urlsplit(self.base_url).hostname in LOOPBACK

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'hub.db'}"

    @property
    def keyring(self) -> Path:
        """The keyring's file."""
        return self.keyring_file or self.data / "keyring.json"

    @property
    def carrier_configured(self) -> bool:
        """Whether texts go to a real account."""
        return bool(self.twilio_account_sid)

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


def load(environ: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Settings:
    """The settings out of `environ` (the process's own when None) over those in the file `dotenv`.

    Raises: SettingsError, with every problem that was found.
    """
    values = _gather(os.environ if environ is None else environ, dotenv)
    fields = {f.metadata["name"]: f for f in dataclasses.fields(Settings) if "name" in f.metadata}
    secrets = {name for name, f in fields.items() if isinstance(f.default, Secret)}
    problems: list[str] = []
    chosen: dict[str, Any] = {}

    for name in sorted(secrets):
        path = values.pop(f"{name}_FILE", "")
        if path and name in values:
            problems.append(f"{name} and {name}_FILE are both set: keep one")
        elif path:
            try:
                values[name] = Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                problems.append(f"{name}_FILE names a file that cannot be read")

    for name, raw in values.items():
        if name.startswith(LATER):
            continue
        if name not in fields:
            close = difflib.get_close_matches(name, fields, n=1)
            problems.append(f"{name} is not a setting" + (f": did you mean {close[0]}?" if close else ""))
            continue
        try:
            chosen[fields[name].name] = fields[name].metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{name} {error}")

    settings = Settings(**chosen, unused=tuple(sorted(name for name in values if name.startswith(LATER))))
    problems += _contradictions(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _gather(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """All non-empty HUB_ variables; the environment wins over the file."""
    values: dict[str, str] = {}
    if dotenv is not None and dotenv.is_file():
        from dotenv import dotenv_values

        try:
            values.update({k: v for k, v in dotenv_values(dotenv).items() if v is not None})
        except (OSError, UnicodeDecodeError):
            raise SettingsError([f"{dotenv.name} cannot be read: save it as UTF-8"]) from None
    values.update(environ)
    return {k: v for k, v in values.items() if k.startswith("HUB_") and v.strip()}


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    given = bool(settings.twilio_account_sid), bool(settings.twilio_auth_token)
    from_somewhere = bool(settings.sms_from or settings.voice_from)
    if any(given) and not (all(given) and from_somewhere):
        names = ("HUB_TWILIO_ACCOUNT_SID", "HUB_TWILIO_AUTH_TOKEN", "HUB_SMS_FROM")
        missing = [name for name, has in zip(names, (*given, from_somewhere), strict=True) if not has]
        problems.append("Twilio is half set up: set " + " and ".join(missing) + " too")
    if settings.vapid_private_key and not (settings.vapid_subject or settings.base_url.startswith("https://")):
        problems.append("HUB_VAPID_SUBJECT must be set for Web Push when HUB_PUBLIC_URL is not https")
    apns = {
        "HUB_APNS_KEY_FILE": settings.apns_key_file,
        "HUB_APNS_KEY_ID": settings.apns_key_id,
        "HUB_APNS_TEAM_ID": settings.apns_team_id,
        "HUB_APNS_TOPIC": settings.apns_topic,
    }
    if any(apns.values()) and not all(apns.values()):
        unset = [name for name, value in apns.items() if not value]
        problems.append("APNs is half set up: set " + " and ".join(unset) + " too")
    if bool(settings.smtp_url) != bool(settings.email_from):
        missing_one = "HUB_EMAIL_FROM" if settings.smtp_url else "HUB_SMTP_URL"
        problems.append(f"mail is half set up: set {missing_one} too")
    if (settings.dkim_key_file is None) != (not settings.dkim_selector):
        problems.append("HUB_DKIM_KEY_FILE and HUB_DKIM_SELECTOR go together: set both")
    if (settings.inbound_smtp_port is not None or settings.imap_url) and not settings.email_from:
        problems.append("to take mail in, set HUB_EMAIL_FROM and HUB_SMTP_URL too")
    if settings.inbound_smtp_key_file is not None and settings.inbound_smtp_cert_file is None:
        problems.append("HUB_INBOUND_SMTP_KEY_FILE needs HUB_INBOUND_SMTP_CERT_FILE")
    if not settings.development and settings.keyring_file is None:
        problems.append("HUB_KEYRING_FILE must be set when HUB_PUBLIC_URL is not this machine (see `hub keys new`)")
    return problems
