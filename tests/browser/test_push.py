"""A notification, from the channel to the screen.

Chromium subscribes at Google's servers alone, which a test must not reach. So the channel sends to a push service on
this machine, which opens the message with the subscription's key and hands it to Chromium's service worker through
the browser's own debugging protocol (`ServiceWorker.deliverPushMessage`).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from hub.assets import Assets
from tests.channels.contract import SAID
from tests.channels.push_rigs import CLINIC, BrowserRig, browser_rig

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>Portal</title>
<script>navigator.serviceWorker.register("/portal/static/worker.js", { scope: "/portal" })</script>"""


@pytest_asyncio.fixture(loop_scope="session")
async def portal() -> AsyncIterator[str]:
    """A page with the portal's service worker, and the files that it keeps."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    ours = Assets("hub.portal", {"worker.js": {"Service-Worker-Allowed": "/portal"}})
    app = web.Application()
    app.add_routes(
        [
            web.get("/portal", page),
            web.get("/portal/offline", page),
            web.get("/portal/static/{name}", ours.serve),
            web.get("/static/{name}", Assets("hub.web").serve),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def rig() -> AsyncIterator[BrowserRig]:
    async with browser_rig() as made:
        yield made


async def _registered(page: Page, url: str) -> tuple[Any, str]:
    """The browser's debugging protocol, and the id of the page's service worker once it is active."""
    session = await page.context.new_cdp_session(page)
    known: asyncio.Queue[str] = asyncio.Queue()

    def updated(event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            known.put_nowait(registration["registrationId"])

    session.on("ServiceWorker.workerRegistrationUpdated", updated)
    await session.send("ServiceWorker.enable")
    await page.goto(url)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return session, await known.get()


SHOWN = """
async (count) => {
  const registration = await navigator.serviceWorker.ready;
  for (;;) {
    const shown = await registration.getNotifications();
    const references = shown.map((one) => one.data);
    if (references.length && references.includes(count))
      return shown.map((one) => ({ title: one.title, body: one.body, tag: one.tag, data: one.data }));
    await new Promise((done) => setTimeout(done, 20));
  }
}
"""


async def test_a_notice_of_the_channel_is_shown_and_ten_of_a_thread_are_one(
    whole_browser: Browser, portal: str, rig: BrowserRig
) -> None:
    context = await whole_browser.new_context(viewport={"width": 390, "height": 844})
    await context.grant_permissions(["notifications"], origin=portal)
    page = await context.new_page()
    session, registration = await _registered(page, f"{portal}/portal")
    parts = [rig.part(token="thread-1") for _ in range(10)]

    for part in parts:
        await rig.channel.send(part)
        (message,) = rig.service.shown.values()
        push = {"origin": portal, "registrationId": registration, "data": json.dumps(message)}
        await session.send("ServiceWorker.deliverPushMessage", push)
    shown = await page.evaluate(SHOWN, parts[-1].reference)

    tag = message["tag"]
    assert shown == [{"title": f"New message from {CLINIC}", "body": "", "tag": tag, "data": parts[-1].reference}]
    assert SAID not in json.dumps(shown)
    await context.close()
