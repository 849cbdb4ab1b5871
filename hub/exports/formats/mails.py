"""EML: a mail a message, by the hundred in a ZIP, for archives that take mail."""

import io
import zipfile
from datetime import UTC, date, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import MessageRecord, ThreadRecord

__all__ = ["Mails"]

_HOST = "carehub.invalid"
"""A host that there is not (RFC 2606): nobody can answer an archive."""
_POLICY = policy.SMTP.clone(max_line_length=200)


class Mails(Chunk):
    """A ZIP of mails, each called by its thread and number."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._file = io.BytesIO()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return self._file.tell()

    def thread(self, one: ThreadRecord) -> None:
        """Nothing: each mail names its thread."""

    def message(self, one: MessageRecord) -> None:
        """A mail."""
        entry = zipfile.ZipInfo(f"{one.thread}/{one.seq:06}.eml", date_time=(1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, _mail(one, self._setting.clinic).as_bytes(policy=_POLICY))

    def done(self) -> bytes:
        """The file."""
        self._zip.close()
        return self._file.getvalue()


def _mail(one: MessageRecord, clinic: str) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    person = _address(one.name or one.mrn or "Patient", one.address, one.person)
    staff = Address(_plain(one.author_name or clinic), one.author, _HOST)
    mail["From"], mail["To"] = (person, staff) if one.direction == "inbound" else (staff, person)
    if one.direction == "note":
        mail.replace_header("To", staff)
    at = one.at if isinstance(one.at, datetime) else None
    if at is None and isinstance(one.at, date):
        at = datetime(one.at.year, one.at.month, one.at.day, tzinfo=UTC)
    if at is not None:
        mail["Date"] = format_datetime(at)
    mail["Subject"] = f"{one.direction}, {one.channel or 'note'}, number {one.seq}"
    mail["Message-ID"] = f"<{one.id}@{_HOST}>"
    mail["References"] = f"<{one.thread}@{_HOST}>"
    mail["X-Carehub-Thread"] = one.thread
    mail["X-Carehub-Direction"] = one.direction
    if one.notice:
        mail["X-Carehub-Notice"] = _plain(one.notice)
    for delivery in one.deliveries:
        steps = "; ".join(f"{step.state} {step.at} {step.reason}".strip() for step in delivery.history)
        mail["X-Carehub-Delivery"] = _plain(f"{delivery.id} {delivery.channel} {delivery.purpose}: {steps}")
        if delivery.consent is not None:
            rule = delivery.decided.rule if delivery.decided else ""
            said = f"{delivery.consent.state} at {delivery.consent.at}; fact {delivery.consent.fact}; rule {rule}"
            mail["X-Carehub-Consent"] = _plain(said)
    for file in one.attachments:
        mail["X-Carehub-File"] = _plain(f"{file.path or file.id}; {file.state}; sha256={file.sha256}")
    mail.set_content(one.body or one.unreadable or "")
    return mail


def _address(name: str, value: str, person: str) -> Address:
    user, at, host = value.rpartition("@")
    if at and user.isascii() and host.isascii():
        return Address(_plain(name), user, host)
    digits = "".join(letter for letter in value if letter.isalnum())
    return Address(_plain(name), digits or person, _HOST)


def _plain(text: str) -> str:
    """One line, so that no text makes a header of its own."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
