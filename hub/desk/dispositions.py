"""How a conversation can end: the codes, in one place, with the words for staff."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.types import Language

_Words = Mapping[Language, str]

ORDINARY: Mapping[str, _Words] = MappingProxyType(
    {
        "resolved": {"en": "Resolved", "es": "Resuelto"},
        "booked": {"en": "Visit booked or changed", "es": "Visita reservada o cambiada"},
        "forwarded": {"en": "Passed on to somebody else", "es": "Pasado a otra persona"},
        "no_answer": {"en": "The person did not answer", "es": "La persona no respondió"},
        "wrong_number": {"en": "Wrong number", "es": "Número equivocado"},
        "spam": {"en": "Spam", "es": "Correo no deseado"},
        "other": {"en": "Something else", "es": "Otra cosa"},
    }
)
EMERGENCY: Mapping[str, _Words] = MappingProxyType(
    {
        "safe": {"en": "We spoke: the person is safe", "es": "Hablamos: la persona está a salvo"},
        "called_911": {"en": "Emergency services were called", "es": "Se llamó a los servicios de emergencia"},
        "sent_to_care": {"en": "The person is on the way to care", "es": "La persona va camino a recibir atención"},
        "not_reached": {"en": "Nobody could be reached", "es": "No se pudo contactar a nadie"},
        "false_alarm": {"en": "It was no emergency", "es": "No era una emergencia"},
        "emergency_other": {"en": "It ended in another way", "es": "Terminó de otra manera"},
    }
)
NOT_ASKED_ABOUT = frozenset({*EMERGENCY, "wrong_number", "spam"})
"""After these nobody is asked how satisfied they were."""


def offered(*, emergency: bool) -> list[str]:
    """The codes with which a conversation can be closed, in the order in which they are offered."""
    return list(EMERGENCY if emergency else ORDINARY)


def words(code: str, language: Language) -> str:
    """A code in words. Raises: KeyError."""
    return (ORDINARY.get(code) or EMERGENCY[code])[language]
