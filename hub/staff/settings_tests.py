"""The addresses that tests of campaigns may go to, kept by who runs the hub."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.accounts.users import mailbox_of
from hub.campaigns.testing import NotTested
from hub.errors import InputError
from hub.staff.pages import Page, Visit
from hub.staff.settings import PLACE, tabs
from hub.types import Address, AddressKind

__all__ = ["PAGES"]

HOME = "/settings/test-addresses"
SCOPE = "users:write"
_TOLD = frozenset({"added", "removed"})


async def _show(visit: Visit) -> web.StreamResponse:
    return await _all(visit)


async def _all(visit: Visit, *, wrong: str = "") -> web.Response:
    parts, was = visit.surface.parts, visit.request.query.get("was", "")
    async with parts.db.read() as conn:
        kept = await parts.campaign_tests.addresses(conn)
    return visit.draw(
        PLACE,
        "test_addresses.html",
        status=422 if wrong else 200,
        tabs=tabs(visit),
        tab=HOME,
        told=f"tests_told_{was}" if was in _TOLD else "",
        wrong=wrong,
        kept=kept,
        typed=visit.form["address"] if wrong else "",
        label=visit.form["label"] if wrong else "",
    )


def _address(written: str, region: str) -> Address | None:
    """A number or a mailbox in its normal form; None for neither."""
    if "@" in written:
        try:
            return Address(AddressKind.MAILBOX, mailbox_of(written))
        except InputError:
            return None
    number = e164(written, region)
    return None if number is None else Address(AddressKind.PHONE, number)


async def _add(visit: Visit) -> web.StreamResponse:
    parts, form, actor = visit.surface.parts, visit.form, visit.granted.user.actor
    one = _address(form["address"].strip(), parts.settings.region)
    if one is None:
        return await _all(visit, wrong="address")

    async def unit(conn: AsyncConnection) -> None:
        await parts.campaign_tests.keep(conn, one, form["label"], actor)

    try:
        await parts.db.write(unit)
    except NotTested as refused:
        return await _all(visit, wrong=refused.why)
    raise web.HTTPSeeOther(f"{HOME}?was=added")


async def _remove(visit: Visit) -> web.StreamResponse:
    tests, test_id, actor = visit.surface.parts.campaign_tests, visit.form["id"], visit.granted.user.actor
    try:
        await visit.surface.parts.db.write(lambda conn: tests.forget(conn, test_id, actor))
    except NotTested as refused:
        return await _all(visit, wrong=refused.why)
    raise web.HTTPSeeOther(f"{HOME}?was=removed")


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_add),
    Page(method="POST", path=f"{HOME}/remove", scope=SCOPE, answer=_remove),
)
