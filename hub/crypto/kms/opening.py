"""Which key service the settings name, and how it is reached."""

from pathlib import Path

import msgspec

from hub.crypto.kms.calling import Caller
from hub.crypto.kms.port import KeyService
from hub.settings import Settings

__all__ = ["Access", "service_for"]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How a key service is reached, for who has no settings. `repr` shows nothing of it."""

    address: str
    endpoint: str = ""
    token: str = ""
    role_id: str = ""
    secret_id: str = ""
    namespace: str = ""
    ca_file: str = ""
    seconds: float = 10.0

    def __repr__(self) -> str:
        return "Access(…)"

    @classmethod
    def of(cls, settings: Settings) -> "Access | None":
        """As the settings say; None where the keyring is a plain file."""
        if not settings.kms:
            return None
        return cls(
            address=settings.kms,
            endpoint=settings.kms_endpoint,
            token=settings.kms_token.reveal().strip(),
            role_id=settings.kms_role_id,
            secret_id=settings.kms_secret_id.reveal().strip(),
            namespace=settings.kms_namespace,
            ca_file=str(settings.kms_ca_file or ""),
            seconds=settings.kms_timeout.total_seconds(),
        )


def service_for(access: Access) -> KeyService:
    """The adapter of that service; nothing is asked yet. Raises: SettingsError when a package is missing."""
    kind, _, rest = access.address.partition(":")
    caller = Caller(access.address, access.seconds, Path(access.ca_file) if access.ca_file else None)
    if kind == "aws":
        from hub.crypto.kms.aws import AwsKms

        return AwsKms(rest, caller, endpoint=access.endpoint)
    if kind == "gcp":
        from hub.crypto.kms.google import GoogleKms

        return GoogleKms(rest, caller, endpoint=access.endpoint)
    from hub.crypto.kms.transit import VaultTransit

    return VaultTransit(
        rest,
        caller,
        token=access.token,
        role_id=access.role_id,
        secret_id=access.secret_id,
        namespace=access.namespace,
    )
