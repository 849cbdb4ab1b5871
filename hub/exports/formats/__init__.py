"""The forms in which an export is written, each in a file of its own."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.exports.asking import Format
from hub.exports.formats.base import Chunk, Kind, Setting
from hub.exports.formats.fhir import Bundle
from hub.exports.formats.lines import Lines
from hub.exports.formats.mails import Mails
from hub.exports.formats.pages import Transcript
from hub.exports.formats.tables import MessageTable, ReadTable

__all__ = ["KINDS", "Chunk", "Kind", "Setting"]


def _paper(setting: Setting) -> Chunk:
    # Only here: what draws documents takes a quarter of a second to load, and twenty megabytes.
    from hub.exports.formats.papers import Paper

    return Paper(setting)


KINDS: Mapping[Format, Kind] = MappingProxyType(
    {
        Format.JSONL: Kind(suffix="jsonl", most=10_000, make=Lines, reads_suffix="jsonl", reads=Lines),
        Format.CSV: Kind(suffix="csv", most=10_000, make=MessageTable, reads_suffix="csv", reads=ReadTable),
        Format.HTML: Kind(
            suffix="html", most=5000, numbered=True, make=Transcript, reads_suffix="html", reads=Transcript
        ),
        Format.PDF: Kind(suffix="pdf", most=1000, numbered=True, make=_paper, reads_suffix="pdf", reads=_paper),
        Format.EML: Kind(suffix="zip", most=5000, make=Mails, reads_suffix="jsonl", reads=Lines),
        Format.FHIR: Kind(suffix="json", most=5000, make=Bundle, reads_suffix="jsonl", reads=Lines),
    }
)
