"""Hears yes and no. Pure."""

from consent.phrases import fold

_YES = frozenset(
    (
        *("yes", "y", "yea", "yeah", "yep", "yup", "yes please", "yes i agree", "i agree", "agree", "agreed", "ok yes"),
        *("yes thanks", "yes thank you", "confirm", "i confirm"),
        *("si", "si por favor", "si gracias", "si acepto", "acepto", "de acuerdo", "claro", "claro que si", "confirmo"),
    )
)
_NO = frozenset(
    ("no", "n", "nope", "nah", "no thanks", "no thank you", "no i dont", "i do not agree", "no gracias", "no acepto")
)


def yes_or_no(text: str) -> bool | None:
    """Whether the whole text is a yes or a no; None when it is neither."""
    said = " ".join(fold(text).replace("|", " ").split())
    return True if said in _YES else False if said in _NO else None
