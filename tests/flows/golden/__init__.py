"""Conversations written down as they should go: who writes, what they text, what the assistant answers, what is booked.

`> ` is the patient, `< ` the assistant, `* ` what staff are told, `= ` what the calendar holds in the end, and `# ` a
remark. `who: Dana, Noah=ward` names the writer and those whom they may act for, `who: Dana | Noah` several who share a
number, `who: ?` a stranger. `python -m tests.flows.golden FILE` prints how a conversation goes now.
"""
