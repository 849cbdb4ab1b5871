"""Persons and their addresses.

1. An inbound message brings an address; `Senders.resolve` says whose thread it belongs to: the one person on it,
   a stand-in for a number that several share, or a new unidentified person.
2. `Identifier` tells who writes, by name and birth date, when the number alone does not.
3. `People` keeps the records: import, look-up by record number, profile.
4. `PreferenceBook` keeps by which channels a person would like to hear of what.

Names, birth dates, record numbers and addresses are sealed under the person's own key; blind indexes find them.
"""

from hub.people.identify import Identifier
from hub.people.preferences import Preference, PreferenceBook, Preferences
from hub.people.records import Contact, NewPatient, People, Person, Profile, Upserted
from hub.people.senders import Sender, Senders

__all__ = [
    "Contact",
    "Identifier",
    "NewPatient",
    "People",
    "Person",
    "Preference",
    "PreferenceBook",
    "Preferences",
    "Profile",
    "Sender",
    "Senders",
    "Upserted",
]
