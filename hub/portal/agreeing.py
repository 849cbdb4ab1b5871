"""What a person may agree to in the portal, in plain words, and what the ledger is told of it. Pure.

Whatever was shown is known by its name, version, language and hash, and its very words go into the ledger's evidence:
what a person agreed to years ago can be read as they read it.

Source: 47 CFR 64.1200(f)(9) for offers by text; 45 CFR 164.522(b) for private content by mail.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from consent.facts import ConsentState, Scope, Standing
from hub.types import AddressKind, ChannelKind, Language, Purpose

ORDINARY = frozenset(Purpose) - {Purpose.MARKETING}
"""What is told without a signature."""
OFFERS = frozenset({Purpose.MARKETING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One thing to agree to, about one kind of address.

    withdrawn: what taking it back ends: every purpose, for what is not about offers alone.
    risky: it is no consent to be reached, but to be told more than the channel keeps private.
    """

    name: str
    kind: AddressKind
    channel: ChannelKind
    purposes: frozenset[Purpose] = ORDINARY
    risky: bool = False

    @property
    def given(self) -> Scope:
        """The scope that is agreed to."""
        return Scope(channels=frozenset({self.channel}), purposes=self.purposes)

    @property
    def withdrawn(self) -> Scope:
        """The scope that is taken back."""
        return Scope(channels=frozenset({self.channel}), purposes=self.purposes if self.purposes == OFFERS else None)

    def holds(self, standing: Standing) -> bool:
        """Whether all of it holds, by what stands for the address."""
        found = [standing.of(self.channel, purpose) for purpose in self.purposes]
        return all(one.state is ConsentState.GRANT and (one.written or self.purposes != OFFERS) for one in found)


_SMS, _VOICE, _EMAIL = ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.EMAIL
AGREEMENTS: Mapping[str, Agreement] = MappingProxyType(
    {
        one.name: one
        for one in (
            Agreement(name="texts", kind=AddressKind.PHONE, channel=_SMS),
            Agreement(name="calls", kind=AddressKind.PHONE, channel=_VOICE),
            Agreement(name="mail", kind=AddressKind.MAILBOX, channel=_EMAIL),
            Agreement(name="whole_mail", kind=AddressKind.MAILBOX, channel=_EMAIL, risky=True),
            Agreement(name="offers_text", kind=AddressKind.PHONE, channel=_SMS, purposes=OFFERS),
            Agreement(name="offers_mail", kind=AddressKind.MAILBOX, channel=_EMAIL, purposes=OFFERS),
        )
    }
)
NOTICES = Agreement(name="notices", kind=AddressKind.PUSH, channel=ChannelKind.PUSH)
"""Asked for on the device itself, by turning notifications on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An agreement as a person reads it. `words` are title, text and button, in that order."""

    name: str
    version: int
    language: Language
    title: str
    ask: tuple[str, ...] = field(repr=False)
    yes: str
    no: str

    @property
    def words(self) -> str:
        """The very words, as they are kept."""
        return "\n".join((self.title, *self.ask, self.yes))

    @property
    def hash(self) -> str:
        """SHA-256 of the words, in hexadecimal."""
        return hashlib.sha256(self.words.encode()).hexdigest()

    @property
    def reference(self) -> str:
        """Name, version, language and the beginning of the hash, for where there is little room."""
        return f"{self.name}/{self.version}/{self.language}/{self.hash[:16]}"

    @property
    def evidence(self) -> dict[str, str]:
        """What the ledger keeps of it."""
        return {
            "how": "a button in the portal",
            "text": self.name,
            "version": str(self.version),
            "language": self.language,
            "sha256": self.hash,
            "words": self.words,
        }


def shown(name: str, language: Language, clinic: str, address: str = "") -> Shown:
    """The agreement called `name` as the person reads it; `address` as they write it."""
    said = texts(language)[name]
    return Shown(
        name=name,
        version=said["version"],
        language=language,
        title=said["title"],
        ask=tuple(line.format(clinic=clinic, address=address) for line in said["ask"].strip().split("\n")),
        yes=said["yes"],
        no=said["no"],
    )


@cache
def texts(language: Language) -> Mapping[str, Mapping[str, Any]]:
    """Every agreement in `language`, by name: version, title, ask, yes, no."""
    text = files("hub.portal").joinpath("agreements", f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
