"""A test of a plan's text, to one's own mailbox or to an address that is kept for tests."""

from typing import get_args

from aiohttp import web

from hub.campaigns.testing import TESTED, NotTested
from hub.staff.campaign_tested import MINE
from hub.staff.campaigns import PLACE, WRITE, plan_of, show
from hub.staff.pages import Page, Visit
from hub.types import ChannelKind, Language, Skip

__all__ = ["PAGES"]


async def _send(visit: Visit) -> web.StreamResponse:
    plan, form, user = await plan_of(visit), visit.form, visit.granted.user
    language: Language = "es" if form["language"] == "es" else get_args(Language)[0]
    channel = next((one for one in TESTED if one.value == form["channel"]), ChannelKind.SMS)
    try:
        routed = await visit.surface.parts.campaign_tests.send(
            plan,
            step=form["step"],
            template=form["template"],
            language=language,
            channel=channel,
            to="" if form["to"] == MINE else form["to"],
            user_id=user.id,
            mailbox=user.email if form["to"] == MINE else "",
            actor=user.actor,
        )
    except NotTested as refused:
        return await show(visit, plan, wrong=f"test-{refused.why}")
    visit.surface.parts.bell.ring()
    if isinstance(routed.decision, Skip):
        return await show(visit, plan, wrong="test-refused")
    step, by = form["step"], channel.value
    raise web.HTTPSeeOther(f"{PLACE}/plans/{plan.name}?was=tested&step={step}&channel={by}#test")


PAGES = (Page(method="POST", path=f"{PLACE}/plans/{{name}}/test", scope=WRITE, answer=_send),)
