"""Files that come with messages: what is let in, what becomes of it on the way, and how it is given out.

1. `kinds` looks at the first bytes, never at what the sender calls it; what is not on the list is refused.
2. `scanning` asks a virus scanner about the bytes as they came, where one is set up.
3. `images` has a picture drawn anew in a process of its own (`redraw`), so that no metadata, no second meaning of the
   same bytes and no decoder's fault reaches the hub.
4. `examining` is the three in order, and what follows from them.
5. `serving` says the name and the headers under which a file is given out, and gives it.

Nothing here stores: that is done by `hub.files`.
"""

from hub.attachments.examining import MOST, Examined, Examiner, Fate, fate
from hub.attachments.images import ImageRefused, Redrawer
from hub.attachments.kinds import Kind, sniff
from hub.attachments.scanning import Clamd, NoScanner, Scanner, State, Verdict, scanner
from hub.attachments.serving import file_name, give_out, headers

__all__ = [
    "MOST",
    "Clamd",
    "Examined",
    "Examiner",
    "Fate",
    "ImageRefused",
    "Kind",
    "NoScanner",
    "Redrawer",
    "Scanner",
    "State",
    "Verdict",
    "fate",
    "file_name",
    "give_out",
    "headers",
    "scanner",
    "sniff",
]
