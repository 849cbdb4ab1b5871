"""What a channel is: the whole contract between the hub and a provider.

A channel may also offer what some providers can: to look up a part whose outcome is unknown (`Reconciling`), to say
what a provider's code means (`Explaining`), to try the credentials without sending (`Checking`), to say what of it is
set up (`Telling`), to answer each webhook on its own (`Answering`), to fetch a file that the provider holds
(`Fetching`), and to have the provider's own copy of a text deleted (`Redacting`).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Protocol, Self, runtime_checkable

from hub.errors import ChannelError
from hub.settings import Settings
from hub.types import Address, ChannelKind, Inbound, Language, Media, Part, Receipt, Status, Webhook

__all__ = [
    "Answer",
    "Answering",
    "Channel",
    "Checking",
    "Explaining",
    "Fetching",
    "Known",
    "Limits",
    "Needs",
    "Reconciling",
    "Redacting",
    "Say",
    "Telling",
    "Unclear",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request of the channel can carry, and what the provider promises about it.

    max_characters: longest text of one part; None where there is no limit.
    max_media: files with one part.
    deduplicates: the provider drops a second request with the same reference, so that an unknown outcome may
        simply be sent again.
    reports_delivery: the provider calls back with what became of a part, so that `sent` is not the last word.
    """

    max_characters: int | None
    max_media: int = 0
    deduplicates: bool = False
    reports_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider hears once its webhook is durable; an empty body is answered with 204."""

    body: bytes = b""
    content_type: str = "text/plain"


class Channel(ABC):
    """A way to reach a person. Nothing beyond these members is required.

    kind: which channel it is.
    limits: what one request can carry.
    secrets: names of the settings that must never be shown.
    routes: web addresses at which its provider posts, each with the body that says "taken" to it.
    """

    kind: ClassVar[ChannelKind]
    limits: ClassVar[Limits]
    secrets: ClassVar[tuple[str, ...]] = ()
    routes: ClassVar[Mapping[str, Answer]] = MappingProxyType({})

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The channel as the operator set it up, or None where it is not. Connects to nothing."""

    @property
    @abstractmethod
    def sender(self) -> Address:
        """The clinic's own address on this channel."""

    @property
    def handed_to(self) -> str:
        """The host that is handed what is sent; empty where nothing leaves this machine.

        By it the hub knows whether somebody else carries it, who must have signed a business associate agreement.
        """
        return "unknown"

    @abstractmethod
    async def send(self, part: Part) -> Receipt:
        """The provider's word that it took `part`, asked for with one request.

        Raises: one of the `ChannelError` family; each says itself whether and when to try again.
        """

    @abstractmethod
    def verify(self, hook: Webhook) -> None:
        """Nothing, if the provider signed `hook`.

        Raises: SignatureInvalid.
        """

    @abstractmethod
    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """What a verified `hook` says; empty when it says nothing that concerns the hub.

        Raises: PayloadInvalid.
        """

    async def close(self) -> None:  # noqa: B027 - most channels hold nothing to give back
        """Give back connections; the channel is not used after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The provider's records do not settle it: ask a person, or later.

    reason: one word for logs, `unanswered`, `too_many`, `redacted` or `ambiguous`.
    candidates: provider ids that would fit.
    """

    reason: str
    candidates: tuple[str, ...] = ()


@runtime_checkable
class Reconciling(Protocol):
    """A channel that can ask its provider what became of a part."""

    async def lookup(self, part: Part, since: datetime, *, known: Collection[str] = ()) -> Receipt | Unclear | None:
        """The receipt of `part` if the provider took it at or after `since` (aware), None if it certainly did not.

        `known` are provider ids that already belong to other deliveries. Ask no sooner than a minute after the
        attempt: None makes a second attempt safe, and a provider may list a request some seconds late.
        """
        ...


@runtime_checkable
class Redacting(Protocol):
    """A channel whose provider keeps a copy of each text, and deletes it when it is asked to."""

    async def redact(self, provider_id: str) -> None:
        """Nothing, once the provider keeps the text of this message no more, or knows no such message.

        Asked again, it changes nothing. Raises: a ChannelError where it may be kept still.
        """
        ...


@runtime_checkable
class Explaining(Protocol):
    """A channel that knows what its provider's codes mean."""

    def explain(self, code: str | None) -> str:
        """What `code` means, in one sentence that a nurse understands."""
        ...

    def fault(self, code: str | None) -> type[ChannelError]:
        """The kind of error that `code` stands for, when it comes with a callback rather than as an exception."""
        ...


@runtime_checkable
class Checking(Protocol):
    """A channel whose provider can be asked, without sending anything, whether it takes our credentials."""

    async def check(self) -> None:
        """Nothing, if all is well. Raises: one of the `ChannelError` family."""
        ...


class Say(Protocol):
    """Words of the library: the text under `key`, for this channel."""

    def __call__(self, key: str, language: Language, /, **params: object) -> str:
        """The text in `language`. Raises: TemplateError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an answer depends on beside its request.

    caller: whose language it is given in. delivery: the id of one of ours whose words it carries.
    """

    caller: Address | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the hub knows of what was needed; None where it knows nothing."""

    say: Say
    language: Language | None = None
    part: Part | None = None


@runtime_checkable
class Answering(Protocol):
    """A channel whose provider acts on what a webhook is answered, as on a call: `routes` names its addresses alone.

    Asked once what the webhook says is durable; both are pure. Nothing is sent in an answer that the outbox did not
    send: it carries prompts of the channel's own, or the words of a delivery that the provider took already.
    """

    def needs(self, hook: Webhook) -> Needs:
        """What must be known to answer a verified `hook`. Raises: PayloadInvalid."""
        ...

    def answer(self, hook: Webhook, known: Known) -> Answer:
        """What the provider hears. Raises: PayloadInvalid."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A channel whose provider holds files for us."""

    longest: int
    """Octets of the largest file that is taken."""

    async def fetch(self, media: Media) -> bytes:
        """The content of `media`, asked for with our credentials at the provider's own host and nowhere else.

        Raises: one of the `ChannelError` family; `Rejected` where it may not or cannot be had.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A channel that may be set up in parts."""

    def told(self) -> str:
        """Which parts are set up, in a few words for the operator."""
        ...
