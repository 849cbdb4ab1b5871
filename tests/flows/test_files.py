"""Files come with texts and mails: examined, kept sealed, and given to staff as what they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from channels.carrier import Carrier
from channels.carrier.carrier import File
from hub.crypto import Keyring
from hub.db.tables import attachment, thread
from tests.flows.clinic import ANA
from tests.hub.api.calling import token_for
from tests.hub.attachments.clamd import EICAR, FakeClamd
from tests.hub.attachments.test_images import SECRET, a_picture, exif, saved
from tests.hub.mail.rig import CLINIC as MAILBOX
from tests.hub.mail.rig import MAIL, PATIENT, hand_over
from tests.hub_rig import CLINIC, Rig, open_rig
from tests.mail.hostile import REFUSED
from tests.stores import Disk, embedded_only

pytestmark = embedded_only

RECEIVES = ("web", "worker")
"""Roles that take files in; nobody answers."""
ZANZIBAR = b"%PDF-1.7\n" + b"zanzibar " * 40_000


@pytest.fixture
async def daemon() -> AsyncIterator[FakeClamd]:
    made = FakeClamd()
    yield made
    await made.stop()


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, daemon: FakeClamd) -> AsyncIterator[Rig]:
    changes = MAIL | {"clamd_url": await daemon.start()}
    async with open_rig(database_url, tmp_path, keyring, roles=RECEIVES, engine=False, **changes) as one:
        yield one


@asynccontextmanager
async def staff(rig: Rig, *scopes: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Someone at the API with a token of these scopes."""
    bearer = {"Authorization": f"Bearer {await token_for(rig.hub, *scopes)}"}
    async with aiohttp.ClientSession(rig.base, headers=bearer) as client:
        yield client


async def settled(rig: Rig, count: int) -> None:
    """Wait until so many files have come to an end."""
    ended = sa.select(sa.func.count()).where(attachment.c.state.not_in(("fetching", "waiting")))

    async def done() -> bool:
        return int(await rig.value(ended)) == count

    await rig.until(done, f"{count} files are settled")


async def listed(rig: Rig, client: aiohttp.ClientSession) -> list[Any]:
    """The attachments of every message, thread by thread."""
    found = []
    for row in await rig.rows(sa.select(thread.c.id)):
        async with client.get(f"/api/v1/threads/{row.id}/messages") as got:
            found += [one for item in (await got.json())["items"] for one in item["attachments"]]
    return found


async def got(client: aiohttp.ClientSession, path: str) -> tuple[int, bytes, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_picture_by_text_comes_to_staff_without_what_the_camera_wrote(rig: Rig) -> None:
    sent = saved(a_picture(), "JPEG", exif=exif())
    await rig.carrier.text(ANA, CLINIC, "my rash", [File("image/jpeg", sent), File("image/png", EICAR)])
    await settled(rig, 2)

    async with staff(rig, "*") as client:
        picture, malware = await listed(rig, client)
        status, content, headers = await got(client, picture["href"])
        refused, why, _ = await got(client, f"/api/v1/attachments/{malware['id']}")

    assert (picture["state"], picture["content_type"], picture["size"]) == ("served", "image/jpeg", len(content))
    assert (status, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, "image/jpeg", "nosniff")
    assert headers["Content-Disposition"].startswith('attachment; filename="file.jpg"')
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert SECRET in sent
    assert SECRET not in content
    assert content[:3] == b"\xff\xd8\xff"
    assert (malware["state"], malware["href"], refused) == ("quarantined", None, 409)
    assert b"malware" in why
    assert await rig.audited("attachment.read") == 1
    assert await rig.value(sa.select(thread.c.attention)) == "file_quarantined"


async def test_a_mail_s_pdf_is_had_by_who_may_and_stands_nowhere_in_the_clear(rig: Rig, disk: Disk) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = PATIENT, MAILBOX, "My report"
    mail.set_content("Here it is.")
    mail.add_attachment(ZANZIBAR, maintype="application", subtype="pdf", filename="Zanzibar report.pdf")

    code, _ = await hand_over(rig, mail.as_bytes())
    await settled(rig, 1)

    async with staff(rig, "*") as client:
        (report,) = await listed(rig, client)
        found = await got(client, report["href"])
        unknown = await got(client, "/api/v1/attachments/01a216fc-2e95-7588-889b-dd79512ed2ed")
    async with staff(rig, "threads:read") as client:
        forbidden = await got(client, report["href"])
    async with aiohttp.ClientSession(rig.base) as client:
        nobody = await got(client, report["href"])
    assert code == 250
    assert (report["name"], report["state"]) == ("Zanzibar report.pdf", "served")
    assert found[:2] == (200, ZANZIBAR)
    assert (unknown[0], forbidden[0], nobody[0]) == (404, 403, 401)
    assert await rig.audited("attachment.read") == 1
    octets = disk() + b"".join(one.read_bytes() for one in rig.folder.rglob("*") if one.is_file())
    assert b"anzibar" not in octets


async def test_a_mail_that_cannot_be_read_is_shown_to_staff_as_it_came(rig: Rig, daemon: FakeClamd) -> None:
    raw = REFUSED["31 nested parts"][0]()
    await hand_over(rig, raw)

    async with staff(rig, "*") as client:
        (shown,) = await listed(rig, client)
        _, page, _ = await got(client, "/api/v1/mails?reason=unreadable")
        nothing = await got(client, "/api/v1/mails?reason=long")
        status, content, headers = await got(client, shown["href"])
    async with staff(rig, "threads:read", "attachments:read") as client:
        forbidden = [(await got(client, path))[0] for path in ("/api/v1/mails", shown["href"])]

    assert shown["id"].encode() in page
    assert b'"items":[]' in nothing[1]
    assert (status, headers["Content-Type"]) == (200, "message/rfc822")
    assert content.rstrip() == raw.rstrip()
    assert forbidden == [403, 403]
    assert (await rig.audited("mail.list"), await rig.audited("mail.read")) == (2, 1)

    await hand_over(rig, raw + EICAR)
    async with staff(rig, "*") as client:
        worse = [one for one in await listed(rig, client) if one["id"] != shown["id"]]
        assert [(await got(client, one["href"]))[0] for one in worse] == [409]


async def test_a_crash_between_the_text_and_its_picture_loses_nothing(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, seed=1)
    await carrier.start()
    async with open_rig(database_url, tmp_path, keyring, carrier=carrier, roles=("web",), engine=False) as web:
        await carrier.text(ANA, CLINIC, "", [File("image/png", saved(a_picture(), "PNG"))])
        before = [row.state for row in await web.rows(sa.select(attachment.c.state))]

    async with open_rig(database_url, tmp_path, keyring, carrier=carrier, roles=RECEIVES, engine=False) as rig:
        await settled(rig, 1)
        after = [row.state for row in await rig.rows(sa.select(attachment.c.state))]
    await carrier.stop()

    assert (before, after) == (["fetching"], ["served"])
