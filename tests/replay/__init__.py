"""Replays real booking dialogues against a whole hub: what the patient wrote then is texted to our bot now.

1. `goals` reads the dialogues: the visit each one ended with, and what its patient wrote, turn by turn.
2. `clinic` makes open times in which that visit is one of many.
3. `patient` answers the bot: with the dialogue's own next turn where it answers what was asked, else from the goal.
4. `play` texts back and forth through signed webhooks and says how it ended.

`python -m tests.replay [--limit N] [--failures DIR]` plays them all and prints the figures: booked, handed over, wrong,
and the median of the patient's texts. `--direct` leaves the hub out; with `--own en` or `--own es` the patient
speaks in words of their own.
"""
