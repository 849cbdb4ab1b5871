"""Settings of the ways to patients: texts, calls, notifications, mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from hub.settings import parsing
from hub.settings.declaring import setting
from hub.settings.secret import Secret


@dataclass(frozen=True, kw_only=True)
class WaySettings:
    """Who carries what is said, at which pace, and what may stand in it."""

    twilio_account_sid: str = setting("HUB_TWILIO_ACCOUNT_SID", "Twilio account", parsing.text, "", shown="unset")
    twilio_auth_token: Secret = setting(
        "HUB_TWILIO_AUTH_TOKEN", "its secret; also signs webhooks", parsing.secret, Secret(""), shown="unset"
    )
    twilio_api_url: str = setting(
        "HUB_TWILIO_API_URL", "where Twilio's API answers", parsing.web_address, "https://api.twilio.com"
    )
    sms_from: str = setting(
        "HUB_SMS_FROM", "the clinic's number for texts, or a messaging service", parsing.sender, "", shown="unset"
    )
    sms_rate: float = setting(
        "HUB_SMS_RATE", "segments a second that the carrier lets the number send", parsing.rate, 1.0, shown="1"
    )
    voice_from: str = setting(
        "HUB_VOICE_FROM", "the clinic's number for calls; may be the one for texts", parsing.number, "", shown="unset"
    )
    voice_transfer: str = setting(
        "HUB_VOICE_TRANSFER",
        "the number that a caller who asks for a person is put through to during `HUB_OPEN`",
        parsing.number,
        "",
        shown="unset: never",
    )
    vapid_private_key: Secret = setting(
        "HUB_VAPID_PRIVATE_KEY",
        "signs notifications to browsers (see `hub keys vapid`)",
        parsing.secret,
        Secret(""),
        shown="unset",
    )
    vapid_subject: str = setting(
        "HUB_VAPID_SUBJECT",
        "how a push service reaches the operator: `mailto:…` or `https://…`",
        parsing.subject,
        "",
        shown="`HUB_PUBLIC_URL`",
    )
    fcm_credentials_file: Path | None = setting(
        "HUB_FCM_CREDENTIALS_FILE",
        "the Firebase service account's key (JSON), for notifications to Android apps",
        parsing.path,
        None,
        shown="unset",
    )
    apns_key_file: Path | None = setting(
        "HUB_APNS_KEY_FILE",
        "Apple's signing key (`.p8`), for notifications to iOS apps",
        parsing.path,
        None,
        shown="unset",
    )
    apns_key_id: str = setting("HUB_APNS_KEY_ID", "its id", parsing.named("A-Z0-9", "ABC123DEFG"), "", shown="unset")
    apns_team_id: str = setting(
        "HUB_APNS_TEAM_ID", "the developer team it belongs to", parsing.named("A-Z0-9", "DEF123GHIJ"), "", shown="unset"
    )
    apns_topic: str = setting(
        "HUB_APNS_TOPIC", "the app's bundle id", parsing.named("A-Za-z0-9.-", "org.example.clinic"), "", shown="unset"
    )
    smtp_url: Secret = setting(
        "HUB_SMTP_URL",
        "the relay that mail leaves by: `smtp://user:pass@host:587?starttls=1` or `smtps://…`",
        parsing.server("a relay", "smtps://USER:PASSWORD@smtp.example.org", "smtp", "smtps"),
        Secret(""),
        shown="unset",
    )
    email_from: str = setting("HUB_EMAIL_FROM", "the clinic's mailbox", parsing.mailbox, "", shown="unset")
    email_rate: float = setting(
        "HUB_EMAIL_RATE", "mails a second that the relay lets the clinic send", parsing.rate, 10.0, shown="10"
    )
    dkim_key_file: Path | None = setting(
        "HUB_DKIM_KEY_FILE", "private key (PEM) that signs mail", parsing.path, None, shown="unset: not signed"
    )
    dkim_selector: str = setting("HUB_DKIM_SELECTOR", "the key's name in the DNS", parsing.label, "", shown="unset")
    inbound_smtp_host: str = setting("HUB_INBOUND_SMTP_HOST", "address to take mail on", parsing.text, "127.0.0.1")
    inbound_smtp_port: int | None = setting(
        "HUB_INBOUND_SMTP_PORT",
        "port to take mail on; 0 takes a free one",
        parsing.whole(0, 65535),
        None,
        shown="unset: off",
    )
    inbound_smtp_protocol: str = setting(
        "HUB_INBOUND_SMTP_PROTOCOL", "what is spoken there: `smtp` or `lmtp`", parsing.one_of("smtp", "lmtp"), "smtp"
    )
    inbound_smtp_cert_file: Path | None = setting(
        "HUB_INBOUND_SMTP_CERT_FILE",
        "certificate (PEM) for STARTTLS there, which is then required",
        parsing.path,
        None,
        shown="unset: plain",
    )
    inbound_smtp_key_file: Path | None = setting(
        "HUB_INBOUND_SMTP_KEY_FILE", "its private key", parsing.path, None, shown="in the certificate's file"
    )
    imap_url: Secret = setting(
        "HUB_IMAP_URL",
        "a mailbox to fetch mail from: `imaps://user:pass@host/INBOX`",
        parsing.server("a mailbox", "imaps://USER:PASSWORD@imap.example.org/INBOX", "imap", "imaps"),
        Secret(""),
        shown="unset: off",
    )
    mail_authserv_id: str = setting(
        "HUB_MAIL_AUTHSERV_ID",
        "how the relay before the hub names itself in `Authentication-Results`; only its word is believed",
        parsing.label,
        "",
        shown="unset: no sender is authenticated",
    )
    accept_queue: int = setting(
        "HUB_ACCEPT_QUEUE",
        "webhooks that may wait for the database before the hub answers 503",
        parsing.whole(1, 1_000_000),
        2000,
    )
    reconcile_after: float = setting(
        "HUB_RECONCILE_AFTER",
        "seconds to wait before asking the carrier what became of a text whose answer was lost",
        parsing.rate,
        60.0,
        shown="60",
    )
    content_levels: Mapping[str, str] = setting(
        "HUB_CONTENT_LEVELS",
        "the most that a text may reveal by channel, where it is not the default: `none`, `limited` or `full`, such as "
        "`email=full voice=none`; what says more is read in the portal",
        parsing.pairs(("sms", "voice", "email", "push"), parsing.one_of("none", "limited", "full")),
        MappingProxyType({}),
        shown="`sms=limited voice=limited email=limited push=none`",
    )
    baa_enforce: str = setting(
        "HUB_BAA_ENFORCE",
        "whether a way whose vendor has no business associate agreement on file carries nothing of a person: `yes`, "
        "`no`, or `auto`, which lets pass what was in use before there was a register, until it is recorded",
        parsing.one_of("yes", "no", "auto"),
        "auto",
    )
    unread_after: Mapping[str, timedelta] = setting(
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
    undelivered_after: timedelta = setting(
        "HUB_UNDELIVERED_AFTER",
        "how long a carrier may say nothing of a text or a call that it took, before the message goes on by the next "
        "channel",
        parsing.span,
        timedelta(hours=4),
        shown="4h",
    )
    clamd_url: str = setting(
        "HUB_CLAMD_URL",
        "ClamAV's daemon, which looks through files that come in: `tcp://HOST:3310` or `unix:///PATH`",
        parsing.scanner,
        "",
        shown="unset: not scanned",
    )
