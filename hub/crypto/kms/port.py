"""The port that every key service fills."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hub.errors import KeyServiceRefused

__all__ = ["KEY", "Context", "KeyService", "Wrapped", "probe"]

KEY = 32
"""Octets of a key that is wrapped."""

Context = Mapping[str, str]
"""What a wrapped key is bound to: it opens with the same names and values alone. No secret, and nobody's name."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key as the service gave it back, to be kept, and the version of its own key; "" where it tells none."""

    blob: str = field(repr=False)
    version: str


class KeyService(Protocol):
    """A key that never leaves its service. Every call may be made again; none is remembered here.

    Raises, each: KeyServiceAway when it cannot be asked now, KeyServiceRefused when it says no.
    """

    @property
    def name(self) -> str:
        """The service and its key, as HUB_KMS names them; no secret."""
        ...

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """`key` (32 octets) wrapped by the newest version, for `context`."""
        ...

    async def unwrap(self, blob: str, context: Context) -> bytes:
        """The key again. Refused, too, when it was wrapped for another context, by another key, or changed."""
        ...

    async def rewrap(self, blob: str, context: Context) -> Wrapped:
        """The same key wrapped by the newest version. Where the service can, it does not leave it meanwhile."""
        ...


async def probe(service: KeyService) -> str:
    """Whether the service wraps and unwraps as it must, with a key made up for it; the newest version."""
    key, context = secrets.token_bytes(KEY), {"carehub": "probe"}
    wrapped = await service.wrap(key, context)
    if await service.unwrap(wrapped.blob, context) != key:
        raise KeyServiceRefused(f"{service.name} gave back another key than it was given: do not use it")
    return wrapped.version
