"""Sealing: what protected content goes through before it may be stored.

1. `keyring` holds the key-encryption keys (KEK), the root of the blind indexes and the audit's signing key; `store` is
   where it is kept: a file, as it is or sealed by a key service (`kms`).
2. A random data key (DEK) for each person is wrapped by the KEK.
3. `seal` encrypts one value under a DEK with AES-256-GCM; its additional data names the place it belongs to, so
   that it opens nowhere else.
4. `segments` encrypts a file of any size, 64 KiB at a time.
5. `blind` turns an address or a record number into an index that can be looked up and not read.

Primitives are the `cryptography` package's; only their use is ours.
"""

from hub.crypto.blind import BlindIndex
from hub.crypto.keyring import Keyring
from hub.crypto.sealing import DataKey, Place
from hub.crypto.store import KeyringStore

__all__ = ["BlindIndex", "DataKey", "Keyring", "KeyringStore", "Place"]
