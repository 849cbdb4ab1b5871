"""The notice that goes with whatever is disclosed under Part 2. Pure."""

from hub.part2.deciding import Given

__all__ = ["STATEMENT", "notice"]

STATEMENT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The second of the two statements of which one must go along.

Source: 42 CFR 2.32(a)(2), as amended by 89 FR 12472.
"""


def notice(given: Given | None) -> str:
    """The statement, and what was consented to: a clear explanation of its scope must go along, too (§ 2.32(b))."""
    if given is None:
        return STATEMENT
    until = f" until {given.expires_on}" if given.expires_on else ", until it is revoked"
    scope = "all future uses and disclosures for treatment, payment, and health care operations"
    return f"{STATEMENT} The patient consented in writing on {given.signed_on} to {scope}{until}."
