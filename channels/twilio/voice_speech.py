"""A text made fit to be heard: what is read out, a line at a time. Pure.

Numbers of a list become keys to press, days and times are told in full, phone numbers digit by digit; what only makes
sense on a screen (links, "Reply STOP") is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hub.types import Language

__all__ = ["spoken"]


@dataclass(frozen=True, slots=True)
class _Speech:
    """The words of one language.

    choice: how a numbered line is read out. days, months: as they are abbreviated in texts → in full. to: between the
    first and the last of something. screen: what only a reader can make use of.
    """

    choice: str
    numbers: tuple[str, ...]
    days: Mapping[str, str]
    months: Mapping[str, str]
    to: str
    screen: re.Pattern[str]
    swaps: tuple[tuple[re.Pattern[str], str], ...]


def _swap(pattern: str, words: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), words


_EN = _Speech(
    choice="Press {number} or say {name} for {what}.",
    to="to",
    numbers=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    days={
        "Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday",
        "Sun": "Sunday",
    },
    months={
        "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "May": "May", "Jun": "June",
        "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October", "Nov": "November",
        "Dec": "December",
    },
    screen=re.compile(
        r"https?://|www\.|\bmsg\b|\bdata rates\b|\b(?:reply|text)\s+(?:with\s+)?\W?(?:stop|start|help)\b"
        r"|\breply\s+\W?c\b.*\br\b|\bhelp: help\b",
        re.IGNORECASE,
    ),
    swaps=(
        _swap(r"\breply with a number or\b", "Press or say a number, or say"),
        _swap(r"\breply with\b", "Say"),
        _swap(r"\breply (?=\d)", "Press "),
        _swap(r"\breply here\b", "Tell us now"),
        _swap(r"\breply\b", "Say"),
        _swap(r"\b(just )?text us\b", "call us"),
        _swap(r"\b(?:answer|help|write to) you here\b", "get back to you"),
    ),
)  # fmt: skip
_ES = _Speech(
    choice="Oprima {number} o diga {name} para {what}.",
    to="a",
    numbers=("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    days={
        "lun": "lunes", "mar": "martes", "mié": "miércoles", "jue": "jueves", "vie": "viernes", "sáb": "sábado",
        "dom": "domingo",
    },
    months={
        "ene": "enero", "feb": "febrero", "mar": "marzo", "abr": "abril", "may": "mayo", "jun": "junio",
        "jul": "julio", "ago": "agosto", "sep": "septiembre", "sept": "septiembre", "oct": "octubre",
        "nov": "noviembre", "dic": "diciembre",
    },
    screen=re.compile(
        r"https?://|www\.|\btarifas\b|\bfrecuencia de mensajes\b"
        r"|\b(?:responda|escriba|env[ií]e|texto)\s+(?:con\s+)?\W?(?:stop|start|help|alto|ayuda)\b|^\W*stop\b"
        r"|\bresponda\s+\W?c\b.*\br\b|\bayuda: help\b",
        re.IGNORECASE,
    ),
    swaps=(
        _swap(r"\bresponda con un n[uú]mero o(?: diga)?\b", "Oprima o diga un número, o diga"),
        _swap(r"\bresponda si o no\b", "Diga sí o no"),
        _swap(r"\bresponda con\b", "Diga"),
        _swap(r"\bresponda (?=\d)", "Oprima "),
        _swap(r"\bresponda aqu[ií]\b", "Díganos ahora"),
        _swap(r"\bresponda\b", "Diga"),
        _swap(r"\bescr[ií]banos\b", "llámenos"),
        _swap(r"\bescriba (?=esa |\"|con |esta )", "diga "),
        _swap(r"\bescriba\b", "llame"),
        _swap(r"\bpor este medio\b", "pronto"),
        _swap(r"\b(le (?:responderá|ayudará|atenderá|escribirá)n?) aquí\b", r"\1 pronto"),
    ),
)  # fmt: skip
_SPEECH: Mapping[Language, _Speech] = {"en": _EN, "es": _ES}

_NUMBERED = re.compile(r"\s*([0-9])[).]\s+(.+)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\s.!?])")
_CLOCK = r"([0-9]{1,2}):([0-9]{2}) ?([ap])(?:\. ?m\.|m\b)"
_MOMENT_EN = re.compile(
    rf"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? ({'|'.join(_EN.months)}) ([0-9]{{1,2}})\b(?:,? {_CLOCK})?", re.IGNORECASE
)
_MOMENT_ES = re.compile(
    r"\b(el )?(lunes|martes|miércoles|jueves|viernes|sábado|domingo),? ([0-9]{1,2}) "
    rf"({'|'.join(_ES.months)})\b\.?(?:,? {_CLOCK})?",
    re.IGNORECASE,
)
_DAYS = {
    language: re.compile(
        rf"\b({'|'.join(speech.days)})(?:\s*[-–]\s*({'|'.join(speech.days)}))?\b(?=,? [0-9])", re.IGNORECASE
    )
    for language, speech in _SPEECH.items()
}
"""A day, or from one to another, before a time."""
_UNTIL = re.compile(r"(:[0-9]{2}|\b[ap]\.? ?m\b\.?)\s*[-–]\s*(?=[0-9])", re.IGNORECASE)
_TIME = re.compile(rf"\b{_CLOCK}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w+])(\+?1[ .-]?)?\(?([0-9]{3})\)?[ .-]?([0-9]{3})[ .-]?([0-9]{4})(?!\w)")
_HOTLINE = re.compile(r"(?<!\w)(911|988)(?!\w)")
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_UNSAID = re.compile(r"[*_#~`|<>{}\[\]\\^•]|[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")


def spoken(text: str, language: Language) -> tuple[str, ...]:
    """The lines that are read out for `text`, with a short rest between them; none for what is for the eye only."""
    speech = _SPEECH[language]
    lines: list[str] = []
    for line in text.splitlines():
        numbered = _NUMBERED.fullmatch(line)
        if numbered:
            number = int(numbered[1])
            what = _aloud(numbered[2], language).rstrip(". ")
            lines.append(speech.choice.format(number=number, name=speech.numbers[number], what=what))
            continue
        kept = [one for one in _SENTENCE.split(line.strip()) if one and not speech.screen.search(one)]
        if said := _aloud(" ".join(kept), language):
            lines.append(said)
    return tuple(lines)


def _aloud(text: str, language: Language) -> str:
    """`text` as it is said: days, times and numbers in full, without what has no sound."""
    text = _LINK.sub(" ", text)
    for pattern, words in _SPEECH[language].swaps:
        text = pattern.sub(words, text)
    text = text.replace("YES", "yes").replace(" NO", " no").replace("SÍ", "sí")
    text = _MOMENT_EN.sub(_moment_en, text) if language == "en" else _MOMENT_ES.sub(_moment_es, text)
    text = _DAYS[language].sub(lambda found: _days(found, language), text)
    text = _UNTIL.sub(rf"\1 {_SPEECH[language].to} ", text)
    text = _TIME.sub(lambda found: _clock(found[1], found[2], found[3], language), text)
    text = _PHONE.sub(_digits, text)
    text = _HOTLINE.sub(lambda found: " ".join(found[1]), text)
    return " ".join(_UNSAID.sub(" ", text).split())


def _moment_en(found: re.Match[str]) -> str:
    day, month = _EN.days[found[1].capitalize()], _EN.months[found[2].capitalize()]
    said = f"{day}, {month} {_ordinal(int(found[3]))}"
    return f"{said}, at {_clock(found[4], found[5], found[6], 'en')}" if found[4] else said


def _moment_es(found: re.Match[str]) -> str:
    number = "primero" if found[3] == "1" else found[3]
    said = f"{found[1] or ''}{found[2].lower()} {number} de {_ES.months[found[4].lower()]}"
    if not found[5]:
        return said
    article = "la" if int(found[5]) % 12 == 1 else "las"
    return f"{said} a {article} {_clock(found[5], found[6], found[7], 'es')}"


def _days(found: re.Match[str], language: Language) -> str:
    speech = _SPEECH[language]
    first, *last = (
        speech.days.get(day.capitalize()) or speech.days.get(day.lower(), day) for day in filter(None, found.groups())
    )
    return f"{first} {speech.to} {last[0]}" if last else first


def _ordinal(number: int) -> str:
    last = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


def _clock(hour: str, minute: str, half: str, language: Language) -> str:
    """A time as it is said: `3 PM`, `12:30 PM`; `3 de la tarde`, `9:30 de la mañana`."""
    told = f"{int(hour)}:{minute}" if minute != "00" else f"{int(hour)}"
    afternoon = half.lower() == "p"
    if language == "en":
        return f"{told} {'PM' if afternoon else 'AM'}"
    part = "de la mañana"
    if afternoon:
        part = "de la tarde" if int(hour) % 12 < 8 else "de la noche"
    return f"{told} {part}"


def _digits(found: re.Match[str]) -> str:
    """A phone number in groups of digits, without the country code of the place."""
    return ", ".join(" ".join(group) for group in (found[2], found[3], found[4]))
