"""Settings: typed, checked all at once, told in words that mend them."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.errors import SettingsError
from hub.hours import OpeningHours
from hub.settings import Secret, Settings, described, load

TOKEN = "canary-auth-token"
TWILIO = {
    "HUB_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "HUB_TWILIO_AUTH_TOKEN": TOKEN,
    "HUB_SMS_FROM": "+12025550100",
}
MAIL = {
    "HUB_SMTP_URL": "smtps://hub:p@relay.example.org",
    "HUB_EMAIL_FROM": "hello@clinic.example.org",
    "HUB_DKIM_KEY_FILE": "/etc/carehub/dkim.pem",
    "HUB_DKIM_SELECTOR": "s1",
    "HUB_INBOUND_SMTP_PORT": "2525",
    "HUB_INBOUND_SMTP_CERT_FILE": "/etc/carehub/cert.pem",
    "HUB_INBOUND_SMTP_KEY_FILE": "/etc/carehub/key.pem",
    "HUB_IMAP_URL": "imaps://hub:p@imap.example.org/INBOX",
}

APNS = {
    "HUB_APNS_KEY_FILE": "/etc/carehub/other.p8",
    "HUB_APNS_KEY_ID": "OTHER12345",
    "HUB_APNS_TEAM_ID": "OTHER67890",
    "HUB_APNS_TOPIC": "org.example.other",
}
VAPID = {"HUB_VAPID_PRIVATE_KEY": "other-key", "HUB_VAPID_SUBJECT": "mailto:other@clinic.example.org"}
SLACK = {
    "HUB_SLACK_BOT_TOKEN": "xoxb-other-token",
    "HUB_SLACK_SIGNING_SECRET": "other",
    "HUB_SLACK_CHANNEL": "C0OTHER99",
}
OPENID = {
    "HUB_OIDC_ISSUER": "https://other.example.org",
    "HUB_OIDC_CLIENT_ID": "other",
    "HUB_OIDC_CLIENT_SECRET": "other",
}
MLLP = {
    "HUB_MLLP_CERT_FILE": "/etc/carehub/other.pem",
    "HUB_MLLP_KEY_FILE": "/etc/carehub/other-key.pem",
    "HUB_MLLP_CLIENT_CA_FILE": "/etc/carehub/other-ca.pem",
}
EHR = {
    "HUB_FHIR_CLIENT_ID": "other",
    "HUB_FHIR_PRIVATE_KEY": "other",
    "HUB_FHIR_MRN_SYSTEM": "urn:oid:9",
    "HUB_FHIR_CREATE_PATIENTS": "no",
}
KMS = {
    "HUB_KMS": "vault:https://vault.example.org:8200/transit/carehub",
    "HUB_KMS_ROLE_ID": "other",
    "HUB_KMS_SECRET_ID": "other",
}
AWS = {
    "HUB_KMS": "aws:arn:aws:kms:us-east-1:111122223333:key/1234abcd",
    "HUB_KMS_ENDPOINT": "https://other.example.org",
}
TOKEN_OF_VAULT = {"HUB_KMS": KMS["HUB_KMS"], "HUB_KMS_TOKEN": "other"}
TOGETHER = [
    TWILIO,
    APNS,
    VAPID,
    MAIL,
    SLACK,
    OPENID,
    MLLP,
    EHR,
    AWS,
    KMS,
    {**KMS, "HUB_KMS_NAMESPACE": "x", "HUB_KMS_CA_FILE": "x"},
    TOKEN_OF_VAULT,
]

# name, attribute, what it is unset, a value, what that gives
VALUES: list[tuple[str, str, Any, str, Any]] = [
    ("HUB_DATA", "data", Path("hub-data"), " /srv/carehub ", Path("/srv/carehub")),
    ("HUB_DATABASE_URL", "database_url", "", "sqlite+aiosqlite:////srv/h.db", "sqlite+aiosqlite:////srv/h.db"),
    ("HUB_DATABASE_CONNECTIONS", "database_connections", 10, "25", 25),
    (
        "HUB_REDIS_URL",
        "redis_url",
        Secret(""),
        "rediss://:p@r.example.org:1/2",
        Secret("rediss://:p@r.example.org:1/2"),
    ),
    ("HUB_KEYRING_FILE", "keyring_file", None, "/etc/carehub/keys.json", Path("/etc/carehub/keys.json")),
    ("HUB_KMS", "kms", "", AWS["HUB_KMS"], AWS["HUB_KMS"]),
    ("HUB_KMS_ENDPOINT", "kms_endpoint", "", "https://vpce.example.org/", "https://vpce.example.org"),
    ("HUB_KMS_TOKEN", "kms_token", Secret(""), TOKEN, Secret(TOKEN)),
    ("HUB_KMS_ROLE_ID", "kms_role_id", "", "role", "role"),
    ("HUB_KMS_SECRET_ID", "kms_secret_id", Secret(""), TOKEN, Secret(TOKEN)),
    ("HUB_KMS_NAMESPACE", "kms_namespace", "", "clinic/one", "clinic/one"),
    ("HUB_KMS_CA_FILE", "kms_ca_file", None, "/etc/ca.pem", Path("/etc/ca.pem")),
    ("HUB_KMS_TIMEOUT", "kms_timeout", timedelta(seconds=10), "3s", timedelta(seconds=3)),
    ("HUB_HOST", "host", "127.0.0.1", "0.0.0.0", "0.0.0.0"),
    ("HUB_PORT", "port", 8080, " 0 ", 0),
    ("HUB_PROXIES", "proxies", (), "127.0.0.1, 10.0.0.0/8", (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))),
    ("HUB_PUBLIC_URL", "public_url", "", "http://localhost:8080/", "http://localhost:8080"),
    ("HUB_FILES_URL", "files_url", "", "https://files.example.org/", "https://files.example.org"),
    ("HUB_CLINIC_NAME", "clinic_name", "Maple Street Clinic", "Oak Clinic", "Oak Clinic"),
    ("HUB_CLINIC_PHONE", "clinic_phone", "+12025550100", "+12025550111", "+12025550111"),
    ("HUB_SENDER_NAME", "sender_name", "", "Riverside Health", "Riverside Health"),
    ("HUB_CLINIC_ADDRESS", "clinic_address", "12 Maple Street, Springfield", "1 Oak Lane", "1 Oak Lane"),
    ("HUB_CLINIC_HOURS", "clinic_hours", "Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM", "Daily 9-5", "Daily 9-5"),
    ("HUB_CLINIC_HOURS_ES", "clinic_hours_es", "lun-vie 8:00-18:00, sáb 9:00-13:00", "cada día 9-5", "cada día 9-5"),
    ("HUB_VISIT_NEEDS_FILE", "visit_needs_file", None, "needs.toml", Path("needs.toml")),
    ("HUB_RETENTION_POLICY", "retention_policy", "", "us-fl", "us-fl"),
    (
        "HUB_OPEN",
        "open_hours",
        OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        "Sun 10:00-12:00",
        OpeningHours.parse("Sun 10:00-12:00"),
    ),
    ("HUB_TIMEZONE", "timezone", ZoneInfo("America/New_York"), "Europe/Madrid", ZoneInfo("Europe/Madrid")),
    ("HUB_HOLIDAYS_FILE", "holidays_file", None, "days.toml", Path("days.toml")),
    ("HUB_REGION", "region", "US", "ES", "ES"),
    ("HUB_STATE", "state", "", "al", "AL"),
    ("HUB_STOP_SCOPE", "stop_scope", "", "category", "category"),
    ("HUB_TWILIO_ACCOUNT_SID", "twilio_account_sid", "", "AC1", "AC1"),
    ("HUB_TWILIO_AUTH_TOKEN", "twilio_auth_token", Secret(""), TOKEN, Secret(TOKEN)),
    (
        "HUB_TWILIO_API_URL",
        "twilio_api_url",
        "https://api.twilio.com",
        "http://127.0.0.1:9999",
        "http://127.0.0.1:9999",
    ),
    ("HUB_SMS_FROM", "sms_from", "", "55512", "55512"),
    ("HUB_SMS_RATE", "sms_rate", 1.0, "0.5", 0.5),
    ("HUB_VOICE_FROM", "voice_from", "", "+12025550101", "+12025550101"),
    ("HUB_VOICE_TRANSFER", "voice_transfer", "", "+12025550177", "+12025550177"),
    ("HUB_VAPID_PRIVATE_KEY", "vapid_private_key", Secret(""), "a-key", Secret("a-key")),
    ("HUB_VAPID_SUBJECT", "vapid_subject", "", " mailto:it@clinic.example.org ", "mailto:it@clinic.example.org"),
    ("HUB_FCM_CREDENTIALS_FILE", "fcm_credentials_file", None, "/etc/carehub/f.json", Path("/etc/carehub/f.json")),
    ("HUB_APNS_KEY_FILE", "apns_key_file", None, "/etc/carehub/a.p8", Path("/etc/carehub/a.p8")),
    ("HUB_APNS_KEY_ID", "apns_key_id", "", "ABC123DEFG", "ABC123DEFG"),
    ("HUB_APNS_TEAM_ID", "apns_team_id", "", "DEF123GHIJ", "DEF123GHIJ"),
    ("HUB_APNS_TOPIC", "apns_topic", "", "org.example.clinic", "org.example.clinic"),
    ("HUB_SMTP_URL", "smtp_url", Secret(""), MAIL["HUB_SMTP_URL"], Secret(MAIL["HUB_SMTP_URL"])),
    ("HUB_EMAIL_FROM", "email_from", "", "Hello@Clinic.example.org", "hello@clinic.example.org"),
    ("HUB_EMAIL_RATE", "email_rate", 10.0, "2", 2.0),
    ("HUB_DKIM_KEY_FILE", "dkim_key_file", None, "/etc/carehub/dkim.pem", Path("/etc/carehub/dkim.pem")),
    ("HUB_DKIM_SELECTOR", "dkim_selector", "", "S1", "s1"),
    ("HUB_INBOUND_SMTP_HOST", "inbound_smtp_host", "127.0.0.1", "0.0.0.0", "0.0.0.0"),
    ("HUB_INBOUND_SMTP_PORT", "inbound_smtp_port", None, "2525", 2525),
    ("HUB_INBOUND_SMTP_PROTOCOL", "inbound_smtp_protocol", "smtp", "lmtp", "lmtp"),
    ("HUB_INBOUND_SMTP_CERT_FILE", "inbound_smtp_cert_file", None, "/etc/carehub/c.pem", Path("/etc/carehub/c.pem")),
    ("HUB_INBOUND_SMTP_KEY_FILE", "inbound_smtp_key_file", None, "/etc/carehub/k.pem", Path("/etc/carehub/k.pem")),
    ("HUB_IMAP_URL", "imap_url", Secret(""), MAIL["HUB_IMAP_URL"], Secret(MAIL["HUB_IMAP_URL"])),
    ("HUB_MAIL_AUTHSERV_ID", "mail_authserv_id", "", "mx.example.org", "mx.example.org"),
    ("HUB_ACCEPT_QUEUE", "accept_queue", 2000, "10", 10),
    ("HUB_RECONCILE_AFTER", "reconcile_after", 60.0, "2.5", 2.5),
    ("HUB_CONTENT_LEVELS", "content_levels", {}, "email=full  push=none", {"email": "full", "push": "none"}),
    ("HUB_BAA_ENFORCE", "baa_enforce", "auto", "yes", "yes"),
    (
        "HUB_UNREAD_AFTER",
        "unread_after",
        {
            "emergency": timedelta(minutes=15),
            "appointment": timedelta(hours=12),
            "care": timedelta(hours=24),
            "billing": timedelta(hours=72),
        },
        "care=90s",
        {"care": timedelta(seconds=90)},
    ),
    ("HUB_UNDELIVERED_AFTER", "undelivered_after", timedelta(hours=4), "2d", timedelta(days=2)),
    ("HUB_CLAMD_URL", "clamd_url", "", " unix:///run/clamd.sock ", "unix:///run/clamd.sock"),
    ("HUB_SECOND_FACTOR", "second_factor", "required", "optional", "optional"),
    ("HUB_PASSWORD_MEMORY", "password_memory", 64, "19", 19),
    ("HUB_OIDC_ISSUER", "oidc_issuer", "", "https://id.example.org/", "https://id.example.org"),
    ("HUB_OIDC_CLIENT_ID", "oidc_client_id", "", " hub ", "hub"),
    ("HUB_OIDC_CLIENT_SECRET", "oidc_client_secret", Secret(""), " abc ", Secret("abc")),
    ("HUB_OIDC_LABEL", "oidc_label", "", "Example SSO", "Example SSO"),
    ("HUB_ACCESS_RULES", "access_rules_file", None, "rules.toml", Path("rules.toml")),
    ("HUB_UNDO_SECONDS", "undo_seconds", 5, "0", 0),
    ("HUB_SMS_COST", "sms_cost", None, "8", 8),
    ("HUB_SENSITIVE_TEAM", "sensitive_team", "", "Recovery", "Recovery"),
    ("HUB_DEFAULT_TEAM", "default_team", "", "Front desk", "Front desk"),
    ("HUB_SATISFACTION", "satisfaction", "on", "off", "off"),
    ("HUB_SLACK_BOT_TOKEN", "slack_bot_token", Secret(""), "xoxb-0123456789", Secret("xoxb-0123456789")),
    ("HUB_SLACK_SIGNING_SECRET", "slack_signing_secret", Secret(""), " abc ", Secret("abc")),
    ("HUB_SLACK_CHANNEL", "slack_channel", "", "C0123ABCD", "C0123ABCD"),
    (
        "HUB_SLACK_API_URL",
        "slack_api_url",
        "https://slack.com/api",
        "http://127.0.0.1:9/api/",
        "http://127.0.0.1:9/api",
    ),
    ("HUB_SLACK_AGREEMENT", "slack_agreement", "no", "yes", "yes"),
    ("HUB_EMBEDDING", "embedding", "off", " on ", "on"),
    ("HUB_RASA_URL", "rasa_url", "", " http://127.0.0.1:5005/ ", "http://127.0.0.1:5005"),
    ("HUB_RASA_TOKEN", "rasa_token", Secret(""), " abc ", Secret("abc")),
    ("HUB_RASA_TIMEOUT", "rasa_timeout", timedelta(seconds=2), "5s", timedelta(seconds=5)),
    ("HUB_RASA_ENV", "rasa_env", Path("rasa-env"), "rasa", Path("rasa")),
    ("HUB_MLLP_HOST", "mllp_host", "127.0.0.1", "0.0.0.0", "0.0.0.0"),
    ("HUB_MLLP_PORT", "mllp_port", None, "2575", 2575),
    ("HUB_MLLP_PEERS", "mllp_peers", (), "10.1.0.0/16", (ip_network("10.1.0.0/16"),)),
    ("HUB_MLLP_CERT_FILE", "mllp_cert_file", None, "/etc/carehub/h.pem", Path("/etc/carehub/h.pem")),
    ("HUB_MLLP_KEY_FILE", "mllp_key_file", None, "/etc/carehub/hk.pem", Path("/etc/carehub/hk.pem")),
    ("HUB_MLLP_CLIENT_CA_FILE", "mllp_client_ca_file", None, "/etc/carehub/ca.pem", Path("/etc/carehub/ca.pem")),
    ("HUB_MLLP_PROCESSING", "mllp_processing", "P", "T", "T"),
    ("HUB_MLLP_AUTHORITY", "mllp_authority", "", "CLINIC", "CLINIC"),
    ("HUB_SCHEDULING", "scheduling", "local", "fhir:https://ehr.example/fhir/", "fhir:https://ehr.example/fhir"),
    ("HUB_FHIR_CLIENT_ID", "fhir_client_id", "", " hub ", "hub"),
    ("HUB_FHIR_PRIVATE_KEY", "fhir_private_key", Secret(""), " a-key ", Secret("a-key")),
    ("HUB_FHIR_TOKEN_URL", "fhir_token_url", "", "https://ehr.example/token", "https://ehr.example/token"),
    ("HUB_FHIR_SCOPES", "fhir_scopes", Settings().fhir_scopes, "system/*.rs", "system/*.rs"),
    ("HUB_FHIR_MRN_SYSTEM", "fhir_mrn_system", "", "urn:oid:1.2.3", "urn:oid:1.2.3"),
    ("HUB_FHIR_CREATE_PATIENTS", "fhir_create_patients", "no", "yes", "yes"),
    ("HUB_LOG_LEVEL", "log_level", "info", "debug", "debug"),
    ("HUB_LOG_FORMAT", "log_format", "", "json", "json"),
]

# name, a wrong value, words of the line that mends it
WRONG = [
    ("HUB_DATA", "~nobody-of-this-name/hub", "home folder"),
    ("HUB_REDIS_URL", "http://redis.example.org", "redis://"),
    ("HUB_REDIS_URL", "redis.example.org:6379", "redis://"),
    ("HUB_REDIS_URL", "redis://", "redis://"),
    ("HUB_REDIS_URL", "redis://host:port", "redis://"),
    ("HUB_REDIS_URL", "unix://", "redis://"),
    ("HUB_DATABASE_URL", "mysql://db.example.org/hub", "sqlite+aiosqlite:///"),
    ("HUB_DATABASE_URL", "postgresql://hub:canary@db.example.org/hub", "postgresql+asyncpg://"),
    ("HUB_DATABASE_URL", "postgresql+asyncpg://hub:canary@db.example.org", "postgresql+asyncpg://"),
    ("HUB_DATABASE_CONNECTIONS", "1", "whole number from 2"),
    ("HUB_KEYRING_FILE", "~nobody-of-this-name/keys.json", "home folder"),
    ("HUB_PORT", "eighty", "whole number from 0 to 65535"),
    ("HUB_PORT", "65536", "whole number from 0 to 65535"),
    ("HUB_PORT", "-1", "whole number from 0 to 65535"),
    ("HUB_PORT", "9" * 5000, "whole number from 0 to 65535"),
    ("HUB_PUBLIC_URL", "hub.example.org", "web address such as"),
    ("HUB_PUBLIC_URL", "ftp://hub.example.org", "web address such as"),
    ("HUB_PUBLIC_URL", "http://[::1", "web address such as"),
    ("HUB_PUBLIC_URL", "https://hub.example.org:99999", "web address such as"),
    ("HUB_PUBLIC_URL", "https://hub.example.org/?a=1", "web address such as"),
    ("HUB_CLINIC_PHONE", "202-555-0100", "number such as +12025550100"),
    ("HUB_TIMEZONE", "Springfield", "IANA time zone"),
    ("HUB_TIMEZONE", "../../etc/passwd", "IANA time zone"),
    ("HUB_TIMEZONE", "America", "IANA time zone"),
    ("HUB_REGION", "usa", "two-letter country code"),
    ("HUB_STATE", "Ohio", "two-letter state"),
    ("HUB_TWILIO_API_URL", "api.twilio.com", "web address such as"),
    ("HUB_OPEN", "nine to five", "opening hours such as"),
    ("HUB_VOICE_FROM", "72975", "number such as +12025550100"),
    ("HUB_VOICE_FROM", "MG" + "a" * 32, "number such as +12025550100"),
    ("HUB_VOICE_TRANSFER", "202-555-0100", "number such as +12025550100"),
    ("HUB_SMS_FROM", "clinic", "number such as +12025550100"),
    ("HUB_SMS_FROM", "MG" + "x" * 32, "messaging service"),
    ("HUB_SMS_RATE", "0", "number above 0"),
    ("HUB_SMS_RATE", "-1", "number above 0"),
    ("HUB_SMS_RATE", "fast", "number above 0"),
    ("HUB_EMAIL_RATE", "0", "number above 0"),
    ("HUB_SMS_RATE", "9" * 400, "number above 0"),
    ("HUB_VAPID_SUBJECT", "it@clinic.example.org", "mailto:"),
    ("HUB_VAPID_SUBJECT", "http://clinic.example.org", "https address"),
    ("HUB_APNS_KEY_ID", "../key", "name such as"),
    ("HUB_APNS_TOPIC", "org example", "name such as"),
    ("HUB_SMTP_URL", "https://relay.example.org", "smtps://"),
    ("HUB_SMTP_URL", "smtp://relay.example.org", "must be encrypted"),
    ("HUB_SMTP_URL", "smtp://relay.example.org?starttls=0", "must be encrypted"),
    ("HUB_SMTP_URL", "smtps://relay.example.org:port", "smtps://"),
    ("HUB_IMAP_URL", "imap://imap.example.org", "must be encrypted"),
    ("HUB_IMAP_URL", "pop3s://pop.example.org", "imaps://"),
    ("HUB_EMAIL_FROM", "Clinic <hello@clinic.example.org>", "must be a mailbox"),
    ("HUB_EMAIL_FROM", "hello@clinic\nBcc: x@example.org", "must be a mailbox"),
    ("HUB_DKIM_SELECTOR", "a b", "must be a name"),
    ("HUB_MAIL_AUTHSERV_ID", "mx example", "must be a name"),
    ("HUB_INBOUND_SMTP_PROTOCOL", "pop3", "smtp, lmtp"),
    ("HUB_ACCEPT_QUEUE", "0", "whole number from 1"),
    ("HUB_RECONCILE_AFTER", "soon", "number above 0"),
    ("HUB_CONTENT_LEVELS", "portal=none", "sms, voice, email, push at most once"),
    ("HUB_CONTENT_LEVELS", "sms=none sms=full", "at most once"),
    ("HUB_CONTENT_LEVELS", "sms=all", "one of none, limited, full"),
    ("HUB_BAA_ENFORCE", "maybe", "one of yes, no, auto"),
    ("HUB_UNREAD_AFTER", "care=0h", "length of time"),
    ("HUB_UNDELIVERED_AFTER", "soon", "length of time"),
    ("HUB_CLAMD_URL", "clamd.example.org:3310", "tcp://HOST:PORT"),
    ("HUB_PROXIES", "10.0.0.0/8 10.1.1.1", "10.0.0.0/8"),
    ("HUB_PROXIES", "proxy.example.org", "10.0.0.0/8"),
    ("HUB_CLAMD_URL", "http://clamd.example.org", "tcp://HOST:PORT"),
    ("HUB_UNDO_SECONDS", "90", "60"),
    ("HUB_SMS_COST", "0.8c", "whole number"),
    ("HUB_SATISFACTION", "yes", "one of on, off"),
    ("HUB_SECOND_FACTOR", "never", "required, optional"),
    ("HUB_PASSWORD_MEMORY", "8", "19 to 4096"),
    ("HUB_OIDC_ISSUER", "id.example.org", "https://hub.example.org"),
    ("HUB_RASA_URL", "rasa.example.org", "https://hub.example.org"),
    ("HUB_RASA_TIMEOUT", "0", "length of time"),
    ("HUB_SCHEDULING", "ehr", "must be local, or fhir:"),
    ("HUB_SCHEDULING", "fhir:ehr.example", "must be local, or fhir:"),
    ("HUB_SCHEDULING", "fhir:http://ehr.example/fhir", "must be local, or fhir:"),
    ("HUB_FHIR_CREATE_PATIENTS", "perhaps", "one of yes, no"),
    ("HUB_LOG_LEVEL", "loud", "debug, info, warning, error"),
    ("HUB_LOG_FORMAT", "xml", "text, json"),
]


def given(values: dict[str, str], dotenv: Path | None = None) -> Settings:
    return load(values, dotenv)


def problems(values: dict[str, str], dotenv: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(values, dotenv)
    return refused.value.problems


def test_no_setting_at_all_is_enough() -> None:
    settings = given({})

    assert settings == Settings()
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.database == "sqlite+aiosqlite:///hub-data/hub.db"
    assert settings.keyring == Path("hub-data/keyring.json")
    assert settings.development
    assert not settings.carrier_configured


@pytest.mark.parametrize(("name", "attribute", "default", "raw", "value"), VALUES, ids=[row[0] for row in VALUES])
def test_each_variable_has_its_default_and_takes_a_value(
    name: str, attribute: str, default: Any, raw: str, value: Any
) -> None:
    needed = next((group for group in TOGETHER if name in group), {})

    assert getattr(given({}), attribute) == default
    assert getattr(given({**needed, name: raw}), attribute) == value


def test_every_variable_is_in_the_table_above() -> None:
    assert [row[0] for row in VALUES] == [name for name, _, _ in described()]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"HUB_FHIR_CLIENT_ID": "hub"}, "set HUB_FHIR_PRIVATE_KEY too"),
        ({"HUB_FHIR_PRIVATE_KEY": "key"}, "set HUB_FHIR_CLIENT_ID too"),
        ({"HUB_FHIR_TOKEN_URL": "http://ehr.example/token"}, "must begin with https://"),
        ({"HUB_FHIR_CREATE_PATIENTS": "yes"}, "needs HUB_FHIR_MRN_SYSTEM"),
    ],
)
def test_an_ehr_half_set_up_is_told(values: dict[str, str], words: str) -> None:
    (problem,) = problems(values)

    assert words in problem


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"HUB_SMTP_URL": "smtps://x"}, "HUB_EMAIL_FROM too"),
        ({"HUB_EMAIL_FROM": "a@example.org"}, "HUB_SMTP_URL too"),
        ({"HUB_DKIM_SELECTOR": "s1"}, "set both"),
        ({"HUB_INBOUND_SMTP_PORT": "25"}, "take mail in"),
        ({"HUB_IMAP_URL": "imaps://x"}, "take mail in"),
        ({"HUB_INBOUND_SMTP_KEY_FILE": "/k"}, "needs HUB_INBOUND_SMTP_CERT_FILE"),
        ({"HUB_MLLP_KEY_FILE": "/k"}, "needs HUB_MLLP_CERT_FILE"),
        ({"HUB_MLLP_CLIENT_CA_FILE": "/c"}, "needs HUB_MLLP_CERT_FILE"),
    ],
)
def test_mail_half_set_up_is_told(values: dict[str, str], words: str) -> None:
    (problem,) = problems(values)

    assert words in problem


@pytest.mark.parametrize(("name", "raw", "words"), WRONG, ids=[f"{n}={r[:24]}" for n, r, _ in WRONG])
def test_a_wrong_value_is_refused_with_what_mends_it(name: str, raw: str, words: str) -> None:
    found = [line for line in problems({name: raw}) if line.startswith(f"{name} ")]

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("raw", ["postgresql://hub:canary@db/hub", "mysql://hub:canary@db/hub"])
def test_a_refused_address_is_not_repeated_for_it_may_hold_a_password(raw: str) -> None:
    assert "canary" not in str(problems({"HUB_DATABASE_URL": raw}))


def test_the_databases_address_may_be_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "database-url"
    file.write_text("postgresql+asyncpg://hub:canary@db/hub\n")

    assert given({"HUB_DATABASE_URL_FILE": str(file)}).database == "postgresql+asyncpg://hub:canary@db/hub"


def test_the_databases_password_does_not_show() -> None:
    settings = given({"HUB_DATABASE_URL": "postgresql+asyncpg://hub:canary@db/hub"})

    assert settings.database.endswith("hub:canary@db/hub")
    assert "canary" not in repr(settings)


def test_all_problems_are_listed_at_once() -> None:
    found = problems({"HUB_PORT": "x", "HUB_REGION": "x", "HUB_NO_SUCH": "x", "HUB_TWILIO_ACCOUNT_SID": "AC1"})

    assert len(found) == 4
    assert {line.split()[0] for line in found} == {"HUB_PORT", "HUB_REGION", "HUB_NO_SUCH", "Twilio"}


def test_an_empty_variable_counts_as_unset() -> None:
    assert given({"HUB_PORT": "  ", "HUB_SMS_FROM": ""}) == Settings()


def test_variables_of_others_are_left_alone() -> None:
    assert given({"PORT": "x", "TWILIO_AUTH_TOKEN": "x"}) == Settings()


def test_half_of_a_sign_on_and_one_without_tls_are_refused() -> None:
    plain = OPENID | {"HUB_OIDC_ISSUER": "http://id.example.org"}

    half = problems({"HUB_OIDC_ISSUER": "https://id.example.org"})

    assert half == ["OpenID is half set up: set HUB_OIDC_CLIENT_ID and HUB_OIDC_CLIENT_SECRET too"]
    assert problems(plain) == ["HUB_OIDC_ISSUER must begin with https://"]
    assert given(OPENID | {"HUB_OIDC_ISSUER": "http://127.0.0.1:9"}).oidc_client_id == "other"


def test_half_of_a_push_service_is_refused_with_what_is_missing() -> None:
    half = {name: APNS[name] for name in ("HUB_APNS_KEY_FILE", "HUB_APNS_TOPIC")}

    assert problems(half) == ["APNs is half set up: set HUB_APNS_KEY_ID and HUB_APNS_TEAM_ID too"]


def test_files_are_kept_apart_by_a_host_of_their_own() -> None:
    both = {"HUB_PUBLIC_URL": "http://localhost:8080", "HUB_FILES_URL": "http://localhost:8081"}

    assert problems(both) == ["HUB_FILES_URL must have another host than HUB_PUBLIC_URL"]


def test_push_services_of_browsers_must_know_whom_to_ask() -> None:
    key = {"HUB_VAPID_PRIVATE_KEY": "a-key", "HUB_KEYRING_FILE": "/etc/carehub/keyring.json"}

    assert problems(key) == ["HUB_VAPID_SUBJECT must be set for Web Push when HUB_PUBLIC_URL is not https"]
    assert given(key | {"HUB_PUBLIC_URL": "https://hub.example.org"}).vapid_subject == ""


class TestNames:
    def test_a_misspelt_name_is_told_the_likely_one(self) -> None:
        assert problems({"HUB_CLINIC_NMAE": "x"}) == ["HUB_CLINIC_NMAE is not a setting: did you mean HUB_CLINIC_NAME?"]

    def test_a_name_like_no_other_is_only_said_to_be_unknown(self) -> None:
        assert problems({"HUB_XQZW": "x"}) == ["HUB_XQZW is not a setting"]

    @pytest.mark.parametrize(
        ("given_values", "problem"),
        [
            ({"HUB_SLACK_CHANNEL": "C0123ABCD"}, "HUB_SLACK_BOT_TOKEN and HUB_SLACK_SIGNING_SECRET"),
            ({"HUB_SLACK_BOT_TOKEN": "xoxp-012345678"}, "HUB_SLACK_BOT_TOKEN must be a bot's token"),
            ({"HUB_SLACK_CHANNEL": "#desk"}, "HUB_SLACK_CHANNEL must be a channel's id"),
            ({"HUB_SLACK_API_URL": "http://slack.example.org/api"}, "HUB_SLACK_API_URL must begin with https://"),
            ({"HUB_SLACK_AGREEMENT": "maybe"}, "HUB_SLACK_AGREEMENT must be one of yes, no"),
        ],
    )
    def test_what_is_wrong_with_slack_is_told(self, given_values: dict[str, str], problem: str) -> None:
        assert any(problem in one for one in problems(given_values))


class TestDotenv:
    def test_a_file_gives_what_the_environment_does_not(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("HUB_REGION=ES\nHUB_PORT=9000\nOTHER=1\n")

        settings = given({"HUB_PORT": "9001"}, file)

        assert (settings.region, settings.port) == ("ES", 9001)

    def test_a_file_that_is_not_there_is_no_matter(self, tmp_path: Path) -> None:
        assert given({}, tmp_path / ".env") == Settings()

    def test_a_wrong_value_in_the_file_is_refused_as_well(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("HUB_PORT=x\nHUB_CLINIC_NAME\n")

        assert problems({}, file) == ["HUB_PORT must be a whole number from 0 to 65535"]

    def test_a_file_that_is_not_text_is_refused_in_one_line(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_bytes(b"HUB_CLINIC_NAME=caf\xe9\n")

        assert problems({}, file) == [".env cannot be read: save it as UTF-8"]

    def test_the_process_environment_is_read_when_none_is_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUB_PORT", "9002")

        assert load(dotenv=None).port == 9002


class TestSecrets:
    def test_repr_hides_a_secret(self) -> None:
        settings = given(TWILIO)

        assert settings.twilio_auth_token.reveal() == TOKEN
        assert TOKEN not in repr(settings)
        assert TOKEN not in str(settings.twilio_auth_token)
        assert repr(Secret(TOKEN)) == "Secret(set)"
        assert repr(Secret("")) == "Secret(unset)"

    def test_equal_secrets_are_equal_and_nothing_else_is(self) -> None:
        assert Secret(TOKEN) == Secret(TOKEN)
        assert hash(Secret(TOKEN)) == hash(Secret(TOKEN))
        assert Secret(TOKEN) != Secret("other")
        assert Secret(TOKEN) != TOKEN

    def test_a_secret_may_come_from_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(f"{TOKEN}\n")
        values = {**TWILIO, "HUB_TWILIO_AUTH_TOKEN_FILE": str(file)}
        del values["HUB_TWILIO_AUTH_TOKEN"]

        assert given(values).twilio_auth_token == Secret(TOKEN)

    def test_a_secret_given_twice_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(TOKEN)

        found = problems({**TWILIO, "HUB_TWILIO_AUTH_TOKEN_FILE": str(file)})

        assert found == ["HUB_TWILIO_AUTH_TOKEN and HUB_TWILIO_AUTH_TOKEN_FILE are both set: keep one"]

    @pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
    def test_a_secrets_file_that_cannot_be_read_is_refused(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "token"
        if content is not None:
            file.write_bytes(content)

        found = problems({"HUB_TWILIO_AUTH_TOKEN_FILE": str(file)})

        assert found == ["HUB_TWILIO_AUTH_TOKEN_FILE names a file that cannot be read"]

    def test_only_a_secret_may_come_from_a_file(self, tmp_path: Path) -> None:
        (problem,) = problems({"HUB_PORT_FILE": str(tmp_path)})

        assert problem.startswith("HUB_PORT_FILE is not a setting")


class TestDataFolder:
    @pytest.fixture(autouse=True)
    def _umask_as_it_was(self) -> Iterator[None]:
        before = os.umask(0o022)
        yield
        os.umask(before)

    def test_it_is_its_owners_alone_and_so_is_what_is_written_from_then_on(self, tmp_path: Path) -> None:
        settings = Settings(data=tmp_path / "a" / "b")

        settings.private_folder()
        (tmp_path / "later").touch()

        assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "later").stat().st_mode) == 0o600

    def test_one_that_is_there_is_taken(self, tmp_path: Path) -> None:
        Settings(data=tmp_path).private_folder()

    @pytest.mark.parametrize("place", ["file", "file/data"])
    def test_a_place_that_cannot_be_a_folder_is_told(self, tmp_path: Path, place: str) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(SettingsError, match="HUB_DATA cannot be used as a folder"):
            Settings(data=tmp_path / place).private_folder()


def test_texts_may_leave_from_a_messaging_service() -> None:
    service = "MG" + "0a" * 16

    assert given({**TWILIO, "HUB_SMS_FROM": service}).sms_from == service


class TestContradictions:
    @pytest.mark.parametrize("missing", list(TWILIO))
    def test_half_a_twilio_account_is_refused_and_told_the_other_half(self, missing: str) -> None:
        values = {name: value for name, value in TWILIO.items() if name != missing}

        assert problems(values) == [f"Twilio is half set up: set {missing} too"]

    def test_a_number_alone_needs_no_account(self) -> None:
        assert given({"HUB_SMS_FROM": "+12025550100"}).sms_from == "+12025550100"

    def test_a_number_for_calls_alone_is_enough(self) -> None:
        values = {name: value for name, value in TWILIO.items() if name != "HUB_SMS_FROM"}

        assert given({**values, "HUB_VOICE_FROM": "+12025550100"}).voice_from == "+12025550100"

    def test_a_whole_account_is_a_carrier(self) -> None:
        assert given(TWILIO).carrier_configured

    def test_a_keyring_must_be_named_once_others_reach_the_hub(self) -> None:
        found = problems({"HUB_PUBLIC_URL": "https://hub.example.org"})

        assert found == ["HUB_KEYRING_FILE must be set when HUB_PUBLIC_URL is not this machine (see `hub keys new`)"]

    @pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8080"])
    def test_this_machine_needs_no_keyring(self, address: str) -> None:
        assert given({"HUB_PUBLIC_URL": address}).development

    def test_with_a_keyring_the_hub_may_be_anywhere(self) -> None:
        settings = given({"HUB_PUBLIC_URL": "https://hub.example.org", "HUB_KEYRING_FILE": "/etc/keys.json"})

        assert not settings.development
        assert settings.base_url == "https://hub.example.org"
        assert settings.keyring == Path("/etc/keys.json")
