"""Whether records under Part 2 may be disclosed. Pure."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, get_args

from msgspec import Struct

__all__ = ["BASES", "Basis", "Given", "in_force", "may_disclose"]

Basis = Literal["inside", "patient", "consent", "written", "court-order", "emergency", "audit", "research"]
"""On what records are given out.

`inside`: they stay with the clinic (§ 2.12(c)(3)). `patient`: to the patient (§ 2.23). `consent`: the patient's one
consent for all treatment, payment and health care operations, which must be on file (§ 2.33). The others are on paper,
which whoever discloses names: a consent for this very purpose (§ 2.31), a court's order (§§ 2.61 to 2.67), a medical
emergency (§ 2.51), an audit (§ 2.53), research (§ 2.52).
"""
BASES: tuple[Basis, ...] = get_args(Basis)


class Given(Struct, frozen=True, kw_only=True):
    """A consent for treatment, payment and health care operations. expires_on: its last day; None for none."""

    signed_on: date
    expires_on: date | None = None
    revoked_at: datetime | None = None


def in_force(consents: Iterable[Given], today: date) -> Given | None:
    """The newest consent that holds on this day of the clinic's calendar; None where there is none."""
    held = [
        one
        for one in consents
        if one.revoked_at is None and one.signed_on <= today and (one.expires_on is None or one.expires_on >= today)
    ]
    return max(held, key=lambda one: one.signed_on, default=None)


def may_disclose(labelled: bool, basis: Basis, consents: Iterable[Given], today: date) -> bool:
    """Whether a person's records may be given out on this basis."""
    return not labelled or basis != "consent" or in_force(consents, today) is not None
