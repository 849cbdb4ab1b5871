"""What may be said to whom, and why not.

1. `keywords` hears a consent word or sentence in an inbound text (STOP, START, HELP, "please stop texting me");
   `wrong_number` hears that the text reached a stranger.
2. `ledger` appends what was heard, signed or imported as a fact; nothing is ever changed or deleted.
3. `facts` computes from the facts what holds now for one address: its `Standing`.
4. `policy` answers one question, when queued and again when delivered: may this leave now? Yes, wait until, or no:
   always with the rule that decided and a sentence for the nurse.
5. `quiet_hours` finds the next moment at which nobody is woken, whichever of the possible zones the person is in.
6. `rules` holds every figure of that as versioned, cited data.

        text ──► keywords ──► ledger ──► facts.standing ─┐
                                                         ├─► policy.may ──► Allowed · Wait · Denied
        rules/us-2026.toml ──► rules ──► quiet_hours ────┘

`facts`, `policy`, `quiet_hours` and `keywords` are pure: no clock, no database, no await.
"""
