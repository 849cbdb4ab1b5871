"""What became of a file, in a sentence that staff understand."""

from collections.abc import Mapping

_REFUSED: Mapping[str, str] = {
    "kind": "it is of a kind that is not let in. Ask for a picture, a PDF or plain text",
    "too_long": "it is larger than 25 MB",
    "empty": "it is empty",
    "too_many_pixels": "it is a picture with too many pixels",
    "too_slow": "it is a picture that takes too long to read",
}
_OTHER = "it is a picture that cannot be read. Ask for another one"

_STATES: Mapping[str, str] = {
    "fetching": "The file is on its way.",
    "waiting": "The file is kept back until the virus scanner has seen it.",
    "warned": "No virus scanner has seen this file: open it with care.",
    "quarantined": "The virus scanner found malware in the file. It is kept sealed, and given to nobody.",
    "lost": "The file could not be had from where it came.",
}


def explained(state: str, reason: str) -> str | None:
    """Why a file cannot be had, or what to mind; None for one that is simply there."""
    if state == "refused":
        return f"The file was not taken in: {_REFUSED.get(reason, _OTHER)}."
    return _STATES.get(state)
