"""Passwords: kept as Argon2id, and refused when anybody would guess them.

Length is what counts; there is no rule of composition, and none expires.

Source: NIST SP 800-63B-4 §3.1.1; RFC 9106 §4.
"""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["LONGEST", "SHORTEST", "SHORTEST_WITH_SECOND", "Passwords", "Weak", "explained", "weakness"]

SHORTEST = 12
"""Characters, where a password is all there is."""
SHORTEST_WITH_SECOND = 8
"""Characters, where a second factor is shown as well."""
LONGEST = 256
_PASSES = 3
_LANES = 4
_AT_ONCE = 2

Weak = Literal["short", "long", "common", "personal"]
"""Why a password is not taken: too short, too long, one that many have, one that holds the user's own name."""


class Passwords:
    """Hashes and checks passwords, aside: it is slow by design. `memory` is in MiB."""

    def __init__(self, memory: int) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=memory * 1024, parallelism=_LANES)
        # Each takes its memory: so many at once, and the others wait.
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """The password as a PHC string."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def check(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; without one it takes as long, and is not."""
        if not self._nobodys:
            self._nobodys = await self.hash("nobody has this password")
        async with self._room:
            right = await asyncio.to_thread(self._same, kept or self._nobodys, _normal(password[:LONGEST]))
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than are made now."""
        return self._hasher.check_needs_rehash(kept)

    def _same(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, *, second: bool, own: Sequence[str] = ()) -> Weak | None:
    """Why the password is refused; None if it is taken. Pure.

    second: whether a second factor is shown as well. own: words that anybody would try, as the user's name.
    """
    length = len(_normal(password))
    if length > LONGEST:
        return "long"
    if length < (SHORTEST_WITH_SECOND if second else SHORTEST):
        return "short"
    if _guessable(password):
        return "common"
    plain = _letters(password)
    rest = plain
    for word in (one for said in own for one in re.split(r"[\W_]+", said.casefold()) if len(one) >= 4):
        rest = rest.replace(_letters(word), "")
    # Their own name and a year is no password; a sentence in which it stands is one.
    if rest != plain and len(rest) < SHORTEST_WITH_SECOND - 2:
        return "personal"
    return None


def explained(weak: Weak, *, second: bool) -> str:
    """What a user is told who chose such a password, in English."""
    return {
        "short": f"a password has at least {SHORTEST_WITH_SECOND if second else SHORTEST} characters",
        "long": f"a password has at most {LONGEST} characters",
        "common": "that password is among the first that anybody tries: choose some words of your own",
        "personal": "that password is little more than the user's own name",
    }[weak]


_COMMON = frozenset(files("hub.accounts").joinpath("common.txt").read_text(encoding="ascii").split())
"""Words that are tried first, without accents and case."""
_ROWS = ("1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y")
_LEET = str.maketrans("01345@$!7", "oleasasit")
_AROUND = "0123456789!.,;:?-_#*+"


def _guessable(password: str) -> bool:
    """Whether it is made of one of the words, rows or characters that are tried first, however dressed up."""
    plain = _letters(password)
    if len(set(plain)) <= 3 or _repeats(plain):
        return True
    if any(plain in (row * 4)[:64] or plain in (row[::-1] * 4)[:64] for row in _ROWS):
        return True
    for said in {plain, plain.strip(_AROUND).translate(_LEET)}:
        letters = re.sub(r"[^a-z]+", " ", said).split()
        rest = re.sub(r"[^a-z]+", "", said)
        # Words that everybody tries, and digits or signs around them: nothing else.
        if letters and all(_of_common(word) for word in letters) and len(letters) <= 2:
            return True
        if rest in _COMMON:
            return True
    return False


def _of_common(word: str) -> bool:
    if word in _COMMON or any(word in row for row in _ROWS if len(word) >= 3) or len(word) <= 1:
        return True
    return any(word == common * 2 for common in _COMMON)


def _repeats(plain: str) -> bool:
    """Whether it is a short piece said again and again."""
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, min(5, len(plain) // 2 + 1)))


def _letters(said: str) -> str:
    spread = unicodedata.normalize("NFKD", said).casefold()
    return "".join(c for c in spread if not unicodedata.combining(c) and not c.isspace())


def _normal(password: str) -> str:
    """The same password, however a keyboard writes it. Source: RFC 8265 §4.2."""
    return unicodedata.normalize("NFC", password)
