"""The scheduling port over the EHR that the settings name."""

from bots.scheduling.local import OnChange
from hub.audit import Trail
from hub.clock import Clock
from hub.db import Database
from hub.ehr.client import Client
from hub.ehr.scheduling import FhirScheduling
from hub.ehr.smart import BackendServices, SigningKeys
from hub.errors import SettingsError
from hub.settings import Settings
from hub.vault import Vault
from hub.visits import Visits

__all__ = ["client", "open_ehr", "signing_keys"]


def open_ehr(
    settings: Settings,
    db: Database,
    vault: Vault,
    clock: Clock,
    trail: Trail,
    visits: Visits,
    on_change: OnChange,
) -> FhirScheduling:
    """The EHR's calendar; it is asked nothing yet. Raises: SettingsError."""
    return FhirScheduling(
        client=client(settings),
        db=db,
        vault=vault,
        clock=clock,
        zone=settings.timezone,
        trail=trail,
        visits=visits,
        on_change=on_change,
        mrn_system=settings.fhir_mrn_system,
        creates_patients=settings.fhir_create_patients == "yes",
    )


def client(settings: Settings) -> Client:
    """The EHR's server, with a sign-in where one is set up. Raises: SettingsError."""
    if not settings.fhir_private_key:
        return Client(settings.ehr_url)
    services = BackendServices(
        base_url=settings.ehr_url,
        client_id=settings.fhir_client_id,
        keys=signing_keys(settings),
        token_url=settings.fhir_token_url,
        scopes=settings.fhir_scopes,
    )
    return Client(settings.ehr_url, services)


def signing_keys(settings: Settings) -> SigningKeys:
    """The hub's keys for the EHR. Raises: SettingsError."""
    try:
        return SigningKeys(settings.fhir_private_key.reveal())
    except ValueError as error:
        raise SettingsError([f"HUB_FHIR_PRIVATE_KEY {error}"]) from None
