"""People at their phones: each texts, waits for the answer as long as people do, and texts again."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

from channels.carrier import Carrier
from channels.carrier.callbacks import Reply
from tests.hub_rig import CLINIC

_PATIENCE = 6.0
_AGAIN = 0.25

TALKS = (
    ("I'd like to book a check-up next week", "1", "yes", "what do I have booked?", "cancel my appointment", "yes"),
    ("Can I get an appointment with Dr. Kim in the morning?", "2", "yes", "can you move it to later?", "1", "yes"),
    ("What are your hours on Saturday?", "And where do I find you?", "Thank you"),
    ("I need to see somebody on Tuesday after 2", "the first one", "yes", "move it to the week after", "1", "yes"),
    ("¿Tienen cita la próxima semana por la tarde?", "1", "sí", "gracias"),
)
SILENCE = ("STOP", "What do I have booked?", "Are you there?", "START")


def number(n: int) -> str:
    """The n-th person's phone."""
    return f"+1{202 + n // 90}55501{n % 90 + 10:02d}"


@dataclass(slots=True)
class Said:
    """What each person wrote and the hub took, in order; and how often a request got no answer."""

    words: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0

    @property
    def count(self) -> int:
        """Texts taken."""
        return sum(map(len, self.words.values()))


async def talk(carrier: Carrier, n: int, texts: int, said: Said, chance: random.Random) -> None:
    """The n-th person sends `texts` texts, one after the other."""
    phone, mine = number(n), said.words.setdefault(number(n), [])
    turn = n
    while len(mine) < texts:
        # Every eighth person opts out once, and in again.
        script = SILENCE if turn == n and n % 8 == 7 else TALKS[turn % len(TALKS)]
        for line in script:
            if len(mine) >= texts:
                return
            await _until_taken(carrier, phone, line, said)
            mine.append(line)
            with suppress(TimeoutError):
                await carrier.phone(phone).next(2.0 if script is SILENCE else _PATIENCE)
            await asyncio.sleep(chance.uniform(0.05, 0.4))
        turn += 1


async def _until_taken(carrier: Carrier, phone: str, words: str, said: Said) -> None:
    reply: Reply = await carrier.text(phone, CLINIC, words)
    while not reply.ok:
        said.refused += 1
        await asyncio.sleep(_AGAIN)
        reply = await carrier.repeat(reply.sid)
