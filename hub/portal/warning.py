"""What is said before a message leaves that may be an emergency: whom to call, while the message waits.

The same screen reads it again once it is sent, as any text that comes in; this one is for the person alone, who would
else wait for an answer. Nothing is kept back: the next press sends it.
"""

from bots.urgent import Level, screen
from hub.portal.sessions import Session
from hub.signin import tokens
from hub.vault import Vault


def due(text: str) -> Level | None:
    """How urgent `text` reads; None where there is nothing to say before it is sent."""
    return screen(text).level


def mark(vault: Vault, session: Session, text: str) -> str:
    """What the form carries once the warning about this very text was shown to the person; hexadecimal."""
    return tokens.blind(vault, "portal", "warned", session.person_id, text).hex()
