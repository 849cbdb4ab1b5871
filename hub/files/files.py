"""Files, put together."""

from collections.abc import Mapping

from channels.base import Channel
from hub.attachments import Examiner, Scanner
from hub.audit import Trail
from hub.clock import Clock
from hub.db import Database
from hub.files.bringing import Bringing
from hub.files.mails import RawMails
from hub.files.pieces import Pieces
from hub.files.shelf import Shelf
from hub.files.staging import Staging
from hub.metrics import Metrics
from hub.threads import Threads
from hub.types import ChannelKind
from hub.vault import Vault


class Files:
    """What surfaces and the worker use of files."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        threads: Threads,
        channels: Mapping[ChannelKind, Channel],
        scanner: Scanner,
        examiner: Examiner | None = None,
    ) -> None:
        pieces = Pieces(db)
        self.staging = Staging(db, vault, pieces)
        self.shelf = Shelf(vault, pieces)
        self.mails = RawMails(db, vault, trail, scanner)
        self._clock = clock
        self._pieces = pieces
        self._bringing = Bringing(
            db=db,
            vault=vault,
            trail=trail,
            clock=clock,
            metrics=metrics,
            threads=threads,
            channels=channels,
            examiner=examiner or Examiner(scanner),
            pieces=pieces,
            staging=self.staging,
        )

    async def bring_due(self) -> int:
        """How many files came to an end, of those that are due now."""
        return await self._bringing.due()

    async def stop(self) -> None:
        """Bring no more files; what is under way is given back."""
        await self._bringing.stop()

    async def sweep(self) -> int:
        """Delete what was put aside and never named; returns how many files."""
        return await self._pieces.sweep(self._clock.now())
