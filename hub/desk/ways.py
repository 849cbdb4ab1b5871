"""By which channels a person could be written to now: whether that is allowed, why not, and what it costs.

The router's own knowledge is asked, and its own decision made, for each channel by itself: what is said here is what
would become of a message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.choice import Knowledge, Way, decide
from hub.choice.ranking import REACHES
from hub.clock import Clock
from hub.people import People
from hub.types import AddressKind, AuthorKind, ChannelKind, Hold, Intent, Purpose, Send, Skip
from hub.vendors import WITHHELD

_OFFERED = (ChannelKind.SMS, ChannelKind.PORTAL, ChannelKind.EMAIL, ChannelKind.VOICE)
"""In the order in which they are offered. Nobody is written to by push alone: it only announces."""
NO_ADDRESS: Mapping[AddressKind, tuple[str, str]] = {
    AddressKind.PHONE: ("No phone number is on file.", "no-phone"),
    AddressKind.MAILBOX: ("No mailbox is on file.", "no-mailbox"),
    AddressKind.PORTAL: ("The person has not signed in to the portal yet.", "no-portal"),
}
AS_LINK = ("The person gets a link, and reads it in the portal after signing in.", "as-link")
_BARRED = "No agreement is on file with the vendor that carries this way: it may say nothing of the person."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWay:
    """A channel, as staff see it before they write.

    shown: the number or mailbox; empty for the portal, and where there is none.
    reason: why not, or what to mind. codes: of its sentences.
    preferred: it is the one that would be taken if none were asked for. link: what goes there is a link.
    cost: of one segment in thousandths of the currency; None where it costs nothing or is not known.
    """

    channel: ChannelKind
    shown: str = field(repr=False)
    allowed: bool
    reason: str
    codes: tuple[str, ...] = ()
    preferred: bool = False
    link: bool = False
    cost: int | None = None


class Ways:
    """Tells by which ways a person can be written to. sms_cost: of one segment, in thousandths; None if not known."""

    def __init__(self, *, knowledge: Knowledge, people: People, clock: Clock, sms_cost: int | None) -> None:
        self._knowledge = knowledge
        self._people = people
        self._clock = clock
        self._sms_cost = sms_cost

    async def of(self, conn: AsyncConnection, person_id: str, last_inbound_at: datetime | None) -> list[OpenWay]:
        """Each channel of this hub for a reply to the person, who wrote last at `last_inbound_at`."""
        now = self._clock.now()
        intent = Intent(
            key="",
            person_id=person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.STAFF,
            body="",
            level="full",
            replies_to=last_inbound_at,
        )
        known = await self._knowledge.read(conn, intent, now)
        values = {one.address_id: one.address.value for one in await self._people.contacts(conn, person_id)}
        decision, _ = decide(intent, known.ways, now, known.who.timezone, ())
        taken = None if isinstance(decision, Skip) else decision.channel
        return [
            self._way(intent, channel, known.ways, values, now, known.who.timezone, taken)
            for channel in _OFFERED
            if channel in self._knowledge.channels
        ]

    def _way(
        self,
        intent: Intent,
        channel: ChannelKind,
        ways: Sequence[Way],
        values: Mapping[str, str],
        now: datetime,
        timezone: str | None,
        taken: ChannelKind | None,
    ) -> OpenWay:
        here = [way for way in ways if way.channel is channel]
        if not here:
            none, code = NO_ADDRESS[REACHES[channel]]
            return OpenWay(channel=channel, shown="", allowed=False, reason=none, codes=(code,))
        decision, codes = decide(intent, here, now, timezone, ())
        address_id = here[0].address_id if isinstance(decision, Skip) else decision.address_id
        way = next(one for one in here if one.address_id == address_id)
        link = way.shape == "link"
        match decision:
            case Skip(reasons):
                reason = " ".join(reasons)
            case Hold():
                reason = decision.reason
            case Send():
                reason, codes = (AS_LINK[0], AS_LINK[1:]) if link else ("", ())
        if way.barred and link:
            reason, codes = f"{_BARRED} {reason}", (WITHHELD, *(one for one in codes if one != WITHHELD))
        return OpenWay(
            channel=channel,
            shown="" if channel is ChannelKind.PORTAL else values.get(address_id, ""),
            allowed=not isinstance(decision, Skip),
            reason=reason,
            codes=tuple(codes),
            preferred=channel is taken,
            link=link,
            cost=self._sms_cost if channel is ChannelKind.SMS else None,
        )
