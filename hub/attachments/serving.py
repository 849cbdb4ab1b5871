"""How a file is given out: to be kept, never to be shown as a page of ours.

Source: RFC 6266 (Content-Disposition), RFC 8187 (its names), W3C CSP 3 (sandbox).
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

from hub.attachments.kinds import Kind

__all__ = ["file_name", "headers"]

LONGEST = 80
"""Characters of a name before its ending."""

# Separators of folders, what systems do not allow, and quotes.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|%;]+')
# Names that Windows keeps for devices, whatever their ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(given: str, kind: Kind) -> str:
    """A harmless name after the one that the sender gave. Its ending is that of `kind`, whatever the sender's was."""
    text = unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode("utf-8"))
    # Controls and invisible marks, among them those that turn the direction of writing round (photo‮gpj.exe).
    shown = "".join(one for one in text if unicodedata.category(one)[0] != "C")
    stem = _FORBIDDEN.sub("_", re.split(r"[\\/]", shown)[-1])
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", stem)
    stem = re.sub(r"\s+", " ", stem).strip(" .")[:LONGEST].rstrip(" .")
    if not stem or _DEVICES.fullmatch(stem):
        stem = "file"
    return stem + kind.ending


def headers(kind: Kind, name: str) -> Mapping[str, str]:
    """The headers of an answer that carries a file: a download, whatever the browser thinks it is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "_").replace("\\", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    charset = "; charset=utf-8" if kind.value.startswith("text/") else ""
    return {
        "Content-Type": kind.value + charset,
        "Content-Disposition": disposition,
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
