"""What a browser sees, and what protects it."""

import logging
import re
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web as server

import hub.web
from hub.app import Hub
from hub.errors import StorageError
from hub.web import Site, build
from tests.stores import either_will_do


@either_will_do
async def test_the_landing_page_names_the_clinic_and_leads_on(web) -> None:
    response = await web.get("/")

    page = await response.text()
    assert response.status == 200
    assert "Maple Street Clinic" in page
    assert 'href="/api/v1/openapi.json"' in page
    assert 'href="/healthz"' in page
    assert 'href="/demo"' not in page


@either_will_do
async def test_the_landing_page_leads_to_the_demo_where_there_is_one(hub: Hub) -> None:
    async def demo(_request: server.Request) -> server.Response:
        return server.Response(text="<p>demo</p>", content_type="text/html")

    site = Site(build(hub.parts, extra=[server.get("/demo", demo)]))
    port = await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        landing, shown = await client.get("/"), await client.get("/demo")
        assert 'href="/demo"' in await landing.text()
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    await site.stop()


@pytest.mark.parametrize("path", ["/", "/nope", "/static/tokens.css"])
@either_will_do
async def test_every_page_is_hardened(web, path) -> None:
    headers = (await web.get(path)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")


@either_will_do
async def test_pages_hold_no_inline_script_or_style(web) -> None:
    page = await (await web.get("/")).text()

    assert "<script" not in page
    assert "style=" not in page
    assert "<style" not in page


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("127.0.0.1:8080", 200, id="loopback"),
        pytest.param("localhost", 200, id="localhost"),
        pytest.param("[::1]:8080", 200, id="loopback v6"),
        pytest.param("hub.example.org", 200, id="public"),
        pytest.param("HUB.EXAMPLE.ORG:443", 200, id="public, other case"),
        pytest.param("evil.example", 421, id="foreign"),
        pytest.param("hub.example.org.evil.example", 421, id="foreign, with ours in front"),
        pytest.param("", 421, id="none"),
    ],
)
@either_will_do
async def test_pages_refuse_a_foreign_host(web, host, status) -> None:
    assert (await web.get("/", headers={"Host": host})).status == status


@either_will_do
async def test_a_forwarded_host_changes_nothing(web) -> None:
    response = await web.get("/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})

    assert response.status == 200
    assert "evil.example" not in await response.text()


@either_will_do
async def test_static_files_are_asked_for_again_only_when_changed(web) -> None:
    first = await web.get("/static/tokens.css")
    again = await web.get("/static/tokens.css", headers={"If-None-Match": first.headers["ETag"]})

    assert first.status == 200
    assert first.headers["Content-Type"] == "text/css; charset=utf-8"
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("name", ["nope.css", "..%2Fhtml%2Fbase.html", "%2e%2e%2fserver.py", ".", "tokens.css%00"])
@either_will_do
async def test_nothing_but_static_files_is_served(web, name) -> None:
    assert (await web.get(f"/static/{name}")).status == 404


def test_a_dark_page_looks_the_same_whether_the_system_or_the_page_chose_it() -> None:
    text = (Path(hub.web.__file__).parent / "static" / "tokens.css").read_text(encoding="utf-8")
    by_system, by_page = (
        re.findall(r"(--[\w-]+: [^;]+);", found) for found in re.findall(r"color-scheme: dark;([^}]*)}", text)
    )
    light = re.findall(r"(--[\w-]+): ", text[text.index("color-scheme: light") : text.index("@media")])

    assert by_system == by_page
    assert [one.partition(":")[0] for one in by_page] == light


@either_will_do
async def test_a_method_a_page_does_not_take_gets_405_and_which_it_does(web) -> None:
    response = await web.post("/", data=b"")

    assert response.status == 405
    assert "GET" in response.headers["Allow"]
    assert "text/html" in response.headers["Content-Type"]


@either_will_do
async def test_what_breaks_is_told_by_a_reference_and_never_by_its_words(hub: Hub, caplog) -> None:
    async def breaks(_request: server.Request) -> server.Response:
        raise LookupError("Maria Alvarez")

    async def gone(_request: server.Request) -> server.Response:
        raise StorageError("gone")

    extra = [server.get("/breaks", breaks), server.get("/gone", gone), server.post("/webhooks/breaks", breaks)]
    site = Site(build(hub.parts, extra=extra))
    port = await site.start()
    caplog.set_level(logging.INFO)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        page, machine, storage = (
            await client.get("/breaks"),
            await client.post("/webhooks/breaks"),
            await client.get("/gone"),
        )
        told, said = await page.text(), await machine.text()
    await site.stop()

    records = [record for record in caplog.records if record.message == "request_broke"]
    assert (page.status, machine.status, storage.status) == (500, 500, 503)
    assert "Alvarez" not in told + said
    assert records[0].values["request"] in told
    assert records[1].values["request"] in said
    assert storage.headers["Retry-After"] == "5"
