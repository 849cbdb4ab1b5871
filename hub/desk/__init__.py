"""The desk: what staff do with threads, and what is done with threads for them.

1. `states` says what each act of the staff makes of a thread (pure); `custody` does it in one unit of work.
2. `writing` writes replies and notes, `withdrawing` takes back what has not left, `drafts` keeps what was begun.
3. `ways` tells by which channels a person could be written to, `summary` what the bot found out.
4. `arriving` sees to what a message means for the staff, and `rounds` to what falls due.
"""

from hub.desk.desk import Desk
from hub.desk.states import Refusal, State

__all__ = ["Desk", "Refusal", "State"]
