"""Whatever is posted is kept as it was written, or refused with a 4xx; nothing breaks the hub."""

import base64
import itertools
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
from tests.stores import either_will_do

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


@either_will_do
async def test_what_is_not_signed_is_refused_and_not_kept(rig: Rig, web: aiohttp.ClientSession) -> None:
    statuses = [await post(rig, web, form("hello"), signed=False)]
    for signature in ("", "x", base64.b64encode(b"\0" * 20).decode()):
        async with web.post(PATH, data=form("hello"), headers={"X-Twilio-Signature": signature}) as answer:
            statuses.append(answer.status)

    assert set(statuses) == {403}
    assert await rig.value(sa.select(message.c.id)) is None


@either_will_do
async def test_a_megabyte_is_refused_as_too_large(rig: Rig, web: aiohttp.ClientSession) -> None:
    assert await post(rig, web, form("x" * 1_000_000)) == 413


NO_FORMS = {
    "nothing": b"",
    "no text at all": b"\xff\xfe\x00",
    "percent-encoded bytes that are no UTF-8": b"Body=%ff%fe&From=%2B12025550111",
    "no names": b"=&=&=",
    "half a surrogate pair": b"Body=" + quote_from_bytes(b"\xed\xa0\x80").encode(),
    "only separators": b"&" * 5000,
    "JSON": b"{}",
}
KINDS = ("application/x-www-form-urlencoded", "application/json", "text/plain; charset=nope")


@either_will_do
async def test_a_body_that_is_no_form_of_twilio_is_a_4xx(rig: Rig, web: aiohttp.ClientSession) -> None:
    answered = {}
    for (what, body), kind in itertools.product(NO_FORMS.items(), KINDS):
        async with web.post(PATH, data=body, headers={"Content-Type": kind, "X-Twilio-Signature": "AAAA"}) as answer:
            answered[what, kind] = answer.status

    assert {row: status for row, status in answered.items() if not 400 <= status < 500} == {}
    assert len(answered) == len(NO_FORMS) * len(KINDS)


TEXTS = {
    "long": "x" * 10_000,
    "emoji": "👩🏽‍⚕️ 🇺🇸 ❤️‍🩹",
    "right to left": "مرحبا، أريد موعدًا \u202eabc\u202c",
    "stacked accents": "a\u0301\u0302\u0303" * 50,
    "control characters": "line\r\nline\ttab\x07\x1b[31m",
    "a null character": "\x00before and after\x00",
    "markup": "<script>alert(1)</script>' OR 1=1 --",
    "percent signs": "+%2B%00&Body=other&From=x",
    "empty": "",
    "spaces": "   ",
    "invisible": "\u2028\u2029\ufeff\u200b",
    "beyond the basic plane": "𝕳𝖊𝖑𝖕 𝖒𝖊",
}


async def test_a_signed_text_is_kept_as_it_was_written(rig: Rig, web: aiohttp.ClientSession) -> None:
    await rig.engine_ready()

    statuses = {what: await post(rig, web, form(text, n)) for n, (what, text) in enumerate(TEXTS.items())}
    await rig.quiet()

    assert statuses == dict.fromkeys(TEXTS, 200)
    assert dict(zip(TEXTS, await kept(rig), strict=True)) == TEXTS


@either_will_do
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


@either_will_do
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
