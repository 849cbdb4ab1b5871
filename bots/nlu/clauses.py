"""Several wishes in one text: where one ends and the next begins."""

import re

MAX_CLAUSES = 6
_SENTENCE = re.compile(r"(?<=[.!?…;\n])\s+|(?<=[a-z])\.(?=[A-Z])|\n+")
_TITLE_END = re.compile(r"(?:\b(?:dr|dra|mr|mrs|ms|sr|sra|st|no|vs|a|p)\.|\b[A-Z]\.)$", re.IGNORECASE)
_JOINED = re.compile(
    r"(?:,|\s)\s*(?:and|but|also|y|pero)\s+(?:also\s+|tambi[eé]n\s+)?"
    r"(?=(?:i|can|could|do|does|what|where|when|how|is|are|my|please|"
    r"an?|to|get|cancel|refill|reschedule|book|schedule|make|una?|pedir|sacar|cancelar|reservar|"
    r"quiero|puede|puedo|necesito|me|tambi[eé]n|d[oó]nde|cu[aá]nto|cu[aá]ndo|mi)\b)",
    re.IGNORECASE,
)
_OPENING_WORD = re.compile(
    r"^(?P<head>(?:yes|yeah|yep|no|nope|ok|okay|sure|great|perfect|thanks|hi|hello|s[ií]|vale|claro|hola|gracias)"
    r"(?:\s+(?:please|thanks|thank you|por favor|gracias))?)\s*[,.!]\s*(?P<rest>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


def clauses(text: str) -> list[str]:
    """The sentences and joined wishes of a text, in order; at most `MAX_CLAUSES`, the last holding the rest."""
    parts: list[str] = []
    for sentence in _SENTENCE.split(text):
        if not sentence.strip():
            continue
        if parts and _TITLE_END.search(parts[-1]):
            parts[-1] = f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence)
    found: list[str] = []
    for part in parts:
        opening = _OPENING_WORD.match(part.strip())
        pieces = [opening.group("head"), opening.group("rest")] if opening else [part]
        found.extend(pieces[:-1])
        found.extend(piece.strip(" ,") for piece in _JOINED.split(pieces[-1]))
    found = [piece.strip() for piece in found if any(c.isalnum() for c in piece) or len(piece.strip()) > 1]
    if len(found) > MAX_CLAUSES:
        found = [*found[: MAX_CLAUSES - 1], " ".join(found[MAX_CLAUSES - 1 :])]
    return found
