"""What anybody may agree to on the page for joining: boxes, the words beside them, and the form's own seal. Pure.

Every text is known by its name, version, language and hash, and its very words go into the evidence. The notice on
electronic records stands once for all boxes.

Source: 47 CFR 64.1200(f)(9); 15 USC 7001(c)(1): the consumer's right to paper, to withdraw, how, and what is needed to
read and keep the record; *Bradley v. DentalPlans.com* (D. Md. 2024).
"""

import hashlib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from hub.portal.agreeing import AGREEMENTS, Agreement, Shown
from hub.signin import tokens
from hub.types import Address, AddressKind, Language

BOXES: Mapping[str, Agreement] = MappingProxyType(
    {name: AGREEMENTS[name] for name in ("texts", "calls", "mail", "offers_text", "offers_mail")}
)
"""What may be ticked, in the order of the page; none is ticked beforehand."""
ELECTRONIC = "electronic"
"""The notice on electronic records."""
_SOONEST = timedelta(seconds=3)
"""Nobody reads and fills in the form faster."""
_LATEST = timedelta(hours=2)


def shown(name: str, language: Language, clinic: str, phone: str) -> Shown:
    """The disclosure called `name` as it is read on the page. `phone` as people write it."""
    said = texts(language)[name]
    return Shown(
        name=f"join.{name}",
        version=said["version"],
        language=language,
        title=said["title"],
        ask=tuple(line.format(clinic=clinic, phone=phone) for line in said["ask"].strip().split("\n")),
        yes=said["yes"],
        no="",
    )


@cache
def texts(language: Language) -> Mapping[str, Mapping[str, Any]]:
    """Every disclosure in `language`, by name: version, title, ask, yes."""
    text = files("hub.portal").joinpath("disclosures", f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def hash_of(page: Collection[Shown]) -> str:
    """SHA-256 over all that a page shows, in hexadecimal: what is signed is what was read."""
    return hashlib.sha256("\n".join(one.hash for one in page).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for: the boxes ticked for each address. The addresses are protected."""

    boxes: Mapping[Address, tuple[str, ...]] = field(repr=False)


Wrong = Literal["join_nothing", "join_phone", "join_mail"]


def wanted(ticked: Collection[str], phone: Address | None, mail: Address | None) -> Wanted | Wrong:
    """The boxes by the address that they are about, or what is missing: a box at all, a number, a mailbox."""
    by_kind: dict[AddressKind, tuple[str, ...]] = {
        kind: tuple(name for name, box in BOXES.items() if name in ticked and box.kind is kind)
        for kind in (AddressKind.PHONE, AddressKind.MAILBOX)
    }
    if not any(by_kind.values()):
        return "join_nothing"
    if by_kind[AddressKind.PHONE] and phone is None:
        return "join_phone"
    if by_kind[AddressKind.MAILBOX] and mail is None:
        return "join_mail"
    given = {AddressKind.PHONE: phone, AddressKind.MAILBOX: mail}
    return Wanted({one: names for kind, names in by_kind.items() if names and (one := given[kind]) is not None})


def sealed(now: datetime, seal: Callable[[str], bytes]) -> str:
    """What a form carries: when it was drawn, under the hub's own seal."""
    drawn = str(int(now.timestamp()))
    return f"{drawn}.{seal(drawn).hex()}"


def fresh(carried: str, now: datetime, seal: Callable[[str], bytes]) -> bool:
    """Whether a form is ours and was filled in by somebody: not at once, and not long after it was drawn."""
    drawn, _, said = carried.partition(".")
    if not (drawn.isascii() and drawn.isdigit() and len(drawn) <= 12 and said.isascii()):
        return False
    age = now.timestamp() - int(drawn)
    ours = tokens.same(seal(drawn).hex().encode(), said.encode())
    return ours and _SOONEST.total_seconds() <= age <= _LATEST.total_seconds()
