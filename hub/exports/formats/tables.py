"""CSV, in which no cell is taken for a formula by whatever opens it."""

import csv
import io
import unicodedata

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import DeliveryRecord, MessageRecord, ReadRecord, ThreadRecord

__all__ = ["MESSAGE_COLUMNS", "READ_COLUMNS", "MessageTable", "ReadTable", "safe"]

MESSAGE_COLUMNS = (
    *("message", "thread", "seq", "person", "mrn", "name", "at", "direction", "author", "author_name", "author_id"),
    *("channel", "address", "body", "purpose", "state", "reason", "rule", "consent", "consent_fact", "consent_since"),
    *("history", "deliveries", "attachments", "opt_out", "provider_id", "unreadable", "notice"),
)
READ_COLUMNS = ("entry", "seq", "at", "person", "action", "by", "by_id", "by_name", "object")
_STARTS = frozenset("=+-@\t\r\n|%")
_BEFORE = "\"'` \u00a0"


def safe(cell: str) -> str:
    """`cell` as a spreadsheet shows it, and never computes it: what could begin a formula comes after an apostrophe.

    A quotation mark or a blank before the sign changes nothing, nor does the sign's full-width form. A plain number
    with its sign is text, too, so that a telephone number keeps its plus.

    Source: OWASP, "CSV Injection"; the full-width forms of Japanese input methods are taken for signs by Excel.
    """
    rest = unicodedata.normalize("NFKC", cell[:16]).lstrip(_BEFORE) if cell else ""
    if cell[:1] in ("\t", "\r", "\n") or rest[:1] in _STARTS:
        return f"'{cell}"
    return cell


class _Table(Chunk):
    columns: tuple[str, ...] = ()

    def __init__(self, setting: Setting) -> None:
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(self.columns)

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return self._text.tell()

    def thread(self, one: ThreadRecord) -> None:
        """Nothing: each row names its thread."""

    def message(self, one: MessageRecord) -> None:
        """Add a message. Readings have a table of their own, which takes none."""
        raise NotImplementedError(f"{type(self).__name__} holds no messages")

    def _row(self, *cells: object) -> None:
        self._writer.writerow([safe("" if cell is None else str(cell)) for cell in cells])

    def done(self) -> bytes:
        """The file, in UTF-8 with its mark, by which spreadsheets know it."""
        return b"\xef\xbb\xbf" + self._text.getvalue().encode()


class MessageTable(_Table):
    """A row a message; of its deliveries the last one, and the history of all."""

    columns = MESSAGE_COLUMNS

    def message(self, one: MessageRecord) -> None:
        """A row."""
        last = one.deliveries[-1] if one.deliveries else None
        consent = last.consent if last else None
        self._row(
            *(one.id, one.thread, one.seq, one.person, one.mrn, one.name, _moment(one.at), one.direction, one.author),
            *(one.author_name, one.author_id, one.channel, one.address, one.body),
            *((last.purpose, last.state, last.reason) if last else ("", "", "")),
            last.decided.rule if last and last.decided else "",
            *((consent.state, consent.fact, _moment(consent.since)) if consent else ("", "", "")),
            " | ".join(_history(delivery) for delivery in one.deliveries),
            " ".join(delivery.id for delivery in one.deliveries),
            " | ".join(f"{file.path or file.id} {file.state} {file.sha256}".strip() for file in one.attachments),
            *(one.opt_out, one.provider_id, one.unreadable, one.notice),
        )


class ReadTable(_Table):
    """A row a reading."""

    columns = READ_COLUMNS

    def read(self, one: ReadRecord) -> None:
        """A row."""
        self._row(
            one.entry, one.seq, _moment(one.at), one.person, one.action, one.by, one.by_id, one.by_name, one.object
        )


def _history(one: DeliveryRecord) -> str:
    steps = (f"{step.state} {_moment(step.at)}{f' ({step.reason})' if step.reason else ''}" for step in one.history)
    return f"{one.channel}: {'; '.join(steps)}"


def _moment(at: object) -> str:
    return "" if at is None else at.isoformat().replace("+00:00", "Z")  # type: ignore[attr-defined]
