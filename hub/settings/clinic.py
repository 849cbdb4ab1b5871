"""Settings of the hub itself and of the clinic."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.hours import OpeningHours
from hub.settings import parsing
from hub.settings.declaring import setting
from hub.settings.secret import Secret


@dataclass(frozen=True, kw_only=True)
class ClinicSettings:
    """Where the hub keeps what it has, how it is reached, and whose it is."""

    data: Path = setting(
        "HUB_DATA",
        "folder of the embedded database, the development keyring and the trained model; mode 0700",
        parsing.path,
        Path("hub-data"),
        shown="./hub-data",
    )
    database_url: str = setting(
        "HUB_DATABASE_URL",
        "where everything is kept: a SQLite file, or `postgresql+asyncpg://…`",
        parsing.database,
        "",
        shown="`hub.db` in `HUB_DATA`",
        told=False,
    )
    database_connections: int = setting(
        "HUB_DATABASE_CONNECTIONS",
        "connections that one process may have to a database server",
        parsing.whole(2, 1000),
        10,
    )
    redis_url: Secret = setting(
        "HUB_REDIS_URL",
        "Redis or Valkey, through which several processes hear of each other at once and share out jobs",
        parsing.redis,
        Secret(""),
        shown="unset: within the process",
    )
    keyring_file: Path | None = setting(
        "HUB_KEYRING_FILE",
        "the key-encryption keys; must be given once `HUB_PUBLIC_URL` is not this machine",
        parsing.path,
        None,
        shown="`keyring.json` in `HUB_DATA`",
    )
    kms: str = setting(
        "HUB_KMS",
        "the key service that the keyring is sealed by: `aws:` and a key's ARN, `gcp:` and its resource name, or "
        "`vault:https://HOST/MOUNT/KEY` (transit)",
        parsing.key_service,
        "",
        shown="unset: the keyring's file is as it is",
    )
    kms_endpoint: str = setting(
        "HUB_KMS_ENDPOINT",
        "where AWS KMS or Google Cloud KMS is reached, such as a private endpoint",
        parsing.web_address,
        "",
        shown="unset: the provider's own",
    )
    kms_token: Secret = setting("HUB_KMS_TOKEN", "Vault: a token", parsing.secret, Secret(""), shown="unset")
    kms_role_id: str = setting(
        "HUB_KMS_ROLE_ID", "Vault: the role id of an AppRole, in place of a token", parsing.text, "", shown="unset"
    )
    kms_secret_id: Secret = setting("HUB_KMS_SECRET_ID", "its secret id", parsing.secret, Secret(""), shown="unset")
    kms_namespace: str = setting("HUB_KMS_NAMESPACE", "Vault: the namespace", parsing.text, "", shown="unset")
    kms_ca_file: Path | None = setting(
        "HUB_KMS_CA_FILE",
        "certificates (PEM) by which the key service's own is believed",
        parsing.path,
        None,
        shown="unset: the system's",
    )
    kms_timeout: timedelta = setting(
        "HUB_KMS_TIMEOUT",
        "how long the key service may take for one answer; it is asked three times",
        parsing.span,
        timedelta(seconds=10),
        shown="10s",
    )
    host: str = setting("HUB_HOST", "address to listen on", parsing.text, "127.0.0.1")
    port: int = setting("HUB_PORT", "port to listen on; 0 takes a free one", parsing.whole(0, 65535), 8080)
    proxies: tuple[parsing.Network, ...] = setting(
        "HUB_PROXIES",
        "addresses or networks of the reverse proxies in front, whose `X-Forwarded-For` tells clients apart",
        parsing.networks,
        (),
        shown="unset: nobody's is believed",
    )
    public_url: str = setting(
        "HUB_PUBLIC_URL",
        "base of every link and of webhook signatures",
        parsing.web_address,
        "",
        shown="`http://127.0.0.1:PORT`",
    )
    files_url: str = setting(
        "HUB_FILES_URL",
        "base of the addresses that patients' files are downloaded from: a host of its own that leads to this hub",
        parsing.web_address,
        "",
        shown="unset: `HUB_PUBLIC_URL`",
    )
    clinic_name: str = setting("HUB_CLINIC_NAME", "how the clinic names itself", parsing.text, "Maple Street Clinic")
    clinic_phone: str = setting("HUB_CLINIC_PHONE", "the number people may call", parsing.phone, "+12025550100")
    sender_name: str = setting(
        "HUB_SENDER_NAME",
        "the name that texts, calls, mails and notices go out under, where the clinic's own tells what it treats",
        parsing.text,
        "",
        shown="`HUB_CLINIC_NAME`",
    )
    clinic_address: str = setting(
        "HUB_CLINIC_ADDRESS", "where the clinic is", parsing.text, "12 Maple Street, Springfield"
    )
    clinic_hours: str = setting(
        "HUB_CLINIC_HOURS", "opening hours, as told to patients", parsing.text, "Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM"
    )
    clinic_hours_es: str = setting(
        "HUB_CLINIC_HOURS_ES", "the same in Spanish", parsing.text, "lun-vie 8:00-18:00, sáb 9:00-13:00"
    )
    visit_needs_file: Path | None = setting(
        "HUB_VISIT_NEEDS_FILE",
        "TOML: what to bring to a visit and how to prepare, by the kind of visit, told once it is booked",
        parsing.path,
        None,
        shown="unset: a photo ID and the insurance card",
    )
    retention_policy: str = setting(
        "HUB_RETENTION_POLICY",
        "by what records are disposed of each night: a policy's name (`us`, `us-fl`, `us-nc`, `us-nv`) or a TOML file",
        parsing.text,
        "",
        shown="unset: nothing is disposed of by itself",
    )
    open_hours: OpeningHours = setting(
        "HUB_OPEN",
        "when staff are there, in the clinic's zone",
        OpeningHours.parse,
        OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00"),
        shown="`Mon-Fri 08:00-18:00; Sat 09:00-13:00`",
    )
    timezone: ZoneInfo = setting(
        "HUB_TIMEZONE", "the clinic's zone", parsing.zone, ZoneInfo("America/New_York"), shown="America/New_York"
    )
    holidays_file: Path | None = setting(
        "HUB_HOLIDAYS_FILE",
        "days on which no campaign sends: TOML with a list `dates`",
        parsing.path,
        None,
        shown="unset: the federal holidays",
    )
    region: str = setting("HUB_REGION", "country for numbers written without a code", parsing.region, "US")
    state: str = setting(
        "HUB_STATE",
        "the clinic's state: ages of majority and teen access, and hours for offers where a person's own is not known",
        parsing.state,
        "",
        shown="unset",
    )
    stop_scope: str = setting(
        "HUB_STOP_SCOPE",
        "what a bare STOP ends where the carrier has not ended all by itself: every call and text (`number`), or what "
        "the last message was about (`category`)",
        parsing.one_of("number", "category", ""),
        "",
        shown="`number`, as the rules say",
    )
