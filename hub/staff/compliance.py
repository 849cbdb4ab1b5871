"""The frame of the pages of compliance: the place in the bar, and the tabs that lead from one to the other.

Who adds a page adds its tab to `TABS`; a tab is shown to whoever may see its page.
"""

from aiohttp import web

from hub.staff.pages import Page, Visit

__all__ = ["PAGES", "PLACE", "TABS", "drawn"]

PLACE = "/compliance"
TABS: tuple[tuple[str, str, str], ...] = (
    # Where it leads, its word, what one must be allowed.
    ("/compliance/safeguards", "compliance_safeguards", "audit:read"),
    ("/compliance/alerts", "compliance_alerts", "alerts:review"),
    ("/compliance/exports", "compliance_exports", "exports:write"),
    ("/compliance/requests", "compliance_requests", "rights:write"),
    ("/compliance/vendors", "compliance_vendors", "vendors:write"),
    ("/compliance/disposals", "compliance_disposals", "retention:write"),
    ("/compliance/audit", "compliance_audit", "audit:read"),
)


def drawn(visit: Visit, tab: str, template: str, *, wrong: str = "", **values: object) -> web.Response:
    """A page in the frame. `tab` is where its tab leads; `wrong` is why what was posted was not done."""
    tabs = [(path, word) for path, word, scope in TABS if visit.granted.caller.may(scope)]
    status = 422 if wrong else 200
    was = visit.request.query.get("was", "")
    return visit.draw(PLACE, template, status=status, tabs=tabs, tab=tab, wrong=wrong, was=was, **values)


async def _first(visit: Visit) -> web.StreamResponse:
    """The first page that one may see."""
    for path, _, scope in TABS:
        if visit.granted.caller.may(scope):
            raise web.HTTPSeeOther(path)
    raise web.HTTPSeeOther("/settings")


PAGES = (Page(method="GET", path=PLACE, scope="exports:write", answer=_first),)
