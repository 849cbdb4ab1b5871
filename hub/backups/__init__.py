"""Backups of the embedded database: taken while the hub runs, sealed, signed, and brought back onto a fresh folder.

1. `taking` copies the database as of one moment, beside whoever writes, seals the copy as it is read, and signs a
   manifest over it. Attachments and recordings are in the database; exports expire, and are not kept.
2. `restoring` checks the signature and every octet, opens the copy onto a new folder, and checks keys and audit chain.
3. `keytable` writes the wrapped data keys of now. With it, a backup from before older keys were destroyed opens again
   for everybody but those who were disposed of since, whose disposal is done again.
4. `recovery` splits what opens a copy of the keyring over sheets of paper.

The key of a backup is derived from the keyring and outlives rotations; inside, everything is sealed a second time, as
it is in the database.
"""

from hub.backups.keytable import KeyTable, read_table, write_table
from hub.backups.restoring import Restored, restore
from hub.backups.sealing import Manifest
from hub.backups.taking import take

__all__ = ["KeyTable", "Manifest", "Restored", "read_table", "restore", "take", "write_table"]
