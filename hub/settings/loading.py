"""The settings out of the environment and a `.env` file, with every problem told at once."""

import dataclasses
import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.errors import SettingsError
from hub.settings.fields import Settings
from hub.settings.parsing import LOOPBACK
from hub.settings.secret import Secret


def load(environ: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Settings:
    """The settings out of `environ` (the process's own when None) over those in the file `dotenv`.

    Raises: SettingsError, with every problem that was found.
    """
    values = _gather(os.environ if environ is None else environ, dotenv)
    fields = {f.metadata["name"]: f for f in dataclasses.fields(Settings) if "name" in f.metadata}
    # What is not shown may be kept in a file of its own.
    secrets = {name for name, f in fields.items() if isinstance(f.default, Secret) or not f.repr}
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
        if name not in fields:
            close = difflib.get_close_matches(name, fields, n=1)
            problems.append(f"{name} is not a setting" + (f": did you mean {close[0]}?" if close else ""))
            continue
        try:
            chosen[fields[name].name] = fields[name].metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{name} {error}")

    settings = Settings(**chosen)
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
    if settings.files_url and urlsplit(settings.files_url).hostname == urlsplit(settings.base_url).hostname:
        problems.append("HUB_FILES_URL must have another host than HUB_PUBLIC_URL")
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
    slack = {
        "HUB_SLACK_BOT_TOKEN": settings.slack_bot_token,
        "HUB_SLACK_SIGNING_SECRET": settings.slack_signing_secret,
        "HUB_SLACK_CHANNEL": settings.slack_channel,
    }
    if any(slack.values()) and not all(slack.values()):
        problems.append("Slack is half set up: set " + " and ".join(n for n, v in slack.items() if not v) + " too")
    slack_host = urlsplit(settings.slack_api_url)
    if slack_host.scheme != "https" and slack_host.hostname not in LOOPBACK:
        problems.append("HUB_SLACK_API_URL must begin with https://: the token goes there")
    if (settings.dkim_key_file is None) != (not settings.dkim_selector):
        problems.append("HUB_DKIM_KEY_FILE and HUB_DKIM_SELECTOR go together: set both")
    if (settings.inbound_smtp_port is not None or settings.imap_url) and not settings.email_from:
        problems.append("to take mail in, set HUB_EMAIL_FROM and HUB_SMTP_URL too")
    if settings.inbound_smtp_key_file is not None and settings.inbound_smtp_cert_file is None:
        problems.append("HUB_INBOUND_SMTP_KEY_FILE needs HUB_INBOUND_SMTP_CERT_FILE")
    if settings.mllp_key_file is not None and settings.mllp_cert_file is None:
        problems.append("HUB_MLLP_KEY_FILE needs HUB_MLLP_CERT_FILE")
    if settings.mllp_client_ca_file is not None and settings.mllp_cert_file is None:
        problems.append("HUB_MLLP_CLIENT_CA_FILE needs HUB_MLLP_CERT_FILE: without TLS nobody shows a certificate")
    openid = {
        "HUB_OIDC_ISSUER": settings.oidc_issuer,
        "HUB_OIDC_CLIENT_ID": settings.oidc_client_id,
        "HUB_OIDC_CLIENT_SECRET": settings.oidc_client_secret,
    }
    if any(openid.values()) and not all(openid.values()):
        unset = [name for name, value in openid.items() if not value]
        problems.append("OpenID is half set up: set " + " and ".join(unset) + " too")
    provider = urlsplit(settings.oidc_issuer)
    if provider.scheme == "http" and provider.hostname not in LOOPBACK:
        problems.append("HUB_OIDC_ISSUER must begin with https://")
    if bool(settings.fhir_client_id) != bool(settings.fhir_private_key):
        unset_one = "HUB_FHIR_PRIVATE_KEY" if settings.fhir_client_id else "HUB_FHIR_CLIENT_ID"
        problems.append(f"the sign-in at the EHR is half set up: set {unset_one} too")
    tokens = urlsplit(settings.fhir_token_url)
    if tokens.scheme == "http" and tokens.hostname not in LOOPBACK:
        problems.append("HUB_FHIR_TOKEN_URL must begin with https://")
    if settings.fhir_create_patients == "yes" and not settings.fhir_mrn_system:
        problems.append("HUB_FHIR_CREATE_PATIENTS needs HUB_FHIR_MRN_SYSTEM: under it the record number is entered")
    problems += _key_service(settings)
    if not settings.development and settings.keyring_file is None:
        problems.append("HUB_KEYRING_FILE must be set when HUB_PUBLIC_URL is not this machine (see `hub keys new`)")
    return problems


def _key_service(settings: Settings) -> list[str]:
    role = bool(settings.kms_role_id), bool(settings.kms_secret_id)
    if not settings.kms:
        given = (
            settings.kms_endpoint or settings.kms_token or settings.kms_ca_file or settings.kms_namespace or any(role)
        )
        return ["HUB_KMS must be set, too: it names the key service that the other HUB_KMS_ settings are of"] * bool(
            given
        )
    problems = []
    endpoint = urlsplit(settings.kms_endpoint)
    if endpoint.scheme == "http" and endpoint.hostname not in LOOPBACK:
        problems.append("HUB_KMS_ENDPOINT must begin with https://")
    if settings.kms.startswith("vault:"):
        if any(role) and not all(role):
            problems.append("HUB_KMS_ROLE_ID and HUB_KMS_SECRET_ID go together: set both")
        elif bool(settings.kms_token) == all(role):
            problems.append("Vault asks for HUB_KMS_TOKEN, or for HUB_KMS_ROLE_ID and HUB_KMS_SECRET_ID")
    return problems
