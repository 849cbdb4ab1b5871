"""The patient's web app, under `/portal`.

1. Who comes asks for a code (`codes`): whatever was asked for, the answer is the same. A code and a link leave by the
   outbox for an address on the books.
2. Code or link, with the birth date, make a session (`sessions`). Every further request is found by its cookie, counts
   as an act of the person, and is audited, before anything is read.
3. `conversation` shows the person's one thread over all channels, and takes what they write as any channel does;
   `live` tells the page that there is something new.
4. `calendar` shows, books, moves and cancels visits over the scheduling port.

Pages are drawn whole by the server and work without script; `static/portal.js` spares reloading.
"""

from hub.portal.application import application

__all__ = ["application"]
