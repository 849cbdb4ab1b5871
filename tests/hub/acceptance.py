"""An acceptor over the test's own database, and messages for it."""

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from hub.accept import Accepted, Acceptor
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import message
from hub.metrics import Metrics
from hub.people import Senders
from hub.threads import Threads
from hub.types import Address, AddressKind, ChannelKind, Inbound, Media
from hub.vault import Vault

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CLINIC = Address(AddressKind.PHONE, "+12025550100")


class Listener:
    """Hears which threads got something new."""

    def __init__(self) -> None:
        self.heard: list[set[str]] = []

    def __call__(self, thread_ids: Iterable[str]) -> None:
        self.heard.append(set(thread_ids))

    @property
    def threads(self) -> set[str]:
        return set().union(*self.heard)


def acceptor_over(
    db: Database,
    vault: Vault,
    clock: FixedClock,
    listener: Listener,
    *,
    limit: int = 2000,
    metrics: Metrics | None = None,
) -> Acceptor:
    """An acceptor, not yet started."""
    return Acceptor(
        db=db,
        vault=vault,
        senders=Senders(vault, clock),
        threads=Threads(vault, clock),
        trail=Trail(vault, clock),
        clock=clock,
        metrics=metrics or Metrics(),
        limit=limit,
        on_accepted=listener,
    )


def inbound(
    provider_id: str,
    text: str = "hello",
    *,
    sender: int = 0,
    channel: ChannelKind = ChannelKind.SMS,
    at: datetime = AT,
    media: tuple[Media, ...] = (),
) -> Inbound:
    """A text from one of a hundred numbers."""
    return Inbound(
        channel=channel,
        provider_id=provider_id,
        sender=Address(AddressKind.PHONE, f"+120255501{sender:02}"),
        recipient=CLINIC,
        text=text,
        received_at=at,
        media=media,
    )


async def stored(db: Database) -> list[sa.Row]:
    """Every message kept, thread by thread, in order."""
    async with db.read() as conn:
        return list(await conn.execute(sa.select(message).order_by(message.c.thread_id, message.c.seq)))


def place(answer: Accepted) -> tuple[str, str]:
    """Where a message is, whether or not it was there before."""
    return answer.message_id, answer.thread_id
