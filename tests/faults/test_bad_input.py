"""Whatever is posted is kept as it was written, or refused with a 4xx; nothing breaks the hub."""

import base64
import json
from collections.abc import AsyncIterator
from urllib.parse import quote_from_bytes, urlencode

import aiohttp
import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from hub.db.tables import message
from tests.hub_rig import CLINIC, Rig
from tests.shared import SHARED, needs_shared

PATH = "/webhooks/twilio/sms"
SENDER = "+12025550111"


@pytest.fixture
async def web(rig: Rig) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(rig.base) as client:
        yield client


def form(body: str, n: int = 1) -> dict[str, str]:
    return {"MessageSid": f"SM{n:032x}", "From": SENDER, "To": CLINIC, "Body": body, "NumMedia": "0"}


async def post(rig: Rig, web: aiohttp.ClientSession, fields: dict[str, str], *, signed: bool = True) -> int:
    """The status that a form is answered with."""
    signature = RequestValidator(rig.carrier.auth_token).compute_signature(rig.base + PATH, fields)
    headers = {"X-Twilio-Signature": signature} if signed else {}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with web.post(PATH, data=urlencode(fields, errors="surrogatepass").encode(), headers=headers) as answer:
        return answer.status


async def kept(rig: Rig) -> list[str]:
    """The texts of the sender's thread."""
    person = await rig.person_on(SENDER)
    return [line.text for line in await rig.lines(person) if line.direction == "inbound"]


async def test_what_is_not_signed_is_refused_and_not_kept(rig: Rig, web: aiohttp.ClientSession) -> None:
    statuses = [await post(rig, web, form("hello"), signed=False)]
    for signature in ("", "x", base64.b64encode(b"\0" * 20).decode()):
        async with web.post(PATH, data=form("hello"), headers={"X-Twilio-Signature": signature}) as answer:
            statuses.append(answer.status)

    assert set(statuses) == {403}
    assert await rig.value(sa.select(message.c.id)) is None


async def test_a_megabyte_is_refused_as_too_large(rig: Rig, web: aiohttp.ClientSession) -> None:
    assert await post(rig, web, form("x" * 1_000_000)) == 413


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe\x00", id="no text at all"),
        pytest.param(b"Body=%ff%fe&From=%2B12025550111", id="percent-encoded bytes that are no UTF-8"),
        pytest.param(b"=&=&=", id="no names"),
        pytest.param(b"Body=" + quote_from_bytes(b"\xed\xa0\x80").encode(), id="half a surrogate pair"),
        pytest.param(b"&" * 5000, id="only separators"),
        pytest.param(b"{}", id="JSON"),
    ],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "text/plain; charset=nope"])
async def test_a_body_that_is_no_form_of_twilio_is_a_4xx(
    rig: Rig, web: aiohttp.ClientSession, body: bytes, kind: str
) -> None:
    async with web.post(PATH, data=body, headers={"Content-Type": kind, "X-Twilio-Signature": "AAAA"}) as answer:
        assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 10_000, id="long"),
        pytest.param("👩🏽‍⚕️ 🇺🇸 ❤️‍🩹", id="emoji"),
        pytest.param("مرحبا، أريد موعدًا \u202eabc\u202c", id="right to left"),
        pytest.param("a\u0301\u0302\u0303" * 50, id="stacked accents"),
        pytest.param("line\r\nline\ttab\x07\x1b[31m", id="control characters"),
        pytest.param("\x00before and after\x00", id="a null character"),
        pytest.param("<script>alert(1)</script>' OR 1=1 --", id="markup"),
        pytest.param("+%2B%00&Body=other&From=x", id="percent signs"),
        pytest.param("", id="empty"),
        pytest.param("   ", id="spaces"),
        pytest.param("\u2028\u2029\ufeff\u200b", id="invisible"),
        pytest.param("𝕳𝖊𝖑𝖕 𝖒𝖊", id="beyond the basic plane"),
    ],
)
async def test_a_signed_text_is_kept_as_it_was_written(rig: Rig, web: aiohttp.ClientSession, text: str) -> None:
    await rig.engine_ready()

    status = await post(rig, web, form(text))
    await rig.quiet()

    assert status == 200
    assert await kept(rig) == [text]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=needs_shared[1].kwargs["reason"])
async def test_every_naughty_string_is_kept_as_it_was_written(rig: Rig, web: aiohttp.ClientSession) -> None:
    (path,) = (SHARED / "data" / "corpora" / "blns").glob("**/blns.json")
    strings = [one for one in json.loads(path.read_text(encoding="utf-8")) if "stop" not in one.lower()]
    await rig.engine_ready()

    statuses = [await post(rig, web, form(text, n)) for n, text in enumerate(strings)]

    assert set(statuses) == {200}
    assert await kept(rig) == strings
    await rig.quiet()


async def test_fields_that_are_not_what_twilio_writes_are_a_4xx_or_kept(rig: Rig, web: aiohttp.ClientSession) -> None:
    base = form("hello")
    wrong = [
        base | {"MessageSid": "../../etc/passwd"},
        base | {"MessageSid": ""},
        base | {"From": ""},
        base | {"From": "x" * 500},
        base | {"NumMedia": "-1"},
        base | {"NumMedia": "99999999999"},
        base | {"NumMedia": "٣"},
        {name: value for name, value in base.items() if name != "Body"},
    ]

    statuses = [await post(rig, web, fields) for fields in wrong]

    assert set(statuses) == {400}
