"""What the page of a plan shows of tests: where one may go, and what became of the last ones."""

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.campaigns.plans import Plan
from hub.campaigns.testing import TESTED, Test, TestAddress
from hub.staff.pages import Visit
from hub.types import AddressKind, ChannelKind

__all__ = ["MINE", "offered"]

MINE = "me"
"""What a form says in the place of an address's id, for one's own mailbox."""


async def offered(visit: Visit, conn: AsyncConnection, plan: Plan, channel: ChannelKind) -> dict[str, object]:
    """What the page of a plan shows of tests: where one may go by this channel, and what became of the last ones."""
    tests, user = visit.surface.parts.campaign_tests, visit.granted.user
    kind = AddressKind.PHONE if channel is ChannelKind.SMS else AddressKind.MAILBOX
    kept = [one for one in await tests.addresses(conn) if one.address.kind is kind] if channel in TESTED else []
    places = [(one.id, _said(one)) for one in kept]
    if channel is ChannelKind.EMAIL:
        places.insert(0, (MINE, user.email))
    by_it = channel in TESTED and channel in visit.surface.parts.channels
    lately: list[Test] = list(await tests.lately(conn, plan.name, user.id))
    return {"places": places if by_it else [], "channel": channel in TESTED, "lately": lately}


def _said(one: TestAddress) -> str:
    return f"{one.address.value} · {one.label}" if one.label else one.address.value
