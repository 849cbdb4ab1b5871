"""Small turns of phrase that change what an answer means, whatever intent the engine found."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Literal, TypeVar

from bots.dates.model import Window

T = TypeVar("T")
_ONE_O_CLOCK = (time(1), time(13))

_NEVER_MIND = re.compile(
    r"\b(never ?mind|nvm|forget (it|about it)|olv[ií]d[ae]lo|d[eé]j[ae]lo( as[ií])?|ya no importa)\b", re.IGNORECASE
)
_ANOTHER_PROVIDER = re.compile(
    r"\b(another|different|other)\b[^.?!]{0,12}\b(doctor|dr|provider|dentist|physician)s?\b"
    r"|\b(someone|somebody|anyone) else\b"
    r"|\b(otr[oa]s?)\b[^.?!]{0,6}\b(doctora?|dra?|m[eé]dic[oa]|dentista)s?\b|\bcon otr[oa]( persona)?\b",
    re.IGNORECASE,
)
_ANYONE = re.compile(
    r"\b(any ?one|any ?body|whoever|any (doctor|dr|provider)|no preference|cualquier[ao]?|quien sea|sin preferencia)\b",
    re.IGNORECASE,
)
_ANY_TIME = re.compile(
    r"\b(any ?time|any ?day|whenever|no preference|i'?m (flexible|open|free)|doesn'?t matter|don'?t care"
    r"|cuando sea|cualquier|me da igual|no importa)\b",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"\b(also|too|as well|additional|one more|(?:second|extra|new|separate) (?:appointment|visit|one)"
    r"|another(?! (?:day|date|time|hour|slot|week|doctor|dr|provider|dentist|person)\b)"
    r"|tambi[eé]n|adem[aá]s|(?:otra|nueva|segunda) (?:cita|visita)|una m[aá]s)\b",
    re.IGNORECASE,
)
_THAT_VISIT = re.compile(
    r"(?<!is )(?<!was )\b(?:it|(?:make|cancel|drop) (?:that|this)|that (?:one|visit|appointment|appt) to|instead"
    r"|rather|actually|change|move|switch|reschedule|never ?mind|mejor|en vez|en lugar"
    r"|c[aá]mbi\w+|m[uo]+e?v\w+|(?:res[eé]rv|ag[eé]nd|p[aá]s|p[oó]n)\w*l[ao])\b",
    re.IGNORECASE,
)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:for|to|my|our|para|mi|nuestr[oa]) (?:my |our |mi |nuestr[oa] )?"
    r"(?:son|daughter|husband|wife|mother|mom|father|dad|kids?|child|children|baby|grand\w+|partner|brother|sister"
    r"|hij[oa]s?|espos[oa]|mam[aá]|pap[aá]|madre|padre|beb[eé]|niet[oa]|herman[oa]|marido)\b",
    re.IGNORECASE,
)
_RELATIVE = (
    r"(?:son|daughter|husband|wife|mother|mom|father|dad|kids?|child|children|baby|grand\w+|partner|brother|sister"
    r"|hij[oa]s?|espos[oa]|mam[aá]|pap[aá]|madre|padre|beb[eé]|niet[oa]|herman[oa]|marido)"
)
_FOR_RELATIVE = re.compile(
    rf"\b(?:for|para) (?:my|our|mi|nuestr[oa]) {_RELATIVE}\b"
    rf"|\b(?:my|our|mi) {_RELATIVE}(?: \w+)? (?:needs?|has to|should|wants?|is due|necesita|tiene que|quiere)\b"
    rf"|\b(?:bring|get|take)(?: in)? (?:my|our) {_RELATIVE}\b(?! (?:home|with))"
    rf"|\b(?:llevar|traer) a (?:mi|nuestr[oa]) {_RELATIVE}\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"(?:\W*(?:ok(?:ay)?|k|great|perfect|awesome|wonderful|excellent|cool|good|got it|sounds good|see you(?: then)?"
    r"|thanks?|thank (?:you|u)|thx|ty|so much|very much|a lot|that'?s all|perfecto|excelente|genial|muy bien|bueno|vale"
    r"|listo|much[ai]s?|gracias|muy amable|nos vemos|de acuerdo|all set))+\W*",
    re.IGNORECASE,
)
_WHOSE = re.compile(
    r"\b([^\W\d_]{2,})['’]s (?:\w+[ -])?(?:appointment|appt|visit|check-?up|cleaning)\b"
    r"|\b(?:for|[Pp]ara|(?:cita|visita) de) ((?-i:[A-ZÁÉÍÓÚÑ])[^\W\d_]+)\b",
)
_FOR_A_PERSON = re.compile(
    r"\b(?:human|real person|live (?:person|agent)|agent|representative|operator|receptionist|front desk|staff"
    r"|(?:talk|speak|speaking|talking) (?:to|with)|(?:some(?:one|body)|a person|a nurse) (?:to )?(?:call|phone)"
    r"|call me|persona|operador[a]?|humano|recepcionista|hablar con)\b",
    re.IGNORECASE,
)
_SAME_DAY = re.compile(
    r"\b(?:same|that) day\b|\b(?:mismo|ese) d[ií]a\b",
    re.IGNORECASE,
)
_SAME_TIME = re.compile(r"\bsame time\b(?! (?:next|on|mon|tue|wed|thu|fri|sat|sun))|\ba la misma hora\b", re.IGNORECASE)
_SHIFT = re.compile(
    r"\b(?P<count>half an|an?|one|two|\d+|media|una?|dos) (?P<unit>hours?|hrs?|min(?:ute)?s?|horas?|minutos?)"
    r" (?P<way>later|earlier|sooner|m[aá]s tarde|despu[eé]s|m[aá]s temprano|antes)\b(?! (?:of|than|de) \w)",
    re.IGNORECASE,
)
_COUNTS = {"half an": 0.5, "media": 0.5, "a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "two": 2, "dos": 2}
_DAY_AFTER = re.compile(
    r"\b(?:the )?(?:day after|next day|following day)\b(?! \w)|\b(?:the day after that)\b"
    r"|\b(?:el|al|un) d[ií]a (?:siguiente|despu[eé]s)\b(?! de\b)|\bal otro d[ií]a\b"
    r"|^\W*(?:y )?el (?:que sigue|siguiente)\W*$",
    re.IGNORECASE,
)
_WEEK_AFTER = re.compile(
    r"\b(?:(?:the )?week after(?: that)?|(?:the )?following week)\b"
    r"(?! (?!actually|please|pls|then|instead|maybe|if|is|works|would|for|though|tho|or)\w)"
    r"|\bla semana (?:siguiente|despu[eé]s)\b(?! de\b)",
    re.IGNORECASE,
)
_NOT_THAT_DAY = re.compile(
    r"\bnot (?:on )?that day\b|\bthat day (?:doesn'?t|does not|won'?t|isn'?t|is no)\b|\bcan'?t (?:do |make )?that day\b"
    r"|\bese d[ií]a no\b|\bno puedo ese d[ií]a\b",
    re.IGNORECASE,
)
_ANOTHER_DAY = re.compile(
    r"\b(?:another|(?:a )?different|some other) day\b(?! (?:than|that))|(?<!al )\botro d[ií]a\b", re.IGNORECASE
)
_FOLLOWING_DAY = re.compile(
    r"\bthe following (?:mon|tues|wednes|thurs|fri|satur|sun)day\b(?! (?:of|in|the))"
    r"|\bel (?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo) siguiente\b",
    re.IGNORECASE,
)
_SAME_WEEK = re.compile(r"\bsame week\b|\bmisma semana\b", re.IGNORECASE)
_WAITLIST = re.compile(
    r"\bwait(?:ing)?[ -]?list(?:ed)?\b|\bcancell?ation list\b|\blista de espera\b"
    r"|\bif (?:something|anything|a (?:spot|slot|time)|one|you get a cancell?ation) (?:opens|comes|frees|becomes)\b"
    r"|\bsi (?:algo )?se (?:abre|libera|desocupa|cancela) (?:algo|una?|alg[uú]n)\b",
    re.IGNORECASE,
)
_BRING = re.compile(
    r"\b(?:what|which|anything|something|do i|should i|need to|have to)\b[^.!]{0,40}\bbring\b"
    r"|\b(?:qu[eé]|algo|debo|tengo que|necesito|hay que)\b[^.!]{0,30}\b(?:llevar|traer|traigo|llevo)\b",
    re.IGNORECASE,
)
_PREPARE = re.compile(
    r"\b(?:what|how|anything|do i|should i|need to|have to|must i)\b[^.!]{0,40}\b(?:fast|fasting|prepare|prep)\b"
    r"|\bhow\b[^.!]{0,25}\bget ready\b|\bcan i (?:eat|drink)\b"
    r"|\b(?:qu[eé]|debo|tengo que|necesito|hay que|c[oó]mo|puedo)\b[^.!]{0,30}\b(?:prepar\w+|ayunas?|comer antes)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(
    r"^\W*(?:wait,? |sorry,? |and |y |pero |but )?(?:(?:on|for|at) )?(?:what|which) (?:day|date|time)\b[^?.!]{0,20}\?"
    r"|^\W*(?:y |pero |perd[oó]n,? )?(?:(?:a|en|para) )?(?:qu[eé]|cu[aá]l) (?:d[ií]a|fecha|hora)\b[^?.!]{0,20}(?:\?|$)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(no|not|don'?t|dont|do not|never|nunca)\b", re.IGNORECASE)
_GO_AHEAD = re.compile(
    r"\b(book|take|reserve|schedule|grab|do|get) (it|that|this)\b|\bgo ahead\b|\bplease do\b"
    r"|\b(res[eé]rv|ag[eé]nd|apart)[ae](me)?l[ao]\b",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"\b(?:(?:running|be|am|i'?m|are|get there) (?:(?:a (?:bit|little)|\d+ ?min\w*|about|like|so|very) ){0,3}late"
    r"|stuck in traffic"
    r"|(?:voy|llego|llegar[eé]|llegamos|vamos) (?:\S+ ){0,3}(?:tarde|retrasad[oa]s?)|se me hizo tarde)\b",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"\W*(option|choice|number|no\.|opci[oó]n|n[uú]mero)?\s*\d\W*", re.IGNORECASE)
_ONE_OF_THEM = re.compile(
    r"(?<!\bat )(?<!\bfor )(?<!\bby )(?<!\babout )(?<!\baround )(?<!\bafter )(?<!\bbefore )"
    r"\bone\b(?!\s*(am|pm|a\.m|p\.m|o'?clock|thirty|fifteen|forty|:))",
    re.IGNORECASE,
)
_THE_OF = re.compile(r"\b(?:la|el) (?:del?|con)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^\s*(?:(?:hi|hello|hola)\b[,.! ]*)?"
    r"(?:(?:it'?s|its|it is|this is|that'?s|i'?m|i am|my name is|name is|the patient is"
    r"|the (?:appointment|visit) is|for|my|our|son|daughter|husband|wife|mother|mom|father|dad|child|kid|baby"
    r"|soy|me llamo|mi nombre es|el paciente es|la paciente es|la cita es|es|para|mi|hij[oa]|espos[oa]|mam[aá]|pap[aá])"
    r"[\s,:]+)*",
    re.IGNORECASE,
)
_MY_VISIT = re.compile(
    r"\b(?:my|the|mi|la)\s+(?P<before>\S+(?:\s+\S+){0,3}?)\s+(?:visit|appointment|appt|one|slot|cita)\b"
    r"|\b(?:cita|visita)\s+(?:del?|de la)\s+(?P<behind>\S+(?:\s+\d\S*)?)",
    re.IGNORECASE,
)


def never_mind(text: str) -> bool:
    """Whether the person drops what they were about."""
    return bool(_NEVER_MIND.search(text))


def another_provider(text: str) -> bool:
    """Whether the person wants somebody else than who was offered."""
    return bool(_ANOTHER_PROVIDER.search(text))


def anyone(text: str) -> bool:
    """Whether any provider will do."""
    return bool(_ANYONE.search(text)) and not another_provider(text)


def any_time(text: str) -> bool:
    """Whether any day or time will do."""
    return bool(_ANY_TIME.search(text))


def also(text: str) -> bool:
    """Whether a wish comes on top of the present one rather than repeating it."""
    return bool(_ALSO.search(text))


def that_visit(text: str) -> bool:
    """Whether the words point at the visit just spoken of ("make it Wednesday") rather than at some visit."""
    return bool(_THAT_VISIT.search(text))


def somebody_else(text: str) -> bool:
    """Whether the wish is for a relative of the writer."""
    return bool(_SOMEBODY_ELSE.search(text))


def for_relative(text: str) -> bool:
    """Whether a visit is wished for a relative of the writer, not merely with one."""
    return bool(_FOR_RELATIVE.search(text))


def courtesy(text: str) -> bool:
    """Whether a text does no more than thank or approve."""
    wordless = bool(text.strip()) and not any(one.isalnum() for one in text)
    return wordless or bool(_COURTESY.fullmatch(text.strip()))


def for_a_person(text: str) -> bool:
    """Whether a person is asked for in so many words."""
    return bool(_FOR_A_PERSON.search(text))


def running_late(text: str) -> bool:
    """Whether the person says that they are late for a visit."""
    return bool(_LATE.search(text))


def negated(text: str) -> bool:
    """Whether the text holds a "no" or a "not"."""
    return bool(_NOT.search(text))


def same(text: str) -> Literal["day", "week", "time"] | None:
    """Whether the day, the week, or the very time, of a visit already spoken of is meant."""
    if _SAME_TIME.search(text):
        return "time"
    if _SAME_DAY.search(text) and not _NOT_THAT_DAY.search(text):
        return "day"
    return "week" if _SAME_WEEK.search(text) else None


def after(text: str) -> Literal["day", "week"] | None:
    """Whether the day, or the week, after the one spoken of is meant."""
    if _DAY_AFTER.search(text):
        return "day"
    return "week" if _WEEK_AFTER.search(text) else None


def not_that_day(text: str) -> bool:
    """Whether the day spoken of will not do."""
    return bool(_NOT_THAT_DAY.search(text))


def another_day(text: str) -> bool:
    """Whether any day but the one spoken of is wished for."""
    return bool(_ANOTHER_DAY.search(text))


def following_day(text: str) -> bool:
    """Whether a weekday after the day spoken of is meant: "the following Tuesday"."""
    return bool(_FOLLOWING_DAY.search(text))


def shift(text: str) -> timedelta | None:
    """How much later (or earlier, below zero) than the time spoken of: "an hour later", "media hora antes"."""
    match = _SHIFT.search(text)
    if match is None:
        return None
    said = match["count"].lower()
    count = _COUNTS[said] if said in _COUNTS else float(said)
    by = timedelta(minutes=count * (1 if match["unit"].lower().startswith("min") else 60))
    return by if match["way"].lower().startswith(("later", "más tarde", "mas tarde", "despu")) else -by


def waitlist(text: str) -> bool:
    """Whether the person would rather wait for a time to open."""
    return bool(_WAITLIST.search(text))


def asks_needs(text: str) -> Literal["bring", "prepare"] | None:
    """Whether it is asked what to bring to a visit, or how to prepare for it."""
    if _PREPARE.search(text):
        return "prepare"
    return "bring" if _BRING.search(text) else None


def asks_which(text: str) -> bool:
    """Whether it is asked which day or time was meant: "On what day?"."""
    return bool(_WHICH.search(text))


def go_ahead(text: str) -> bool:
    """Whether the person tells us to do just what was proposed."""
    return bool(_GO_AHEAD.search(text)) and not negated(text)


def bare_number(text: str) -> bool:
    """Whether the text is one digit and nothing more: a choice, never an hour."""
    return bool(_BARE_NUMBER.fullmatch(text))


def only_one(text: str) -> bool:
    """Whether a bare number is the first one."""
    return "1" in text


def pointing(windows: tuple[Window, ...], text: str) -> tuple[Window, ...]:
    """`windows` as they point at one of several things shown: in "the Thursday one", "one" is no hour."""
    if not _ONE_OF_THEM.search(text):
        return windows
    days = tuple(
        replace(window, earliest=None, latest=None, exact=False) if window.earliest in _ONE_O_CLOCK else window
        for window in windows
    )
    return tuple(window for window in days if window != Window())


def one_of_them(text: str) -> bool:
    """Whether something shown is pointed at: "the Thursday one", "la del jueves"."""
    return bool(_ONE_OF_THEM.search(text) or _THE_OF.search(text))


def my_visit(text: str) -> tuple[str, str]:
    """The words that say which visit ("Thursday" in "move my Thursday visit to Friday"), and the text without them."""
    for match in _MY_VISIT.finditer(text):
        name = "before" if match["before"] else "behind"
        if match[name]:
            return match[name], f"{text[: match.start(name)]}{text[match.end(name) :]}"
    return "", text


def whose(text: str) -> str | None:
    """The first name that a wish may hold: "cancel Noah's visit", "una cita para Ana"."""
    match = _WHOSE.search(text)
    return next((name for name in match.groups() if name), None) if match else None


def nth(rows: Sequence[T], choice: int) -> T | None:
    """The row that a number picks, counted from 1, or from -1 at the end; None when there is no such row."""
    index = choice - 1 if choice > 0 else choice
    return rows[index] if choice != 0 and -len(rows) <= index < len(rows) else None


def key(text: str) -> str:
    """The single letter a reminder asked for, in lower case; empty when the text is more than one letter."""
    bare = text.strip(" .!\"'").lower()
    return bare if len(bare) == 1 and bare.isalpha() else ""


def bare_name(text: str) -> str | None:
    """`text` as a name, when it holds one to four words of letters and nothing else."""
    words = _LEAD.sub("", f" {text}", count=1).strip(" .,!").split()
    if 1 <= len(words) <= 4 and all(word.strip("-'.,").replace("-", "").replace("'", "").isalpha() for word in words):
        return " ".join(word.strip(".,") for word in words)
    return None
