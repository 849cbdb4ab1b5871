"""Exports: conversations written out in order, with what proves that nothing was changed since.

1. `Asked` says what: filters, a format, a redaction profile.
2. `export` writes an audit entry, then reads page by page (`walking`) and writes file by file (`formats`), as far as
   the profile shows it (`profiling`). A file counts once it is whole and durable, with its digest, in the index; how
   far that has come is kept beside it, and the same call goes on from there.
3. Who read what of these persons follows from the audit (`reading`).
4. The manifest over the index is signed by the key of the audit's checkpoints (`manifest`).
5. `verified` compares a folder with its manifest, without a database, and names what was done to it.
6. `handing` makes one encrypted file of it.

    Asked ─ audit ─► page ─► open ─► redact ─► file, index, progress ─► page … ─► manifest, signature
                       ▲ goes on at the key of the last file ┘
"""

from hub.exports.asking import Asked, Format
from hub.exports.exporting import Exporter, export
from hub.exports.folder import Folder
from hub.exports.manifest import Manifest
from hub.exports.profiling import Redaction, redaction, redactions
from hub.exports.verifying import Fault, NotSigned, public_key, signed_manifest, verified

__all__ = [
    "Asked",
    "Exporter",
    "Fault",
    "Folder",
    "Format",
    "Manifest",
    "NotSigned",
    "Redaction",
    "export",
    "public_key",
    "redaction",
    "redactions",
    "signed_manifest",
    "verified",
]
