"""What a browser is asked for and what proves it: the pure half of passkeys, which keeps nothing.

Every ceremony demands that the authenticator verifies its user, and names the host and origin it is for.

Source: W3C Web Authentication Level 3 §7.1, §7.2.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from hub.settings import LOOPBACK

GOOD_FOR = timedelta(minutes=5)
"""How long the person may take."""
LONGEST = 16 * 1024
"""Characters of what a browser answers; without attestation it has some 1,500."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whom passkeys are made for: the name of a host, and the origin of its pages."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new credential: its id, its public key in COSE's form, and its counter (0 where it counts nothing)."""

    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    counter: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says of itself, unproved: the challenge, the credential and its person's handle; empty if not."""

    challenge: bytes = b""
    credential: bytes = b""
    handle: bytes = b""


def party(base_url: str) -> Party | None:
    """For whom a hub at this address makes passkeys; None where browsers make none: without TLS, or without a name.

    On one machine it is `localhost`, for an IP address is no name.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if host in LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        return Party("localhost", f"{parts.scheme}://localhost{port}")
    if parts.scheme != "https" or not host:
        return None
    try:
        ip_address(host)
    except ValueError:
        port = f":{parts.port}" if parts.port not in (None, 443) else ""
        return Party(host, f"https://{host}{port}")
    return None


def to_add(at: Party, clinic: str, name: str, handle: bytes, challenge: bytes, known: Iterable[bytes]) -> str:
    """What a browser needs to make a passkey, as JSON; none of the credentials `known` is made again.

    name: tells the passkeys of a family on one device apart; it leaves for the person's own authenticator.
    """
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=at.host,
        rp_name=clinic,
        user_name=name,
        user_id=handle,
        challenge=challenge,
        timeout=_milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return str(options_to_json(options))


def to_enter(at: Party, challenge: bytes) -> str:
    """What a browser needs to sign with any passkey that it has for this hub, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=at.host,
        challenge=challenge,
        timeout=_milliseconds(),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return str(options_to_json(options))


def claimed(answer: str) -> Claim:
    """What the browser's `answer`, a credential as JSON, says of itself."""
    from webauthn.helpers import base64url_to_bytes

    try:
        said = json.loads(answer)
        response = said["response"]
        client = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        return Claim(
            challenge=base64url_to_bytes(client["challenge"]),
            credential=base64url_to_bytes(said["rawId"]),
            handle=base64url_to_bytes(response.get("userHandle") or ""),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Claim()


def made(at: Party, answer: str, challenge: bytes) -> Made | None:
    """The credential that the browser made, if all about it fits."""
    from webauthn import verify_registration_response

    try:
        proved = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.origin,
            require_user_verification=True,
        )
    except Exception:
        # Whatever a hostile answer breaks while it is read: it proves nothing.
        return None
    return Made(proved.credential_id, proved.credential_public_key, proved.sign_count)


def signed(at: Party, answer: str, challenge: bytes, known: Made) -> int | None:
    """The authenticator's counter, if the credential `known` signed this; where it counts, it must have grown."""
    from webauthn import verify_authentication_response

    try:
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.counter,
            require_user_verification=True,
        )
    except Exception:
        # As above.
        return None
    return int(proved.new_sign_count)


def _milliseconds() -> int:
    return int(GOOD_FOR.total_seconds() * 1000)
