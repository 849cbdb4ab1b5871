"""The labels: their names and colours."""

from aiohttp import web

from hub.desk.changing import NotKept
from hub.desk.label_book import COLORS
from hub.staff.pages import Page, Visit
from hub.staff.settings_desk import SCOPE, draw, kept

__all__ = ["PAGES"]

HOME = "/settings/labels"


async def _show(visit: Visit) -> web.StreamResponse:
    return await _all(visit)


async def _all(visit: Visit, *, wrong: NotKept | None = None, at: str = "") -> web.Response:
    """Every label. `at`: the one at which something is wrong, empty for the new one."""
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        labels = await parts.labels.all(conn, archived=True)
    return draw(
        visit,
        HOME,
        "labels.html",
        wrong=wrong,
        at=at,
        typed=visit.form["name"],
        picked=visit.form["color"],
        labels=[one for one in labels if one.archived_at is None],
        archived=[one for one in labels if one.archived_at is not None],
        colors=COLORS,
    )


async def _save(visit: Visit) -> web.StreamResponse:
    """A new label, or one of another name or colour."""
    labels, form, actor = visit.surface.parts.labels, visit.form, visit.granted.user.actor
    label_id = visit.request.match_info.get("id")
    done = await kept(visit, lambda conn: labels.keep(conn, label_id, form["name"], form["color"], actor))
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done, at=label_id or "")
    raise web.HTTPSeeOther(f"{HOME}?was=saved")


async def _archive(visit: Visit) -> web.StreamResponse:
    labels, label_id, actor = visit.surface.parts.labels, visit.request.match_info["id"], visit.granted.user.actor
    await kept(visit, lambda conn: labels.archive(conn, label_id, actor))
    raise web.HTTPSeeOther(f"{HOME}?was=archived")


async def _restore(visit: Visit) -> web.StreamResponse:
    labels, label_id, actor = visit.surface.parts.labels, visit.request.match_info["id"], visit.granted.user.actor
    await kept(visit, lambda conn: labels.restore(conn, label_id, actor))
    raise web.HTTPSeeOther(f"{HOME}?was=restored")


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_save),
    Page(method="POST", path=f"{HOME}/{{id}}", scope=SCOPE, answer=_save),
    Page(method="POST", path=f"{HOME}/{{id}}/archive", scope=SCOPE, answer=_archive),
    Page(method="POST", path=f"{HOME}/{{id}}/restore", scope=SCOPE, answer=_restore),
)
