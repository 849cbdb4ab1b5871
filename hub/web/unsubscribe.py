"""The page behind the link that stops mails, and the one click of mail programs.

Looking at it changes nothing, for programs look at links before people do. The link is the proof: there is no log-in
and no cookie.

Source: RFC 8058 §3.2, §5.
"""

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.mail.unsubscribing import Links, Unsubscribe
from consent.facts import ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.db.tables import address
from hub.parts import Parts
from hub.types import AddressKind, ChannelKind
from hub.web.pages import page


def routes(parts: Parts) -> list[web.RouteDef]:
    """`/unsubscribe/{token}`."""
    links = Links(parts.vault.keyring.index_root, parts.settings.base_url)
    clinic = parts.settings.clinic_name

    def asked(request: web.Request) -> Unsubscribe:
        wish = links.read(request.match_info["token"])
        if wish is None:
            raise web.HTTPNotFound
        return wish

    async def ask(request: web.Request) -> web.Response:
        wish = asked(request)
        return page("unsubscribe.html", clinic=clinic, purpose=wish.purpose.value, done=False)

    async def stop(request: web.Request) -> web.Response:
        wish = asked(request)

        async def unit(conn: AsyncConnection) -> None:
            await _revoke(conn, parts, wish)

        await parts.db.write(unit)
        return page("unsubscribe.html", clinic=clinic, purpose=wish.purpose.value, done=True)

    return [web.get("/unsubscribe/{token}", ask), web.post("/unsubscribe/{token}", stop)]


async def _revoke(conn: AsyncConnection, parts: Parts, wish: Unsubscribe) -> None:
    """Write that the mailbox wants no more mails of that purpose. Once is enough, however often it is asked."""
    found = sa.select(address.c.id).where(address.c.kind == AddressKind.MAILBOX, address.c.blind == wish.blind)
    address_id = await conn.scalar(found.with_for_update(key_share=True))
    if address_id is None:
        return  # the address was disposed of: nothing is sent there
    standing = (await parts.ledger.standings(conn, [address_id]))[address_id]
    if standing.of(ChannelKind.EMAIL, wish.purpose).state is ConsentState.REVOKE:
        return
    await parts.ledger.record(
        conn,
        NewFact(
            address_id=address_id,
            person_id=None,
            state=ConsentState.REVOKE,
            scope=Scope(channels=frozenset({ChannelKind.EMAIL}), purposes=frozenset({wish.purpose})),
            source=Source.LINK,
            at=parts.clock.now(),
            actor=Actor("patient"),
            evidence={"how": "unsubscribe link"},
        ),
    )
