"""FHIR R4: Bundles of Communications, a header for the thread and one for each message, an entry a line.

Source: HL7 FHIR R4 (4.0.1), Bundle.
"""

from datetime import UTC
from typing import Any

import msgspec

from hub.exports.formats.base import Chunk, Setting
from hub.exports.records import MessageRecord, ThreadRecord
from hub.exports.resources import communication, header, in_bundle, labels, patient

__all__ = ["Bundle"]


class Bundle(Chunk):
    """A Bundle of the type `collection`: the patients, threads and messages that one file has, complete in itself."""

    def __init__(self, setting: Setting) -> None:
        stamp = setting.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._text = bytearray(
            f'{{"resourceType":"Bundle","type":"collection","timestamp":"{stamp}","entry":['.encode()
        )
        self._encode = msgspec.json.Encoder().encode
        self._first = True
        self._patients: set[str] = set()

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return len(self._text)

    def thread(self, one: ThreadRecord) -> None:
        """The patient, and the thread's header."""
        if one.person not in self._patients:
            self._patients.add(one.person)
            self._add(one.person, _patient(one) | ({"meta": labels()} if one.notice else {}))
        self._add(one.id, header(one, in_bundle))

    def message(self, one: MessageRecord) -> None:
        """A Communication."""
        self._add(one.id, communication(one, in_bundle))

    def _add(self, resource_id: str, resource: dict[str, Any]) -> None:
        self._text += b"\n" if self._first else b",\n"
        self._first = False
        self._text += self._encode({"fullUrl": f"urn:uuid:{resource_id}", "resource": resource})

    def done(self) -> bytes:
        """The file."""
        self._text += b"\n]}\n"
        return bytes(self._text)


def _patient(one: ThreadRecord) -> dict[str, Any]:
    return patient(one.person, mrn=one.mrn, text=one.name, birth=one.birth_date, language=one.language)
