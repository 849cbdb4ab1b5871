"""The conversation as a state machine: what was said so far and what happens now decide everything.

1. `Heard` brings a text with its meaning; `step` reads it against `State` and answers with a `Turn`.
2. A turn says something (`Say`), asks for one call (`Find`, `Hold`, `Book`, …), or hands over (`Handoff`).
3. `converse` makes the call, feeds the answer back to `step`, and goes on until nothing is due.
4. The state is sealed and kept by the caller (`encode`, `decode`); a day of silence starts anew (`fresh`).

    Heard ─► step ─► Turn ─┬─ says
              ▲            ├─ handoff
              └── answer ◄─┴─ call ─► scheduling, directory

"Booked" is said only after scheduling returned a visit that equals the slot the person picked.
"""

from bots.dialogue.driver import Did, Outcome, converse
from bots.dialogue.machine import step
from bots.dialogue.state import Phase, State, decode, encode, fresh
from bots.dialogue.turns import (
    Clinic,
    Context,
    Directory,
    Handoff,
    Heard,
    Identified,
    Known,
    NotFound,
    Say,
    Several,
    Shared,
    Subject,
    Turn,
    Unknown,
    Waits,
)

__all__ = [
    "Clinic",
    "Context",
    "Did",
    "Directory",
    "Handoff",
    "Heard",
    "Identified",
    "Known",
    "NotFound",
    "Outcome",
    "Phase",
    "Say",
    "Several",
    "Shared",
    "State",
    "Subject",
    "Turn",
    "Unknown",
    "Waits",
    "converse",
    "decode",
    "encode",
    "fresh",
    "step",
]
