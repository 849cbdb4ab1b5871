"""Search: words of sealed messages, and names, found by keyed hashes.

1. `words` says what of a text is looked for. `postings` and `names` keep keyed hashes of it, under a root of their own.
2. `indexing` builds the index aside, from the event log; `hub search rebuild` does it anew.
3. `finding` hashes what is looked for, looks it up, and opens what it finds: only what really says it is given back.

What a thief of the database learns from the index, though no key: that two messages share a word, how often a word is
said, and in which messages; not which word. Words that everybody says are not in it, and of the others only the first
six letters are.
"""

import hmac

from hub.crypto import BlindIndex
from hub.search.finding import Found, Hit, Search
from hub.search.indexing import Indexer
from hub.search.words import birth_date
from hub.vault import Vault

__all__ = ["Found", "Hit", "Indexer", "Search", "birth_date", "search_index"]


def search_index(vault: Vault) -> BlindIndex:
    """The keyed hashes of search: under a root of their own, so that who could test words could test no numbers."""
    return BlindIndex(hmac.digest(vault.keyring.index_root, b"carehub search", "sha256"))
