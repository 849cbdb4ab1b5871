"""What is sealed of a message, a contact and a person, and the place each is bound to.

More than one room opens these: threads show a message and the outbox sends it, people list an address and the outbox
needs it to send.
"""

from collections.abc import Callable
from datetime import date

import msgspec

from hub.crypto import BlindIndex, Place
from hub.vault import Keys

PERSONAL = "portal.code:"
"""How the intent keys of messages begin that are for the person's eyes alone: staff see that there was one."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sealed of a message: its text, the author's name where one is shown, and files.

    words: the text as some channels say it, by the channel's name.
    """

    text: str
    author: str = ""
    media: tuple[dict[str, str], ...] = ()
    words: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return "Body(…)"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a person; empty for someone unidentified."""

    mrn: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None

    def __repr__(self) -> str:
        return "Profile(…)"


_DISPOSED = Body(text="[…]")
_BODY = msgspec.json.Decoder(Body)
_PROFILE = msgspec.json.Decoder(Profile)


def seal_body(keys: Keys, person_id: str, thread_id: str, message_id: str, body: Body) -> bytes:
    """`body` sealed for its message."""
    return keys.seal(person_id, msgspec.json.encode(body), _message(person_id, thread_id, message_id))


def open_body(keys: Keys, person_id: str, thread_id: str, message_id: str, sealed: bytes) -> Body:
    """What a message says; `[…]` where its words were disposed of by themselves. Raises: SealBroken, KeyDestroyed."""
    if not sealed:
        return _DISPOSED
    return _BODY.decode(keys.open(person_id, sealed, _message(person_id, thread_id, message_id)))


def bodies(keys: Keys, person_id: str, thread_id: str) -> Callable[[str, bytes], Body]:
    """What opens the messages of one thread, by their ids, as `open_body` does. Raises: KeyDestroyed."""
    opened = keys.rows(person_id, _message(person_id, thread_id, ""))

    def body(message_id: str, sealed: bytes) -> Body:
        return _BODY.decode(opened(message_id, sealed)) if sealed else _DISPOSED

    return body


def seal_words(keys: Keys, person_id: str, thread_id: str, delivery_id: str, words: str) -> bytes:
    """What a delivery says in place of its message's text."""
    return keys.seal(person_id, words.encode(), _delivery(person_id, thread_id, delivery_id))


def open_words(keys: Keys, person_id: str, thread_id: str, delivery_id: str, sealed: bytes) -> str:
    """What a delivery says. Raises: SealBroken, KeyDestroyed."""
    return keys.open(person_id, sealed, _delivery(person_id, thread_id, delivery_id)).decode()


def seal_contact(keys: Keys, person_id: str, address_id: str, value: str) -> bytes:
    """An address sealed as one of this person's."""
    return keys.seal(person_id, value.encode(), _contact(person_id, address_id))


def open_contact(keys: Keys, person_id: str, address_id: str, sealed: bytes) -> str:
    """The address kept in a row of `contact`. Raises: SealBroken, KeyDestroyed."""
    return keys.open(person_id, sealed, _contact(person_id, address_id)).decode()


def seal_profile(keys: Keys, person_id: str, profile: Profile) -> bytes:
    """Who a person is, sealed."""
    return keys.seal(person_id, msgspec.json.encode(profile), _person(person_id))


def open_profile(keys: Keys, person_id: str, sealed: bytes | None) -> Profile:
    """Who a person is; empty for someone unidentified. Raises: SealBroken, KeyDestroyed."""
    return Profile() if sealed is None else _PROFILE.decode(keys.open(person_id, sealed, _person(person_id)))


def reply_token(blind: BlindIndex, person_id: str, address_id: str) -> str:
    """What names a person's conversation, at one of their addresses, to whoever replies from there: 128 bits, in hex.

    It is made anew wherever it is needed, kept nowhere, and of no use from another address.
    """
    return blind.of("reply", f"{person_id} {address_id}").hex()


def _message(person_id: str, thread_id: str, message_id: str) -> Place:
    return Place("message", "body_sealed", message_id, person_id, thread_id)


def _delivery(person_id: str, thread_id: str, delivery_id: str) -> Place:
    return Place("delivery", "words_sealed", delivery_id, person_id, thread_id)


def _contact(person_id: str, address_id: str) -> Place:
    return Place("contact", "value_sealed", address_id, person_id)


def _person(person_id: str) -> Place:
    return Place("person", "profile_sealed", person_id, person_id)


def draft_place(person_id: str, thread_id: str, user_id: str, kind: str) -> Place:
    """What a draft is bound to: its user, thread and kind."""
    return Place("draft", "body_sealed", f"{user_id}/{kind}", person_id, thread_id)
