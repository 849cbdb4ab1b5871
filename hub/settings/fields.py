"""Every setting: its variable, its meaning, its default."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hub.errors import SettingsError
from hub.hours import OpeningHours
from hub.settings import parsing
from hub.settings.secret import Secret


def _setting(
    name: str, meaning: str, parse: Callable[[str], Any], default: Any, *, shown: str = "", told: bool = True
) -> Any:
    """One variable: its parser, default and the words README prints for both; not `told` where it may hold a secret."""
    metadata = {"name": name, "meaning": meaning, "parse": parse, "shown": shown or str(default)}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=metadata, repr=told)
    return field(default=default, metadata=metadata, repr=told)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides. Every default works for `hub demo` and `hub serve` on one machine."""

    data: Path = _setting(
        "HUB_DATA",
        "folder of the embedded database, the development keyring and the trained model; mode 0700",
        parsing.path,
        Path("hub-data"),
        shown="./hub-data",
    )
    database_url: str = _setting(
        "HUB_DATABASE_URL",
        "where everything is kept: a SQLite file, or `postgresql+asyncpg://…`",
        parsing.database,
        "",
        shown="`hub.db` in `HUB_DATA`",
        told=False,
    )
    database_connections: int = _setting(
        "HUB_DATABASE_CONNECTIONS",
        "connections that one process may have to a database server",
        parsing.whole(2, 1000),
        10,
    )
    redis_url: Secret = _setting(
        "HUB_REDIS_URL",
        "Redis or Valkey, through which several processes hear of each other at once and share out jobs",
        parsing.redis,
        Secret(""),
        shown="unset: within the process",
    )
    keyring_file: Path | None = _setting(
        "HUB_KEYRING_FILE",
        "the key-encryption keys; must be given once `HUB_PUBLIC_URL` is not this machine",
        parsing.path,
        None,
        shown="`keyring.json` in `HUB_DATA`",
    )
    host: str = _setting("HUB_HOST", "address to listen on", parsing.text, "127.0.0.1")
    port: int = _setting("HUB_PORT", "port to listen on; 0 takes a free one", parsing.whole(0, 65535), 8080)
    proxies: tuple[parsing.Network, ...] = _setting(
        "HUB_PROXIES",
        "addresses or networks of the reverse proxies in front, whose `X-Forwarded-For` tells clients apart",
        parsing.networks,
        (),
        shown="unset: nobody's is believed",
    )
    public_url: str = _setting(
        "HUB_PUBLIC_URL",
        "base of every link and of webhook signatures",
        parsing.web_address,
        "",
        shown="`http://127.0.0.1:PORT`",
    )
    files_url: str = _setting(
        "HUB_FILES_URL",
        "base of the addresses that patients' files are downloaded from: a host of its own that leads to this hub",
        parsing.web_address,
        "",
        shown="unset: `HUB_PUBLIC_URL`",
    )
    clinic_name: str = _setting("HUB_CLINIC_NAME", "how the clinic names itself", parsing.text, "Maple Street Clinic")
    clinic_phone: str = _setting("HUB_CLINIC_PHONE", "the number people may call", parsing.phone, "+12025550100")
    clinic_address: str = _setting(
        "HUB_CLINIC_ADDRESS", "where the clinic is", parsing.text, "12 Maple Street, Springfield"
    )
    clinic_hours: str = _setting(
        "HUB_CLINIC_HOURS", "opening hours, as told to patients", parsing.text, "Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM"
    )
    clinic_hours_es: str = _setting(
        "HUB_CLINIC_HOURS_ES", "the same in Spanish", parsing.text, "lun-vie 8:00-18:00, sáb 9:00-13:00"
    )
    visit_needs_file: Path | None = _setting(
        "HUB_VISIT_NEEDS_FILE",
        "TOML: what to bring to a visit and how to prepare, by the kind of visit, told once it is booked",
        parsing.path,
        None,
        shown="unset: a photo ID and the insurance card",
    )
    retention_policy: str = _setting(
        "HUB_RETENTION_POLICY",
        "by what records are disposed of each night: a policy's name (`us`, `us-fl`, `us-nc`, `us-nv`) or a TOML file",
        parsing.text,
        "",
        shown="unset: nothing is disposed of by itself",
    )
    open_hours: OpeningHours = _setting(
        "HUB_OPEN",
        "when staff are there, in the clinic's zone",
        OpeningHours.parse,
        OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        shown="`Mon-Fri 08:00-18:00; Sat 09:00-13:00`",
    )
    timezone: ZoneInfo = _setting(
        "HUB_TIMEZONE", "the clinic's zone", parsing.zone, ZoneInfo("America/New_York"), shown="America/New_York"
    )
    holidays_file: Path | None = _setting(
        "HUB_HOLIDAYS_FILE",
        "days on which no campaign sends: TOML with a list `dates`",
        parsing.path,
        None,
        shown="unset: the federal holidays",
    )
    region: str = _setting("HUB_REGION", "country for numbers written without a code", parsing.region, "US")
    state: str = _setting(
        "HUB_STATE",
        "the clinic's state: ages of majority and teen access, and hours for offers where a person's own is not known",
        parsing.state,
        "",
        shown="unset",
    )
    stop_scope: str = _setting(
        "HUB_STOP_SCOPE",
        "what a bare STOP ends where the carrier has not ended all by itself: every call and text (`number`), or what "
        "the last message was about (`category`)",
        parsing.one_of("number", "category", ""),
        "",
        shown="`number`, as the rules say",
    )
    twilio_account_sid: str = _setting("HUB_TWILIO_ACCOUNT_SID", "Twilio account", parsing.text, "", shown="unset")
    twilio_auth_token: Secret = _setting(
        "HUB_TWILIO_AUTH_TOKEN", "its secret; also signs webhooks", parsing.secret, Secret(""), shown="unset"
    )
    twilio_api_url: str = _setting(
        "HUB_TWILIO_API_URL", "where Twilio's API answers", parsing.web_address, "https://api.twilio.com"
    )
    sms_from: str = _setting(
        "HUB_SMS_FROM", "the clinic's number for texts, or a messaging service", parsing.sender, "", shown="unset"
    )
    sms_rate: float = _setting(
        "HUB_SMS_RATE", "segments a second that the carrier lets the number send", parsing.rate, 1.0, shown="1"
    )
    voice_from: str = _setting(
        "HUB_VOICE_FROM", "the clinic's number for calls; may be the one for texts", parsing.number, "", shown="unset"
    )
    voice_transfer: str = _setting(
        "HUB_VOICE_TRANSFER",
        "the number that a caller who asks for a person is put through to during `HUB_OPEN`",
        parsing.number,
        "",
        shown="unset: never",
    )
    vapid_private_key: Secret = _setting(
        "HUB_VAPID_PRIVATE_KEY",
        "signs notifications to browsers (see `hub keys vapid`)",
        parsing.secret,
        Secret(""),
        shown="unset",
    )
    vapid_subject: str = _setting(
        "HUB_VAPID_SUBJECT",
        "how a push service reaches the operator: `mailto:…` or `https://…`",
        parsing.subject,
        "",
        shown="`HUB_PUBLIC_URL`",
    )
    fcm_credentials_file: Path | None = _setting(
        "HUB_FCM_CREDENTIALS_FILE",
        "the Firebase service account's key (JSON), for notifications to Android apps",
        parsing.path,
        None,
        shown="unset",
    )
    apns_key_file: Path | None = _setting(
        "HUB_APNS_KEY_FILE",
        "Apple's signing key (`.p8`), for notifications to iOS apps",
        parsing.path,
        None,
        shown="unset",
    )
    apns_key_id: str = _setting("HUB_APNS_KEY_ID", "its id", parsing.named("A-Z0-9", "ABC123DEFG"), "", shown="unset")
    apns_team_id: str = _setting(
        "HUB_APNS_TEAM_ID", "the developer team it belongs to", parsing.named("A-Z0-9", "DEF123GHIJ"), "", shown="unset"
    )
    apns_topic: str = _setting(
        "HUB_APNS_TOPIC", "the app's bundle id", parsing.named("A-Za-z0-9.-", "org.example.clinic"), "", shown="unset"
    )
    smtp_url: Secret = _setting(
        "HUB_SMTP_URL",
        "the relay that mail leaves by: `smtp://user:pass@host:587?starttls=1` or `smtps://…`",
        parsing.server("a relay", "smtps://USER:PASSWORD@smtp.example.org", "smtp", "smtps"),
        Secret(""),
        shown="unset",
    )
    email_from: str = _setting("HUB_EMAIL_FROM", "the clinic's mailbox", parsing.mailbox, "", shown="unset")
    email_rate: float = _setting(
        "HUB_EMAIL_RATE", "mails a second that the relay lets the clinic send", parsing.rate, 10.0, shown="10"
    )
    dkim_key_file: Path | None = _setting(
        "HUB_DKIM_KEY_FILE", "private key (PEM) that signs mail", parsing.path, None, shown="unset: not signed"
    )
    dkim_selector: str = _setting("HUB_DKIM_SELECTOR", "the key's name in the DNS", parsing.label, "", shown="unset")
    inbound_smtp_host: str = _setting("HUB_INBOUND_SMTP_HOST", "address to take mail on", parsing.text, "127.0.0.1")
    inbound_smtp_port: int | None = _setting(
        "HUB_INBOUND_SMTP_PORT",
        "port to take mail on; 0 takes a free one",
        parsing.whole(0, 65535),
        None,
        shown="unset: off",
    )
    inbound_smtp_protocol: str = _setting(
        "HUB_INBOUND_SMTP_PROTOCOL", "what is spoken there: `smtp` or `lmtp`", parsing.one_of("smtp", "lmtp"), "smtp"
    )
    inbound_smtp_cert_file: Path | None = _setting(
        "HUB_INBOUND_SMTP_CERT_FILE",
        "certificate (PEM) for STARTTLS there, which is then required",
        parsing.path,
        None,
        shown="unset: plain",
    )
    inbound_smtp_key_file: Path | None = _setting(
        "HUB_INBOUND_SMTP_KEY_FILE", "its private key", parsing.path, None, shown="in the certificate's file"
    )
    imap_url: Secret = _setting(
        "HUB_IMAP_URL",
        "a mailbox to fetch mail from: `imaps://user:pass@host/INBOX`",
        parsing.server("a mailbox", "imaps://USER:PASSWORD@imap.example.org/INBOX", "imap", "imaps"),
        Secret(""),
        shown="unset: off",
    )
    mail_authserv_id: str = _setting(
        "HUB_MAIL_AUTHSERV_ID",
        "how the relay before the hub names itself in `Authentication-Results`; only its word is believed",
        parsing.label,
        "",
        shown="unset: no sender is authenticated",
    )
    accept_queue: int = _setting(
        "HUB_ACCEPT_QUEUE",
        "webhooks that may wait for the database before the hub answers 503",
        parsing.whole(1, 1_000_000),
        2000,
    )
    reconcile_after: float = _setting(
        "HUB_RECONCILE_AFTER",
        "seconds to wait before asking the carrier what became of a text whose answer was lost",
        parsing.rate,
        60.0,
        shown="60",
    )
    content_levels: Mapping[str, str] = _setting(
        "HUB_CONTENT_LEVELS",
        "the most that a text may reveal by channel, where it is not the default: `none`, `limited` or `full`, such as "
        "`email=full voice=none`; what says more is read in the portal",
        parsing.pairs(("sms", "voice", "email", "push"), parsing.one_of("none", "limited", "full")),
        MappingProxyType({}),
        shown="`sms=limited voice=limited email=limited push=none`",
    )
    unread_after: Mapping[str, timedelta] = _setting(
        "HUB_UNREAD_AFTER",
        "how long a message of a purpose may lie unread, where reading shows, before it goes on by the next channel; "
        "of a purpose that is not named, for ever",
        parsing.pairs(("care", "appointment", "billing", "survey", "marketing", "emergency"), parsing.span),
        MappingProxyType(
            {
                "emergency": timedelta(minutes=15),
                "appointment": timedelta(hours=12),
                "care": timedelta(hours=24),
                "billing": timedelta(hours=72),
            }
        ),
        shown="`emergency=15m appointment=12h care=24h billing=72h`",
    )
    undelivered_after: timedelta = _setting(
        "HUB_UNDELIVERED_AFTER",
        "how long a carrier may say nothing of a text or a call that it took, before the message goes on by the next "
        "channel",
        parsing.span,
        timedelta(hours=4),
        shown="4h",
    )
    clamd_url: str = _setting(
        "HUB_CLAMD_URL",
        "ClamAV's daemon, which looks through files that come in: `tcp://HOST:3310` or `unix:///PATH`",
        parsing.scanner,
        "",
        shown="unset: not scanned",
    )
    second_factor: str = _setting(
        "HUB_SECOND_FACTOR",
        "whether staff must show a second factor, or a passkey, to sign in: `required` or `optional`",
        parsing.one_of("required", "optional"),
        "required",
    )
    password_memory: int = _setting(
        "HUB_PASSWORD_MEMORY",
        "MiB of memory that checking a password of staff takes (Argon2id), twice at a time at most",
        parsing.whole(19, 4096),
        64,
    )
    oidc_issuer: str = _setting(
        "HUB_OIDC_ISSUER",
        "the OpenID provider that staff may sign in with, as it names itself",
        parsing.web_address,
        "",
        shown="unset: off",
    )
    oidc_client_id: str = _setting(
        "HUB_OIDC_CLIENT_ID", "how the provider knows the hub", parsing.text, "", shown="unset"
    )
    oidc_client_secret: Secret = _setting(
        "HUB_OIDC_CLIENT_SECRET", "by which the hub proves itself to it", parsing.secret, Secret(""), shown="unset"
    )
    oidc_label: str = _setting(
        "HUB_OIDC_LABEL", "how staff know the provider, on the button", parsing.text, "", shown="its host"
    )
    undo_seconds: int = _setting(
        "HUB_UNDO_SECONDS",
        "seconds in which staff can take back what they sent; 0 sends at once",
        parsing.whole(0, 60),
        5,
    )
    sms_cost: int | None = _setting(
        "HUB_SMS_COST",
        "what one segment of a text costs, in thousandths of your currency: shown to staff before they send",
        parsing.whole(0, 1_000_000),
        None,
        shown="unset: not shown",
    )
    default_team: str = _setting(
        "HUB_DEFAULT_TEAM",
        "the team, by name, that threads go to which come to the staff",
        parsing.text,
        "",
        shown="unset: the oldest team",
    )
    satisfaction: str = _setting(
        "HUB_SATISFACTION",
        "`on`: whoever agreed to surveys is asked how it was once staff close a conversation; `off`: nobody is",
        parsing.one_of("on", "off"),
        "on",
    )
    slack_bot_token: Secret = _setting(
        "HUB_SLACK_BOT_TOKEN", "the Slack app's bot token", parsing.slack_token, Secret(""), shown="unset: off"
    )
    slack_signing_secret: Secret = _setting(
        "HUB_SLACK_SIGNING_SECRET", "what Slack signs its requests with", parsing.secret, Secret(""), shown="unset"
    )
    slack_channel: str = _setting(
        "HUB_SLACK_CHANNEL", "the id of the channel that staff answer in", parsing.slack_channel, "", shown="unset"
    )
    slack_api_url: str = _setting(
        "HUB_SLACK_API_URL", "where Slack's API answers", parsing.web_address, "https://slack.com/api"
    )
    slack_agreement: str = _setting(
        "HUB_SLACK_AGREEMENT",
        "`yes`: an agreement with Slack covers patients' data, and what patients write is shown there in full",
        parsing.one_of("yes", "no"),
        "no",
    )
    rasa_url: str = _setting(
        "HUB_RASA_URL",
        "a Rasa server that understands in place of the embedded engine, which stands in while it does not answer",
        parsing.web_address,
        "",
        shown="unset: the embedded engine",
    )
    rasa_token: Secret = _setting(
        "HUB_RASA_TOKEN", "what the server was given as `--auth-token`", parsing.secret, Secret(""), shown="unset"
    )
    rasa_timeout: timedelta = _setting(
        "HUB_RASA_TIMEOUT",
        "how long it may take for a text, before the embedded engine answers instead",
        parsing.span,
        timedelta(seconds=2),
        shown="2s",
    )
    rasa_env: Path = _setting(
        "HUB_RASA_ENV",
        "folder of the Python 3.10 environment that `hub bot rasa-setup` installs Rasa into",
        parsing.path,
        Path("rasa-env"),
        shown="./rasa-env",
    )
    mllp_host: str = _setting("HUB_MLLP_HOST", "address to take HL7 v2 messages on", parsing.text, "127.0.0.1")
    mllp_port: int | None = _setting(
        "HUB_MLLP_PORT",
        "port to take HL7 v2 messages on (SIU, ADT; MLLP); 0 takes a free one",
        parsing.whole(0, 65535),
        None,
        shown="unset: off",
    )
    mllp_peers: tuple[parsing.Network, ...] = _setting(
        "HUB_MLLP_PEERS",
        "addresses or networks that such messages are taken from",
        parsing.networks,
        (),
        shown="unset: this machine",
    )
    mllp_cert_file: Path | None = _setting(
        "HUB_MLLP_CERT_FILE",
        "certificate (PEM) for TLS there, which is then required",
        parsing.path,
        None,
        shown="unset: plain",
    )
    mllp_key_file: Path | None = _setting(
        "HUB_MLLP_KEY_FILE", "its private key", parsing.path, None, shown="in the certificate's file"
    )
    mllp_client_ca_file: Path | None = _setting(
        "HUB_MLLP_CLIENT_CA_FILE",
        "certificates (PEM) by one of which a sender's own must be signed",
        parsing.path,
        None,
        shown="unset: no certificate is asked for",
    )
    mllp_processing: str = _setting(
        "HUB_MLLP_PROCESSING",
        "the processing id (MSH-11) of the messages that are taken: `P` production, `T` training, `D` debugging",
        parsing.one_of("P", "T", "D"),
        "P",
    )
    mllp_authority: str = _setting(
        "HUB_MLLP_AUTHORITY",
        "the assigning authority (CX.4) whose medical record numbers are the clinic's",
        parsing.text,
        "",
        shown="unset: any",
    )
    scheduling: str = _setting(
        "HUB_SCHEDULING",
        "the scheduling system: `local`, the hub's own calendar, or `fhir:` and the address of an EHR's FHIR R4 server",
        parsing.scheduling,
        "local",
    )
    fhir_client_id: str = _setting(
        "HUB_FHIR_CLIENT_ID",
        "how the EHR knows this hub (SMART backend services)",
        parsing.text,
        "",
        shown="unset: no sign-in",
    )
    fhir_private_key: Secret = _setting(
        "HUB_FHIR_PRIVATE_KEY",
        "the key that the hub signs in with at the EHR, as PEM: EC P-384 or RSA; further ones in it are published, too",
        parsing.secret,
        Secret(""),
        shown="unset",
    )
    fhir_token_url: str = _setting(
        "HUB_FHIR_TOKEN_URL",
        "where the EHR gives tokens",
        parsing.web_address,
        "",
        shown="unset: as its `smart-configuration` says",
    )
    fhir_scopes: str = _setting(
        "HUB_FHIR_SCOPES",
        "what the hub asks to be allowed in the EHR",
        parsing.text,
        "system/Schedule.read system/Slot.read system/Slot.write system/Appointment.read system/Appointment.write "
        "system/Patient.read system/Practitioner.read system/Location.read system/HealthcareService.read",
    )
    fhir_mrn_system: str = _setting(
        "HUB_FHIR_MRN_SYSTEM",
        "the identifier system under which the EHR's patients bear their record numbers",
        parsing.text,
        "",
        shown="unset: any system that has the number",
    )
    fhir_create_patients: str = _setting(
        "HUB_FHIR_CREATE_PATIENTS",
        "`yes`: a patient whom the EHR does not know is entered there when they book; `no`: they go to staff",
        parsing.one_of("yes", "no"),
        "no",
    )
    log_level: str = _setting(
        "HUB_LOG_LEVEL", "least severe line to log", parsing.one_of("debug", "info", "warning", "error"), "info"
    )
    log_format: str = _setting(
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
