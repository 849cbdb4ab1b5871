"""What PID, PD1 and MRG say of a patient. Pure.

A field that is empty says nothing, `""` that there is nothing any more (HL7 v2.5.1, §2.5.3.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from channels.phones import e164
from consent import rules as rulebook
from hub.hl7 import times
from hub.hl7.faults import Fault, Flaw
from hub.hl7.reading import Segment, Value
from hub.imports import cells
from hub.imports.rows import BadRow
from hub.types import Address, AddressKind

Publicity = Literal["none", "no_calls", "any"]
_PUBLICITY: dict[str, Publicity] = {
    "01": "none",
    "03": "no_calls",
    "05": "no_calls",
    "07": "no_calls",
    "08": "none",
    "09": "none",
    "10": "none",
    "11": "none",
    "12": "none",
    "02": "any",
    "04": "any",
    "06": "any",
}
"""Table 0215, publicity code: whether the person wants to be reminded, and whether by calls. 08 to 12 are reminders to
the provider, and so none to the person."""
_NOT_PERSONAL = frozenset({"WPN", "ASN", "BPN", "EMR", "VHN"})
"""Uses of a number (table 0201) that others answer: work, answering service, beeper, emergency, vacation home."""
_NO_PHONE = frozenset({"FX", "MD", "BP", "TDD", "TTY"})
"""Equipment (table 0202) that is no telephone to talk or write to."""
_MAIL = frozenset({"Internet", "X.400", "INTERNET"})
# ISO 639-2 codes, and words, for the languages that senders name other than by the two letters of ISO 639-1.
_LANGUAGES = {
    "eng": "en", "english": "en", "spa": "es", "spanish": "es", "español": "es", "fra": "fr", "fre": "fr",
    "french": "fr", "deu": "de", "ger": "de", "german": "de", "por": "pt", "portuguese": "pt", "zho": "zh",
    "chi": "zh", "chinese": "zh", "vie": "vi", "vietnamese": "vi", "rus": "ru", "russian": "ru", "kor": "ko",
    "korean": "ko", "ara": "ar", "arabic": "ar", "tgl": "tl", "tagalog": "tl", "hat": "ht", "ita": "it",
    "italian": "it", "pol": "pl", "polish": "pl", "jpn": "ja", "japanese": "ja", "hin": "hi", "hindi": "hi",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientNews:
    """What is said of a patient; None: nothing is said. `""` and an empty tuple: there is none any more.

    deceased: when they died, as far as it is said (aware), or False where it is said that they live.
    """

    mrn: str = field(repr=False)
    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    birth_date: date | Literal[""] | None = field(default=None, repr=False)
    language: str | None = None
    state: str | None = None
    phones: tuple[Address, ...] | None = field(default=None, repr=False)
    mailboxes: tuple[Address, ...] | None = field(default=None, repr=False)
    deceased: datetime | bool | None = None
    publicity: Publicity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """What is taken for granted where a message does not say it.

    region: the country of numbers written without a code; authority: whose medical record numbers are the clinic's,
    empty for any that are called so.
    """

    zone: ZoneInfo
    region: str
    authority: str = ""


def patient(pid: Segment, pd1: Segment | None, clinic: Clinic, now: datetime) -> PatientNews:
    """What the segments say. Raises: Flaw."""
    given, family = _name(pid)
    phones, mailboxes = _telecoms(pid, clinic.region)
    return PatientNews(
        mrn=record_number(pid, 3, clinic.authority),
        given_name=given,
        family_name=family,
        birth_date=_birth_date(pid, now.astimezone(clinic.zone).date()),
        language=_language(pid),
        state=_state(pid),
        phones=phones,
        mailboxes=mailboxes,
        deceased=_deceased(pid, clinic.zone, now),
        publicity=_PUBLICITY.get(pd1.text(11)) if pd1 is not None else None,
    )


def record_number(segment: Segment, number: int, authority: str) -> str:
    """The medical record number out of a list of identifiers (CX): the one of type MR, else the only one that has no
    type. Raises: Flaw.
    """
    listed = segment.all(number)
    of_ours = [one for one in listed if not authority or one.text(4) == authority]
    chosen = [one for one in of_ours if one.text(5) == "MR"] or [one for one in of_ours if not one.text(5)]
    place = f"{segment.name}-{number}"
    if not chosen or not chosen[0].text():
        raise Flaw(Fault.REQUIRED_MISSING, place, "record_number")
    mrn = chosen[0].text()
    if len({one.text() for one in chosen}) > 1:
        # Two of one kind: which of them the clinic goes by, HUB_MLLP_AUTHORITY must say.
        raise Flaw(Fault.DATA_TYPE, place, "record_numbers")
    return _fitting(mrn, place)


def _name(pid: Segment) -> tuple[str | None, str | None]:
    """Given and family name: the legal one, else the first."""
    listed = [one for one in pid.all(5) if not one.deleted]
    if not listed:
        return None, None
    chosen = next((one for one in listed if one.text(7) == "L"), listed[0])
    given, family = _fitting(chosen.text(2), "PID-5"), _fitting(chosen.text(1, 1), "PID-5")
    if not given and not family:
        return None, None
    return _cased(given), _cased(family)


def _cased(name: str) -> str:
    """A name that came in capitals as names are written."""
    return name.title() if len(name) > 2 and name.isupper() else name


def _birth_date(pid: Segment, today: date) -> date | Literal[""] | None:
    if pid.one(7).deleted:
        return ""
    try:
        born = times.day(pid.text(7))
    except ValueError:
        raise Flaw(Fault.DATA_TYPE, "PID-7", "birth_date") from None
    if born is not None and not (born.year > 1850 and born <= today):
        raise Flaw(Fault.DATA_TYPE, "PID-7", "birth_date")
    return born


def _language(pid: Segment) -> str | None:
    """The two letters of a language; None where it is none that is known, which is no reason to refuse the rest."""
    for said in (pid.text(15), pid.text(15, 2)):
        word = said.casefold()
        if word in _LANGUAGES:
            return _LANGUAGES[word]
        if len(word.partition("-")[0]) == 2 and word[:2].isascii() and word[:2].isalpha():
            return word[:2]
    return None


def _state(pid: Segment) -> str | None:
    """Where they live, of the addresses that are theirs: not one that was, or is bad."""
    for one in pid.all(11):
        if one.text(7) not in ("BA", "O", "B", "BDL") and (state := one.text(4).upper()):
            return state if state in _states() else None
    return None


@lru_cache(maxsize=1)
def _states() -> frozenset[str]:
    return frozenset(rulebook.load().places)


def _telecoms(pid: Segment, region: str) -> tuple[tuple[Address, ...] | None, tuple[Address, ...] | None]:
    """The person's own numbers, mobiles first, and mailboxes. One that cannot be one is passed over."""
    listed = [*pid.all(13), *pid.all(40)]
    if not listed:
        return None, None
    if all(one.deleted for one in listed):
        return (), ()
    found = sorted(
        (rank, number, address) for number, one in enumerate(listed) for rank, address in _telecom(one, region)
    )
    phones = tuple(dict.fromkeys(address for _, _, address in found if address.kind is AddressKind.PHONE))
    mailboxes = tuple(dict.fromkeys(address for _, _, address in found if address.kind is AddressKind.MAILBOX))
    # A list that names numbers alone says nothing of mailboxes, and the reverse.
    return phones or None, mailboxes or None


def _telecom(one: Value, region: str) -> Iterator[tuple[int, Address]]:
    """The address that a telecom is, with a rank: a mobile's is the lowest."""
    use, equipment = one.text(2), one.text(3)
    if use in _NOT_PERSONAL or equipment in _NO_PHONE:
        return
    mailbox = one.text(4) or (one.text(1) if "@" in one.text(1) else "")
    if use == "NET" or equipment in _MAIL or "@" in mailbox:
        try:
            found = cells.mailbox({"mail": mailbox}, "mail")
        except BadRow:
            found = None
        if found is not None:
            yield 1, found
        return
    number = e164(_dialled(one), region)
    if number is not None:
        yield (0 if equipment == "CP" or use == "PRS" else 1), Address(AddressKind.PHONE, number)


def _dialled(one: Value) -> str:
    """A number as it is dialled: out of its parts, or else as it was written before there were parts."""
    country, area, local = one.text(5).lstrip("+"), one.text(6), one.text(7)
    if not local:
        return one.text(12) or one.text(1)
    return f"+{country} {area} {local}" if country else f"{area} {local}"


def _deceased(pid: Segment, zone: ZoneInfo, now: datetime) -> datetime | bool | None:
    """PID-30, and PID-29 which says it, too."""
    said = pid.text(30).upper()
    if pid.one(30).deleted or said == "N":
        return False
    if pid.one(29).deleted and not said:
        return False
    try:
        died = times.event(pid.text(29), zone, now)
    except ValueError:
        died = now
    if said == "Y" or died is not None:
        return min(died, now) if died is not None else now
    return None


def _fitting(text: str, place: str) -> str:
    if len(text) > 120:
        raise Flaw(Fault.DATA_TYPE, place, "too_long")
    return text
