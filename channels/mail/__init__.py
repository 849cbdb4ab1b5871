"""Mail, without the network's end: what one looks like on its way out, and what one that came in says.

Out:

1. `composing` makes one message of a part: text, the same text as HTML, the headers that threads and filters live by.
2. `signing` signs it (DKIM), where the operator has a key.
3. `relay` hands it over in one SMTP transaction and says in the hub's own errors what came of it (`codes`).

In, see `reading`:

1. `limits` refuses, by counting, what would cost too much to parse.
2. `parsing` takes the message apart, in a process that may be killed (`aside`).
3. `replies` cuts the reply from what it quotes; `machine` tells bounces, complaints and automatic answers from people;
   `trust` says whether the relay vouches for the sender.
"""
