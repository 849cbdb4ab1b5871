"""The name that a person gives for themselves."""

import re

from bots.nlu.features import fold

_MAX_WORDS = 5
_WORD = r"[^\W\d_][^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*\.?"
_GIVEN = re.compile(
    rf"\b(?:my (?:full )?name(?:'s| is|s)|(?:the )?name is|i am called|me llamo|mi nombre(?: completo)? es|"
    rf"(?:a|bajo el) nombre de|under (?:the name(?: of)?)?)\s+((?:{_WORD}\s*)+)",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(
    rf"\b(?:[Tt]his is|[Ii]t'?s|[Ii]'?m|[Ii] am|[Ss]oy|[Hh]abla)\s+((?:[A-ZÁÉÍÓÚÑ]{_WORD[8:]}\s*)+)"
)
_LEAD = re.compile(
    r"^\W*(?:(?:yes|yeah|sure|ok|okay|hi|hello|hola|s[ií]|claro|of course|sorry|well|um|uh)\b[\s,.!:]*)*"
    r"(?:(?:it'?s|it is|this is|i'?m|i am|its|im|soy|es|that'?s|the name'?s|name|nombre)\b[\s:,]+)?",
    re.IGNORECASE,
)
_NOT_NAMES = """
    a an and also the i im id ive my me you your he she they we it is am are was be been to for of in on at with from
    by not no yes ok okay please thanks thank hi hello but or so if can could would will do does did have has had need
    want like get make book see what when where why who which how appointment doctor name today tomorrow morning born
    dob birthday date birth years old call calling here there this that just new patient sick feeling later never mind
    stop help cancel reschedule confirm human agent person next week sure maybe wait know dont sorry nothing talk speak
    someone anyone nobody any doesnt matter good great fine perfect other another idk different
    y o el la los las un una yo mi mis me te se que de en con por para es soy esta estoy estas si cita hoy manana
    nombre quiero necesito puedo puede tengo naci nacido nacida fecha nacimiento pero tambien gracias hola favor
    doctora paciente nuevo nueva persona cuando donde quien como porque nada ayuda cancelar
"""
_MAY_FOLLOW = "and y born naci nacido nacida dob date fecha birthday please thanks por gracias but pero here"
_BETWEEN = "de la del los las y san santa van von der den da dos bin al"
_STOP = frozenset(_NOT_NAMES.split())
_AFTER_NAME = frozenset(_MAY_FOLLOW.split())
_PARTICLES = frozenset(_BETWEEN.split())


def given_name(text: str, *, asked: bool) -> str | None:
    """The name that `text` gives for its writer, spaced and capitalised; None when it gives none.

    asked: the bot asked for the name, so a bare "angela ruiz" is one.
    """
    if match := _GIVEN.search(text):
        return _clean(match.group(1))
    if match := _CAPITALISED.search(text):
        return _clean(match.group(1))
    if not asked:
        return None
    rest = _LEAD.sub("", text, count=1)
    words = re.match(rf"((?:{_WORD}[\s]*)+)", rest)
    if words is None or not _only_a_name(words.group(1)):
        return None
    tail = rest[words.end() :]
    if re.search(r"[?]", tail):
        return None
    surname_first = re.match(rf"\s*,\s*({_WORD})\s*$", tail)
    name = _clean(words.group(1))
    if name and surname_first and (first := _clean(surname_first.group(1))):
        return f"{first} {name}"
    return name


def _only_a_name(words: str) -> bool:
    """Whether no sentence hides in the words: "talk to a person" is none that begins with the name Talk."""
    plain = [fold(word).strip(".") for word in words.split()]
    end = next((at for at, word in enumerate(plain) if word in _STOP and word not in _PARTICLES), None)
    return end is None or (end > 0 and plain[end] in _AFTER_NAME)


def without(text: str, name: str | None) -> str:
    """`text` with the name blanked out, as long as before: "Tom" and "May" must not be read as days."""
    if name is None:
        return text
    return re.sub(re.escape(name), lambda found: " " * len(found.group()), text, flags=re.IGNORECASE)


def _clean(words: str) -> str | None:
    kept: list[str] = []
    for word in words.split():
        plain = fold(word).strip(".")
        if plain in _STOP and not (kept and plain in _PARTICLES):
            break
        kept.append(word.rstrip("."))
    while kept and fold(kept[-1]) in _PARTICLES:
        kept.pop()
    if not kept or len(kept) > _MAX_WORDS or (len(kept) == 1 and len(kept[0]) < 2):
        return None
    name = " ".join(kept)
    return name if name != name.lower() and name != name.upper() else name.title()
