"""Cuts a text into tokens and reads each, misspelt or not, as the words of a vocabulary it may stand for."""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

END = "|"  # the end of a sentence, as a token

_APOSTROPHES = re.compile(r"['’‘`´]")
_MASKED = re.compile(r"(?<=[a-z])[*.\-_](?=[a-z])")
_END_MARKS = re.compile(r"(?:[!?;\n\r…]|\.(?!\d))+")
_NOT_WORD = re.compile(r"[^a-z0-9|]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_LEET = str.maketrans("013457", "oieast")
_SYMBOLS = str.maketrans({"@": "a", "$": "s"})
_BANG = re.compile(r"(?<=[a-z])!(?=[a-z])")
_SPELT_OUT = re.compile(r"(?<![^ ])(?:[a-z] ){2,}[a-z](?![^ ])")
_VOWELS = re.compile(r"[aeiou]+")
_DOUBLED = re.compile(r"(.)\1+")
# How people shorten words on a phone, beside the misspellings that the speller finds.
_SHORTHAND: dict[str, tuple[str, ...]] = {
    "b": ("be",),
    "u": ("you",),
    "r": ("are",),
    "n": ("and", "en", "no"),
    "2": ("to", "too"),
    "4": ("for",),
    "k": ("que",),
    "q": ("que",),
    "d": ("de",),
    "x": ("por",),
    "al": ("all",),
    "wen": ("when",),
    "frm": ("from",),
    "tel": ("tell",),
    "rite": ("right",),
    "wit": ("with",),
    "bout": ("about",),
    "sum1": ("someone",),
    "some1": ("someone",),
    "no1": ("nobody",),
    "evry1": ("everyone",),
    "every1": ("everyone",),
    "2nite": ("tonight",),
    "tonite": ("tonight",),
    "2day": ("today",),
    "2moro": ("tomorrow",),
    "sumthin": ("something",),
    "somthin": ("something",),
    "wud": ("would",),
    "shud": ("should",),
    "cud": ("could",),
    "stil": ("still",),
    "ke": ("que",),
    "stoy": ("estoy",),
    "toy": ("estoy",),
    "ta": ("esta",),
    "pa": ("para",),
}
_DIMINUTIVE = re.compile(r"(\w{3,}?)e?c?it([oa]s?)")
_MAX_TOKEN = 24
_LOOPED = 6  # a text that uses each word more often than this on average is searched for loops
_SLIPPERY = frozenset("aeiouyh")
_KEYS = {
    key: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, key in enumerate(row)
}
_ALIKE = {
    a: b
    for pair in ("ckqs", "sczx", "zsc", "kcq", "qkc", "bv", "vbf", "gj", "jg", "mn", "nm", "fv", "xs")
    for a, b in [(pair[0], pair[1:])]
}


def fold(text: str) -> str:
    """`text` in lower case without accents and apostrophes."""
    if text.isascii():
        return _APOSTROPHES.sub("", text.lower())
    lowered = unicodedata.normalize("NFKD", text.casefold())
    return _APOSTROPHES.sub("", "".join(letter for letter in lowered if not unicodedata.combining(letter)))


def tokens(text: str) -> list[str]:
    """The folded words of `text`, with `|` where a sentence or the text ends; repeated words shortened to two."""
    plain = _END_MARKS.sub(" | ", _unmask(_BANG.sub("i", fold(text))))
    plain = _STRETCHED.sub(r"\1", _NOT_WORD.sub(" ", plain.translate(_SYMBOLS)))
    plain = _SPELT_OUT.sub(lambda letters: letters.group().replace(" ", ""), plain.strip())
    out: list[str] = []
    for token in plain.split():
        if len(out) < 2 or token != out[-1] or token != out[-2]:
            out.append(token[:_MAX_TOKEN])
    if out and out[-1] != END:
        out.append(END)
    return _unlooped(out) if _LOOPED * len(set(out)) < len(out) else out


def _unlooped(words: list[str]) -> list[str]:
    """The words with every loop of up to eight ("no puedo no puedo …") cut to two rounds: nothing new is said in it."""
    for period in range(2, 9):
        out: list[str] = []
        for word in words:
            out.append(word)
            if len(out) >= 3 * period and word == out[-1 - period] == out[-1 - 2 * period]:
                last = out[-period:]
                if last == out[-2 * period : -period] == out[-3 * period : -2 * period]:
                    del out[-period:]
        words = out
    return words


def _unmask(text: str) -> str:
    """Letters hidden or set apart by signs ("su*cide", "k.i.l.l") brought together, word by word."""
    return _MASKED.sub(lambda sign: "" if sign.group() == "*" else " ", text) if "*" in text else text


def sound(word: str) -> str:
    """What a word sounds like, roughly, to a writer of English or Spanish: "estoi" and "estoy" are one."""
    key = word.replace("ph", "f").replace("qu", "k").replace("ck", "k").replace("gh", "")
    key = re.sub(r"c(?=[ei])", "s", key)
    key = re.sub(r"(?<![cst])h", "", key)
    key = re.sub(r"c(?!h)", "k", key).replace("z", "s").replace("v", "b").replace("x", "ks")
    key = key.replace("ll", "i").replace("y", "i").replace("j", "g")
    key = re.sub(r"ee|ea|ie|ei", "i", key).replace("ou", "u").replace("oo", "u")
    key = _DOUBLED.sub(r"\1", key)
    return key[:-1] if len(key) > 3 and key.endswith("e") else key


def skeleton(word: str) -> str:
    """The consonants of a word: how it is written in haste ("chst", "brth")."""
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", word))


def _letters(word: str) -> str:
    """The first letter and then the others in order: the same for "want" and "wnat"."""
    return word[0] + "".join(sorted(word[1:]))


def _deletions(word: str) -> Iterable[str]:
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


def slipped(token: str, word: str) -> bool:
    """Whether one slip of the hand or the ear makes `token` of `word`; any other single edit is another word.

    A slip drops a vowel, an h, one of a pair, or (of six letters or more) any letter; adds a vowel, an h, a letter
    twice or a neighbouring key; takes a vowel, a sound-alike or a neighbouring key for a letter; or swaps two letters.
    The first letter stays, but for a swap or a silent h: so "chess" is not "chest", nor "bills" "pills".
    """
    start = 0
    while start < min(len(token), len(word)) and token[start] == word[start]:
        start += 1
    end = 0
    while end < min(len(token), len(word)) - start and token[-1 - end] == word[-1 - end]:
        end += 1
    wrong, right = token[start : len(token) - end], word[start : len(word) - end]
    if len(wrong) == len(right) == 2:
        return wrong == right[::-1]
    if start == 0:
        return (wrong, right) in {("", "h"), ("h", "")}
    around = word[start - 1] + word[len(word) - end : len(word) - end + 1]
    if not wrong and len(right) == 1:
        return right in _SLIPPERY or right in around or len(word) >= 6
    if not right and len(wrong) == 1:
        return wrong in _SLIPPERY or wrong in around or any(wrong in _KEYS.get(key, "") for key in around)
    if len(wrong) == len(right) == 1:
        return (wrong in _SLIPPERY and right in _SLIPPERY) or wrong in _KEYS.get(right, "") + _ALIKE.get(right, "")
    return not wrong and not right


class Slips:
    """Words by what is left of them when a letter is dropped: two that are one slip apart share such a form.

    The forms themselves, some ten for each word, are not kept, only a number of each: as text they were the largest
    part of the lists. So a word that shares none may come out too, hardly ever, and `slipped` judges them all.
    """

    __slots__ = ("_at", "_numbers", "_words")

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        # Sorted as plain figures, number and place in one: as a tuple each they took ten megabytes meanwhile, which no
        # process gives back once anything that stays lies between them.
        pairs = np.fromiter(
            (_number(form) << 32 | at for at, word in enumerate(words) for form in {word, *_deletions(word)}),
            dtype=np.uint64,
        )
        pairs.sort()
        self._numbers = array("I", (pairs >> 32).astype(np.uint32).tobytes())
        self._at = array("I", pairs.astype(np.uint32).tobytes())

    def sharing(self, token: str) -> Iterable[str]:
        """The words that share a form with `token`."""
        for form in (token, *_deletions(token)):
            number = _number(form)
            place = bisect_left(self._numbers, number)
            while place < len(self._numbers) and self._numbers[place] == number:
                yield self._words[self._at[place]]
                place += 1


def _number(form: str) -> int:
    return crc32(form.encode())


@dataclass(frozen=True, slots=True)
class Speller:
    """Reads a token as the vocabulary's words that it may be a misspelling of.

    Made by `speller`. Words in `real` are words in their own right and never misspellings.
    """

    words: frozenset[str]
    real: frozenset[str]
    by_sound: dict[str, tuple[str, ...]]
    by_skeleton: dict[str, tuple[str, ...]]
    slips: Slips
    by_letters: dict[str, tuple[str, ...]]

    def readings(self, token: str) -> tuple[str, ...]:
        """The words `token` may stand for, itself first. Bounded: a handful of look-ups whatever the token."""
        short = _SHORTHAND.get(token)
        if short is not None:
            return (token, *short, *_figures(token))
        if token in self.words or token in self.real or len(token) < 3 or token.isdigit():
            return (token, *_figures(token)) if token.isdigit() else (token,)
        plain = token.translate(_LEET) if not token.isalpha() else token
        if plain != token and plain in self.words:
            return (token, plain)
        found: dict[str, None] = {token: None}
        for near in self.by_sound.get(sound(plain), ()):
            found[near] = None
        bones = skeleton(plain)
        if len(bones) >= 3 and len(plain) - len(bones) <= 1:
            for near in self.by_skeleton.get(bones, ()):
                if len(plain) < len(near) <= len(plain) + 2 and near[0] == plain[0]:
                    found[near] = None
        small = _DIMINUTIVE.fullmatch(plain)
        if small:
            stem, end = small.groups()
            for form in (stem + end, stem, stem.removesuffix("c") + "z" + end, stem.removesuffix("qu") + "c" + end):
                if form in self.words:
                    found[form] = None
        if plain + "e" in self.words:
            found[plain + "e"] = None
        once = _DOUBLED.sub(r"\1", plain)
        if once != plain and once in self.words:
            found[once] = None
        if len(plain) == 4:
            for near in self.by_letters.get(_letters(plain), ()):
                found[near] = None
        if len(plain) >= 4:
            for near in self._one_slip_away(plain):
                found[near] = None
        return tuple(found)

    def _one_slip_away(self, token: str) -> Iterable[str]:
        """Words of five letters or more that one slip of the hand or ear turns into `token`."""
        for near in self.slips.sharing(token):
            if slipped(token, near):
                yield near


def speller(words: frozenset[str], real: frozenset[str]) -> Speller:
    """A speller for these words, with everything looked up beforehand."""
    by_sound: dict[str, list[str]] = {}
    by_skeleton: dict[str, list[str]] = {}
    long = []
    by_letters: dict[str, list[str]] = {}
    for word in sorted(words):
        if not word.isalpha() or len(word) < 4:
            continue
        key = sound(word)
        if len(key) >= 4:
            by_sound.setdefault(key, []).append(word)
        bones = skeleton(word)
        if len(bones) >= 3:
            by_skeleton.setdefault(bones, []).append(word)
        if len(word) == 4:
            by_letters.setdefault(_letters(word), []).append(word)
        if len(word) >= 5:
            long.append(word)
    return Speller(words, real, _frozen(by_sound), _frozen(by_skeleton), Slips(long), _frozen(by_letters))


def _frozen(index: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(found) for key, found in index.items()}


# What a figure may mean beside "sugar", "fever" or "pressure": mg/dL, degrees Fahrenheit or Celsius, mmHg, percent,
# beats a minute, years.
_FIGURES: tuple[tuple[str, range], ...] = (
    ("#low", range(15, 60)),
    ("#high", range(400, 1000)),
    ("#fever", range(103, 109)),
    ("#fever", range(40, 43)),
    ("#pressure", range(180, 300)),
    ("#oxygen", range(50, 90)),
    ("#pulse", range(140, 250)),
    ("#age", range(1, 99)),
)


def _figures(token: str) -> tuple[str, ...]:
    if not token.isdigit() or len(token) > 3:
        return ()
    value = int(token)
    return tuple(name for name, span in _FIGURES if value in span)
