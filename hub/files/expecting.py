"""What a message's files are expected to be: rows that are written with the message itself. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from hub.files.staging import SCHEME
from hub.threads import NewMessage
from hub.types import Media, new_id

WHOLE_MAIL = "mail:"
"""How the address of a mail that is kept as it came begins, among the files of its message."""
_HELD = ("https://", "http://", SCHEME)


def is_file(media: Media) -> bool:
    """Whether `media` is something to be fetched; the rest only says what a message belongs to."""
    return media.url.startswith(_HELD)


def expected(entries: Iterable[NewMessage], now: datetime) -> Iterator[dict[str, Any]]:
    """A row of `attachment` for each file of `entries`."""
    for entry in entries:
        for position, media in enumerate(entry.media):
            if is_file(media):
                yield {
                    "id": new_id(),
                    "message_id": entry.id,
                    "position": position,
                    "thread_id": entry.thread_id,
                    "person_id": entry.person_id,
                    "channel": str(entry.channel or ""),
                    "state": "fetching",
                    "reason": "",
                    "kind": "",
                    "size": 0,
                    "content_id": None,
                    "source_id": media.url.removeprefix(SCHEME) if media.url.startswith(SCHEME) else None,
                    "bound": "attachment",
                    "attempts": 0,
                    "due_at": now,
                    "created_at": now,
                    "updated_at": now,
                }
