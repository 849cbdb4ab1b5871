"""Understanding people and acting for them.

1. `urgent` screens every text for an emergency before anything else reads it.
2. `nlu` says what a text means; `dates` what it says about when.
3. `dialogue` decides, as a pure state machine, what to ask scheduling and what to say.
4. `scheduling` is the port to the clinic's calendar: find, hold, book, move, cancel, read back.
"""
