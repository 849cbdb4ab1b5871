"""Visits as systems outside tell of them: a file, an HL7 feed, a FHIR server.

1. Who tells names the visit by its own ids (`telling.ToldVisit`), says when it changed, and only what it knows of it.
2. `telling.Visits.tell` finds the visit, passes over news that are older than what is known, and has it changed.
3. `book.Book` reads the visits and slots that are touched, changes them in memory, and writes them once: with the
   audit entries and the events, and with all that speaks of an earlier version voided (`hub.campaigns.voiding`).

All of it is the caller's transaction. The new version of a visit, once committed, is what campaigns that are under way
take up at their next round: so a visit that moved is reminded of anew.
"""

from hub.visits.book import Book, Taken
from hub.visits.telling import OutsideId, Told, ToldAt, ToldVisit, Visits

__all__ = ["Book", "OutsideId", "Taken", "Told", "ToldAt", "ToldVisit", "Visits"]
