"""Files in the portal: sent along without script, and given back to nobody but who sent them."""

import asyncio
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from yarl import URL

from hub.crypto import Keyring
from hub.db.tables import attachment, audit_event, file_piece, message, portal_session, thread
from hub.demo.clinic import patient
from hub.files import receiving
from hub.portal import files as files_of_the_portal
from tests.hub.attachments.test_images import SECRET, a_picture, exif, saved
from tests.hub.demo.clinic_running import Running, running
from tests.hub.portal.person import SAME_SITE, WITHIN, Person
from tests.hub.portal.test_conversation import until_shown, value
from tests.stores import embedded_only

pytestmark = embedded_only

JAMES, MARIA = patient("james"), patient("maria")
PICTURE = saved(a_picture(), "JPEG", exif=exif())


async def upload(person: Person, *files: tuple[str, bytes], text: str = "", **changes: str) -> str:
    """The page after the form was sent with files as a browser sends it."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, said in (person.form("/portal/messages") | {"text": text} | changes).items():
        if name != "file":
            form.add_field(name, said)
    for name, content in files or (("", b""),):
        form.add_field("file", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    return await person._take(await person.web.post("/portal/messages", data=form, headers=SAME_SITE))


async def settled(clinic: Running) -> None:
    async with asyncio.timeout(WITHIN):
        while await value(clinic, sa.select(attachment.c.id).where(attachment.c.state == "fetching")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_files_go_with_a_message_and_come_back_to_their_person_alone(clinic: Running, person: Person) -> None:
    await person.sign_in(JAMES)

    page = await upload(person, ("rash.jpg", PICTURE), ("notes.docx", b"PK\x03\x04"), text="What do I have booked?")
    await settled(clinic)
    await person.get("/portal/messages")
    (href,) = [part.split('"')[0] for part in person.page.split('href="') if part.startswith("/portal/files/")]
    async with person.web.get(href) as got:
        content, headers = await got.read(), got.headers

    assert person.url.path == "/portal/messages"
    assert "rash.jpg" in page
    assert "We cannot take this kind of file" in person.page
    assert "notes.docx" in person.page
    assert content[:3] == b"\xff\xd8\xff"
    assert SECRET not in content
    assert headers["Content-Disposition"].startswith('attachment; filename="rash.jpg"')
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    read = sa.select(sa.func.count()).where(audit_event.c.action == "attachment.read")
    assert await value(clinic, read) == 1

    # Another's session, and none.
    other = Person(clinic)
    await other.sign_in(MARIA)
    await other.get(href)
    assert other.status == 404
    other.web.cookie_jar.clear()
    await other.get(href)
    assert other.url.path == "/portal"
    await other.web.close()
    assert await value(clinic, read) == 1

    # Words are answered as ever; a file without words goes to staff.
    await until_shown(person, "Your next visit")
    await upload(person, ("list.txt", b"aspirin"))
    await until_shown(person, "Our staff has your message")


async def test_a_host_of_files_gives_them_without_a_cookie_and_shows_nothing_else(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    apart = "files.clinic.example.org"
    async with running(database_url, tmp_path, keyring, files_url=f"https://{apart}") as clinic:
        person = Person(clinic)
        await person.sign_in(JAMES)
        await upload(person, ("list.txt", b"aspirin"))
        await settled(clinic)
        await person.get("/portal/messages")
        href = next(part.split('"')[0] for part in person.page.split('href="') if part.startswith("/portal/files/"))

        async def asked(path: str, host: str | None = None) -> tuple[int, bytes, str]:
            headers = {"Host": host} if host else {}
            async with person.web.get(path, headers=headers, allow_redirects=False) as got:
                return got.status, await got.read(), got.headers.get("Location", "")

        status, _, there = await asked(href)
        path = there.removeprefix(f"https://{apart}")
        file_id = href.rpartition("/")[2]
        others = path.replace(file_id, file_id[:-1] + ("0" if file_id[-1] != "0" else "1"))
        person.web.cookie_jar.clear()
        given = await asked(path, apart)
        wrong = (others, path[:-1] + "x", "/portal/file/x", "/portal/file/a.b.c.d.e")
        forged = [await asked(one, apart) for one in wrong]
        pages = ("/portal", "/portal/messages", "/", "/portal/static/portal.js")
        elsewhere = [await asked(one, apart) for one in pages]
        await clinic.parts.db.write(lambda conn: conn.execute(sa.update(portal_session).values(ended_at=_now(clinic))))
        after = await asked(path, apart)
        await person.web.close()

    assert (status, given[:2]) == (303, (200, b"aspirin"))
    assert there.startswith(f"https://{apart}/portal/file/")
    assert [one[0] for one in forged] == [404] * 4
    assert [one[0] for one in elsewhere] == [421] * 4
    assert after[0] == 404


def _now(clinic: Running) -> datetime:
    return clinic.parts.clock.now()


async def test_what_is_not_a_form_of_ours_or_too_much_leaves_nothing(
    clinic: Running, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.sign_in(JAMES)
    monkeypatch.setattr(receiving, "LARGEST", 3_000_000)

    async def counts() -> tuple[Any, Any]:
        pieces = sa.select(sa.func.count()).select_from(file_piece)
        said = sa.select(sa.func.count()).where(message.c.direction == "inbound", message.c.channel == "portal")
        return await value(clinic, pieces), await value(clinic, said)

    await upload(person, ("a.txt", b"x"), csrf="0" * 64)
    statuses = [person.status]
    page = await person.get("/portal/messages")
    for files, words in (
        ([("a.txt", b"x" * 2_000_000)] * 2, "These files are too large"),
        ([("a.txt", b"x" * 4_000_000)], "These files are too large"),
        ([("a.txt", b"x")] * 11, "These are too many files"),
        ([], "That is empty or too long"),
    ):
        page = await upload(person, *files)
        assert words in page
    headers = SAME_SITE | {"Content-Type": "multipart/form-data; boundary=b"}
    broken = (
        b"no form",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b'--b\r\nContent-Disposition: form-\xffdata; na(me="csrf"\r\n\r\nx\r\n--b--',
        b"--b\r\nConten\xff(t: x\r\n\r\nx\r\n--b--",
        b"",
    )
    for body in broken:
        async with person.web.post("/portal/messages", data=body, headers=headers) as got:
            statuses.append(got.status)
    assert statuses == [403] + [400] * len(broken)
    assert await counts() == (0, 0)
    monkeypatch.setattr(files_of_the_portal, "MOST_A_DAY", 0)
    assert "You have sent many files today" in await upload(person, ("a.txt", b"x"))
    assert await counts() == (0, 0)

    # Signed out, the words are shown once more and the file is kept nowhere.
    await person.get("/portal/messages")
    person.web.cookie_jar.clear()
    page = await upload(person, ("a.txt", b"x"), text="Do not lose this")
    assert "Do not lose this" in page
    assert (person.status, await counts()) == (403, (0, 0))


async def test_the_same_form_twice_is_one_message_with_its_file_once(clinic: Running, person: Person) -> None:
    page = await person.sign_in(JAMES)

    await upload(person, ("list.txt", b"aspirin"))
    person.page = page
    await upload(person, ("list.txt", b"aspirin"))
    await settled(clinic)

    ended = sa.select(sa.func.count()).select_from(attachment)
    assert await value(clinic, ended) == 1
    assert await value(clinic, sa.select(sa.func.count(file_piece.c.file_id.distinct()))) == 1
    assert await value(clinic, sa.select(thread.c.attention).where(thread.c.attention != "")) == "attachment"
    assert URL(person.url).path == "/portal/messages"
