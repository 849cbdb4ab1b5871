"""Files and kept mails in the API's own shapes: what became of each, and what can be had."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import Hub
from hub.db.tables import attachment
from hub.files import AttachmentState
from hub.types import Address, AddressKind, ChannelKind, Inbound, Media, new_id
from tests.hub.api.calling import Api, ids
from tests.stores import either_will_do, embedded_only

PDF = b"%PDF-1.7 aspirin"
UNKNOWN = "01a216fc-2e95-7588-889b-dd79512ed2ed"


async def sends(hub: Hub, *files: bytes, mail: str = "") -> str:
    """The id of the thread to which a message brought files, and a mail that is kept."""
    media = []
    for content in files:
        staged = await hub.parts.files.staging.hold_whole(content)
        media.append(Media(url=staged.url, content_type="application/pdf", name="list.exe"))
    if mail:
        media.append(Media(url=f"mail:{mail}", content_type="message/rfc822"))
    inbound = Inbound(
        channel=ChannelKind.SMS,
        provider_id=new_id(),
        sender=Address(AddressKind.PHONE, "+12025550123"),
        recipient=Address(AddressKind.PHONE, "+12025550100"),
        text="see",
        received_at=hub.parts.clock.now(),
        media=tuple(media),
    )
    return (await hub.parts.acceptor.accept(inbound)).thread_id


async def attached(api: Api, thread_id: str) -> list[Any]:
    (message, *_) = (await api.get(f"/threads/{thread_id}/messages")).value["items"]
    return list(message["attachments"])


@embedded_only
async def test_a_message_says_what_became_of_each_of_its_files(hub: Hub, api: Api) -> None:
    kept = await hub.parts.files.mails.keep(new_id(), b"From: x", "long", hub.parts.clock.now())
    thread_id = await sends(hub, PDF, b"MZ\x90\x00", mail=kept)

    before = await attached(api, thread_id)
    await hub.parts.files.bring_due()
    report, program, mail = await attached(api, thread_id)

    assert [(one["state"], one["href"]) for one in before[:2]] == [("fetching", None)] * 2
    assert report == {
        "id": before[0]["id"],
        "name": "list.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "state": "warned",
        "reason": "No virus scanner has seen this file: open it with care.",
        "href": f"/api/v1/attachments/{before[0]['id']}",
    }
    assert (program["name"], program["state"], program["size"], program["href"]) == ("list.exe", "refused", None, None)
    assert program["reason"].startswith("The file was not taken in")
    assert (mail["id"], mail["content_type"], mail["href"]) == (kept, "message/rfc822", f"/api/v1/mails/{kept}")
    refused = await api.get(f"/attachments/{program['id']}")
    assert (refused.status, refused.value["reasons"]) == (409, [program["reason"]])


async def test_kept_mails_are_listed_page_by_page(hub: Hub, api: Api) -> None:
    made = [
        await hub.parts.files.mails.keep(new_id(), b"%d" % number, reason, hub.parts.clock.now())
        for number, reason in enumerate(("unreadable", "long", "unreadable"))
    ]

    assert ids(await api.every("/mails", limit=1)) == made[::-1]
    assert ids(await api.every("/mails", limit=1, reason="unreadable")) == [made[2], made[0]]
    (first, *_) = (await api.get("/mails")).value["items"]
    assert (first["reason"], first["size"], first["href"]) == ("unreadable", 1, f"/api/v1/mails/{made[2]}")


@pytest.mark.parametrize("path", [f"/{kind}/{one}" for kind in ("attachments", "mails") for one in ("x", UNKNOWN)])
@either_will_do
async def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    assert (await api.get(path)).status == 404


def test_the_states_are_those_of_the_table() -> None:
    (check,) = [one for one in attachment.constraints if isinstance(one, sa.CheckConstraint)]

    assert all(f"'{state}'" in str(check.sqltext) for state in AttachmentState)
