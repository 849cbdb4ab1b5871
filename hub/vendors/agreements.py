"""What agreements amount to: whether a service may carry protected health information today. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec

from hub.errors import InputError

__all__ = [
    "CHANNELS",
    "ENDING",
    "SERVICES",
    "WITHHELD",
    "Agreement",
    "Enforcing",
    "NewVendor",
    "Standing",
    "Vendor",
    "carries",
    "checked",
    "standing",
]

CHANNELS = ("sms", "voice", "email", "push")
SERVICES = (*CHANNELS, "slack", "ehr", "understanding", "hosting", "backup", "keys", "other")
"""What a vendor may do for the clinic. The channels are ways to patients; `slack` shows threads to staff."""
ENDING = timedelta(days=60)
"""How long before its last day an agreement is told of as ending."""

WITHHELD = "no-agreement"
"""Why a channel carries nothing of the person: its vendor is in the register without an agreement, or not at all."""

Agreement = Literal["signed", "none", "own", "unrecorded"]
"""`own`: the clinic runs it itself. `unrecorded`: it was in use before there was a register; nobody writes that."""
Enforcing = Literal["yes", "no", "auto"]
"""Of the setting: whether a service without an agreement is barred. `auto`: unless it is `unrecorded`."""


class Standing(StrEnum):
    """What a service's entries amount to, the best first."""

    OWN = "own"
    SIGNED = "signed"
    ENDING = "ending"
    UNRECORDED = "unrecorded"
    EXPIRED = "expired"
    NONE = "none"
    MISSING = "missing"


_WORST = tuple(Standing)


class NewVendor(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down of a vendor.

    services: of `SERVICES`. signed_on, expires_on: days on the clinic's calendar; the last one still counts.
    document: where the signed paper is. subcontractors: whom the vendor hands it on to. notes: such as which of the
    vendor's products the agreement is about. No patient's words or names belong into any of it.
    """

    name: str
    services: tuple[str, ...]
    agreement: Literal["signed", "none", "own"]
    signed_on: date | None = None
    expires_on: date | None = None
    document: str = ""
    subcontractors: str = ""
    notes: str = ""


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the register; in force until `ended_at`. Fields as in `NewVendor`; by: who wrote it, and when."""

    id: str
    name: str
    services: tuple[str, ...]
    agreement: Agreement
    signed_on: date | None
    expires_on: date | None
    document: str
    subcontractors: str
    notes: str
    by: str
    at: datetime
    ended_at: datetime | None
    ended_why: str

    def on(self, today: date) -> Standing:
        """What this entry says of whatever the vendor does, on a day of the clinic's calendar."""
        if self.agreement != "signed":
            return Standing(self.agreement)
        if self.signed_on is None or self.signed_on > today:
            return Standing.NONE
        if self.expires_on is None:
            return Standing.SIGNED
        if self.expires_on < today:
            return Standing.EXPIRED
        return Standing.ENDING if self.expires_on - today <= ENDING else Standing.SIGNED


def standing(vendors: Iterable[Vendor], service: str, today: date) -> Standing:
    """What holds for a service: of all entries in force that name it the worst counts, for each may carry it."""
    said = [one.on(today) for one in vendors if one.ended_at is None and service in one.services]
    return max(said, key=_WORST.index, default=Standing.MISSING)


def carries(found: Standing, enforcing: Enforcing) -> bool:
    """Whether a service may carry protected health information.

    What the patient wishes has no say here: they may choose a way that is not encrypted, but the agreement is between
    the clinic and who carries it.
    """
    if enforcing == "no" or found in (Standing.OWN, Standing.SIGNED, Standing.ENDING):
        return True
    return found is Standing.UNRECORDED and enforcing == "auto"


def checked(new: NewVendor, today: date) -> NewVendor:
    """The same, without blanks around. Raises: InputError that says what is missing or cannot be."""
    new = msgspec.structs.replace(
        new,
        name=" ".join(new.name.split()),
        services=tuple(one for one in SERVICES if one in new.services),
        **{field: getattr(new, field).strip() for field in ("document", "subcontractors", "notes")},
    )
    longest = {"name": 80, "document": 200, "subcontractors": 400, "notes": 1000}
    if not new.name or not new.services:
        raise InputError(f"a vendor has a name and one or more services: {', '.join(SERVICES)}")
    for field, most in longest.items():
        if len(getattr(new, field)) > most:
            raise InputError(f"{field} has at most {most} characters")
    match new.agreement:
        case "signed" if new.signed_on is None or not new.document:
            raise InputError("a signed agreement has the day it was signed on, and says where the document is")
        case "signed" if new.signed_on is not None and new.signed_on > today:
            raise InputError("an agreement cannot have been signed after today")
        case "signed" if new.expires_on is not None and new.signed_on is not None and new.expires_on < new.signed_on:
            raise InputError("an agreement cannot end before it was signed")
        case "none" | "own" if new.signed_on is not None or new.expires_on is not None:
            raise InputError("only a signed agreement has days: leave them out")
        case "own" if not new.notes:
            raise InputError("of what the clinic runs itself the notes say where it runs")
    return new
