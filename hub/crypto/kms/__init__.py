"""Key services: what holds the key that the keyring is sealed by, outside of this machine.

1. `opening.service_for` finds the adapter that HUB_KMS names: AWS KMS (`aws`), Google Cloud KMS (`google`), Vault's
   transit engine (`transit`). What an adapter needs from elsewhere is loaded by it alone.
2. Each fulfils `port.KeyService`: wrap a key of 32 octets for a context, unwrap it, wrap it anew by the newest version.
3. All speak through `calling`, which tries again what may pass, and knows how long to wait.
4. `port.probe` asks whether a service does what it must.

The service sees one random key a keyring, and no key of any person. It is asked when the hub starts and when keys are
rotated; in between the keyring is in memory, and the service may be away.
"""

from hub.crypto.kms.opening import Access, service_for
from hub.crypto.kms.port import KeyService, Wrapped, probe

__all__ = ["Access", "KeyService", "Wrapped", "probe", "service_for"]
