"""The database: the only truth.

1. `Database.open` connects and checks that the schema is this version's.
2. `db.read()` gives a connection that sees one consistent state and writes nothing; `db.glance()` is the same for a few
   rows on the way of a message.
3. `db.write(unit)` runs a unit of work and returns once it is durable. Units that are asked for while a commit
   is in flight share the next one (group commit): a fsync is paid once for many.
4. `at_end` hands a transaction rows that it writes together, just before it commits; `undoable` is a part of a unit
   that may be undone alone.
5. `bulk`, `lookup` and `counters` say what the hot path says, in as few and as ready-made statements as will do.
6. `migrate.upgrade` brings the schema up to date.
"""

from hub.db.addresses import is_embedded
from hub.db.ending import at_end, undoable
from hub.db.engine import Database, Unit
from hub.db.migrate import HEAD

__all__ = ["HEAD", "Database", "Unit", "at_end", "is_embedded", "undoable"]
