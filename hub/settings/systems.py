"""Settings of the systems beside the hub: Rasa, HL7 v2, scheduling."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hub.settings import parsing
from hub.settings.declaring import setting
from hub.settings.secret import Secret


@dataclass(frozen=True, kw_only=True)
class SystemSettings:
    """Which other systems the hub works with, and how."""

    embedding: str = setting(
        "HUB_EMBEDDING",
        "`on`: where the embedded engine is unsure, an embedding is asked as well; needs the extra `embedding`, and "
        "`hub bot train` once for each release",
        parsing.one_of("on", "off"),
        "off",
    )
    rasa_url: str = setting(
        "HUB_RASA_URL",
        "a Rasa server that understands in place of the embedded engine, which stands in while it does not answer",
        parsing.web_address,
        "",
        shown="unset: the embedded engine",
    )
    rasa_token: Secret = setting(
        "HUB_RASA_TOKEN", "what the server was given as `--auth-token`", parsing.secret, Secret(""), shown="unset"
    )
    rasa_timeout: timedelta = setting(
        "HUB_RASA_TIMEOUT",
        "how long it may take for a text, before the embedded engine answers instead",
        parsing.span,
        timedelta(seconds=2),
        shown="2s",
    )
    rasa_env: Path = setting(
        "HUB_RASA_ENV",
        "folder of the Python 3.10 environment that `hub bot rasa-setup` installs Rasa into",
        parsing.path,
        Path("rasa-env"),
        shown="./rasa-env",
    )
    mllp_host: str = setting("HUB_MLLP_HOST", "address to take HL7 v2 messages on", parsing.text, "127.0.0.1")
    mllp_port: int | None = setting(
        "HUB_MLLP_PORT",
        "port to take HL7 v2 messages on (SIU, ADT; MLLP); 0 takes a free one",
        parsing.whole(0, 65535),
        None,
        shown="unset: off",
    )
    mllp_peers: tuple[parsing.Network, ...] = setting(
        "HUB_MLLP_PEERS",
        "addresses or networks that such messages are taken from",
        parsing.networks,
        (),
        shown="unset: this machine",
    )
    mllp_cert_file: Path | None = setting(
        "HUB_MLLP_CERT_FILE",
        "certificate (PEM) for TLS there, which is then required",
        parsing.path,
        None,
        shown="unset: plain",
    )
    mllp_key_file: Path | None = setting(
        "HUB_MLLP_KEY_FILE", "its private key", parsing.path, None, shown="in the certificate's file"
    )
    mllp_client_ca_file: Path | None = setting(
        "HUB_MLLP_CLIENT_CA_FILE",
        "certificates (PEM) by one of which a sender's own must be signed",
        parsing.path,
        None,
        shown="unset: no certificate is asked for",
    )
    mllp_processing: str = setting(
        "HUB_MLLP_PROCESSING",
        "the processing id (MSH-11) of the messages that are taken: `P` production, `T` training, `D` debugging",
        parsing.one_of("P", "T", "D"),
        "P",
    )
    mllp_authority: str = setting(
        "HUB_MLLP_AUTHORITY",
        "the assigning authority (CX.4) whose medical record numbers are the clinic's",
        parsing.text,
        "",
        shown="unset: any",
    )
    scheduling: str = setting(
        "HUB_SCHEDULING",
        "the scheduling system: `local`, the hub's own calendar, or `fhir:` and the address of an EHR's FHIR R4 server",
        parsing.scheduling,
        "local",
    )
    fhir_client_id: str = setting(
        "HUB_FHIR_CLIENT_ID",
        "how the EHR knows this hub (SMART backend services)",
        parsing.text,
        "",
        shown="unset: no sign-in",
    )
    fhir_private_key: Secret = setting(
        "HUB_FHIR_PRIVATE_KEY",
        "the key that the hub signs in with at the EHR, as PEM: EC P-384 or RSA; further ones in it are published, too",
        parsing.secret,
        Secret(""),
        shown="unset",
    )
    fhir_token_url: str = setting(
        "HUB_FHIR_TOKEN_URL",
        "where the EHR gives tokens",
        parsing.web_address,
        "",
        shown="unset: as its `smart-configuration` says",
    )
    fhir_scopes: str = setting(
        "HUB_FHIR_SCOPES",
        "what the hub asks to be allowed in the EHR",
        parsing.text,
        "system/Schedule.read system/Slot.read system/Slot.write system/Appointment.read system/Appointment.write "
        "system/Patient.read system/Practitioner.read system/Location.read system/HealthcareService.read",
    )
    fhir_mrn_system: str = setting(
        "HUB_FHIR_MRN_SYSTEM",
        "the identifier system under which the EHR's patients bear their record numbers",
        parsing.text,
        "",
        shown="unset: any system that has the number",
    )
    fhir_create_patients: str = setting(
        "HUB_FHIR_CREATE_PATIENTS",
        "`yes`: a patient whom the EHR does not know is entered there when they book; `no`: they go to staff",
        parsing.one_of("yes", "no"),
        "no",
    )
