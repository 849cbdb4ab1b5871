"""A link that stops mails: by a button, by one click, never by being looked at."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from channels.mail.unsubscribing import Links, Unsubscribe
from hub.crypto import Keyring
from hub.db.tables import address, consent_event
from hub.people.records import address_row
from hub.types import AddressKind, ChannelKind, Purpose, new_id
from tests.hub_rig import Rig, open_rig
from tests.stores import either_will_do

MAILBOX = "ana.ruiz@example.org"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with open_rig(database_url, tmp_path, keyring, roles=("web",), engine=False) as one:
        yield one


@pytest.fixture
async def link(rig: Rig) -> str:
    """The path of a link for surveys, of a mailbox that is known."""
    blind = rig.parts.vault.blind.of("mailbox", MAILBOX)
    row = address_row(new_id(), AddressKind.MAILBOX, blind, rig.parts.clock.now())

    async def unit(conn):  # type: ignore[no-untyped-def]
        await conn.execute(sa.insert(address).values(row))

    await rig.parts.db.write(unit)
    return path(rig, blind)


def path(rig: Rig, blind: bytes, purpose: Purpose = Purpose.SURVEY) -> str:
    links = Links(rig.parts.vault.keyring.index_root, rig.parts.settings.base_url)
    return links.link(Unsubscribe(blind, purpose)).removeprefix(rig.parts.settings.base_url)


async def ask(rig: Rig, method: str, where: str, **values: object) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.request(method, rig.base + where, **values) as answer:  # type: ignore[arg-type]
        assert "Set-Cookie" not in answer.headers
        return answer.status, await answer.text()


async def facts(rig: Rig) -> list[tuple[str, str, str, str]]:
    rows = await rig.rows(sa.select(consent_event))
    return [(row.state, row.channels, row.purposes, row.source) for row in rows]


async def test_looking_shows_a_button_and_changes_nothing(rig: Rig, link: str) -> None:
    status, shown = await ask(rig, "GET", link)
    await ask(rig, "HEAD", link)

    assert status == 200
    assert '<form method="post">' in shown
    assert MAILBOX not in shown
    assert await facts(rig) == []


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}], ids=["one-click", "button"])
async def test_posting_stops_mails_of_that_kind_once(rig: Rig, link: str, body: dict[str, str]) -> None:
    answers = [await ask(rig, "POST", link, data=body) for _ in range(2)]

    assert [status for status, _ in answers] == [200, 200]
    assert await facts(rig) == [("revoke", "email", "survey", "link")]
    assert await rig.audited("consent.revoke") == 1


async def test_a_mailbox_that_is_not_known_is_told_the_same(rig: Rig, link: str) -> None:
    known = await ask(rig, "POST", link)

    assert await ask(rig, "POST", path(rig, b"x" * 16)) == known


@pytest.mark.parametrize("change", ["flip", "cut", "longer", "not-base64", "purpose"])
@either_will_do
async def test_a_link_that_the_hub_did_not_make_is_none(rig: Rig, link: str, change: str) -> None:
    head, token = link.rsplit("/", 1)
    forged = {
        "flip": token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB"),
        "cut": token[:-4],
        "longer": token + "AAAA",
        "not-base64": "%" + token[1:],
        "purpose": "AQQ" + token[3:],
    }[change].replace("%", "%25")

    for method in ("GET", "POST"):
        assert (await ask(rig, method, f"{head}/{forged}"))[0] == 404
    assert await facts(rig) == []


def test_a_link_names_nobody_and_is_another_s_at_another_hub() -> None:
    wish = Unsubscribe(b"b" * 16, Purpose.MARKETING)
    ours, theirs = Links(b"k" * 32, "https://hub.example.org"), Links(b"q" * 32, "https://hub.example.org")

    token = ours.link(wish).rsplit("/", 1)[1]

    assert ours.read(token) == wish
    assert theirs.read(token) is None
    assert ChannelKind.EMAIL not in token
