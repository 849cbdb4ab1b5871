"""Spanish words as thumbs write them: run together ("dela mañana", "pal 17", "ellunes"), or short ("q", "x", "xq")."""

import re
from collections.abc import Mapping

from bots.dates.lexeme import Sense, words

_SHORT: dict[str, str] = {
    "que": "q k ke qe qu",
    "por": "x",
    "porque": "xq pq porq xk porke xke pork pqe pqe xque pke xke prq",
    "para": "xa",
    "para el": "pal pa'l p'al pa'el parael pael",
    "para la": "pala pa'la parala",
    "para las": "palas pa'las paralas",
    "para los": "palos pa'los",
    "de la": "dela dla d'la",
    "de las": "delas dlas",
    "a la": "ala",
    "en la": "enla nla",
    "en las": "enlas",
    "por la": "porla xla",
    "por las": "porlas xlas",
    "a partir": "apartir",
    "a partir de": "apartirde apartird",
    "es que": "esque esq eske",
    "asi que": "asique asiq asike",
    "hasta": "asta hsta hast",
    "hasta las": "hastalas astalas",
    "despues": "dsp dps dsps desp dspues despue despuess",
    "despues de": "despuesde despuesd",
    "despues de las": "despuesdelas despuesdlas",
    "antes de las": "antesdelas antesdlas",
    "antes de": "antesde antesd",
    "y media": "ymedia imedia",
    "y cuarto": "ycuarto ycuarto icuarto",
    "estoy": "toy stoy",
    "por favor": "porfavor xfavor xfa porfabor",
    "fin de semana": "findesemana",
    "entre semana": "entresemana",
    "quiero": "kiero qiero kero",
    "quisiera": "kisiera kiciera quiciera qisiera",
    "necesito": "nesesito nececito nesecito necito",
    "cualquier": "cualkier qualquier cualqier",
}
_APART = {short: full.split() for full, line in _SHORT.items() for short in line.split()}
_FUSED = re.compile(r"((?:de|del|al|a|en|por|para|pa|x)?)((?:el|la|las|los|este)?)(\w{3,})")
_CLITIC = re.compile(r"(\w{4,}?)(?:me|nos|le|se)?(?:la|lo|las|los)?")
_AFTER_ANY = words("weekday part part? day month noon weekend tonight next")
_HOURS_AFTER = ("las",)


def taken_apart(word: str, known: Mapping[str, Sense]) -> list[str] | None:
    """The words that an unknown `word` stands for, such as "de la" for "dela"; None where it is no such word."""
    if (apart := _APART.get(word)) is not None:
        return apart
    if word in known or len(word) < 6 or not (match := _FUSED.fullmatch(word)):
        return None
    before, article, rest = match.groups()
    if (verb := _CLITIC.fullmatch(word)) and known.get(verb[1], ("", 0))[0] == "move":
        return [verb[1]]
    kind = known[rest][0] if rest in known else ""
    named = kind in _AFTER_ANY and len(rest) >= 5 and (article or len(before) > 1)
    if not named and not (kind == "num" and article in _HOURS_AFTER):
        return None
    return [part for part in (before, article, rest) if part]
