"""What is written in each form, and how much of it each profile shows. Pure, but for the archive."""

import csv
import io
import json
import tarfile
import zipfile
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import DecryptError, decrypt, x25519

from hub.errors import InputError
from hub.exports import Folder, Format, redaction, redactions
from hub.exports.formats import KINDS, Setting
from hub.exports.formats.tables import MESSAGE_COLUMNS, safe
from hub.exports.handing import pack, packed_by_password, recipient
from hub.exports.records import ConsentAtSend, DecidedStep, DeliveryRecord, HistoryStep, MessageRecord, ThreadRecord
from hub.exports.resources import communication, in_bundle
from hub.sealed import Profile

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SETTING = Setting(clinic="Synthetic Clinic", profile="full 1", made_at=AT, number=1)
WHO = Profile(mrn="EXP-1", given_name="Ana", family_name="Lopez", birth_date=date(1980, 4, 2))


def message(**values: object) -> MessageRecord:
    given = {"id": "m-1", "thread": "t-1", "person": "p-1", "seq": 1, "direction": "outbound", "author": "staff"}
    return MessageRecord(**{**given, "at": AT, "channel": "sms", "body": "Hello", **values})  # type: ignore[arg-type]


def sent(state: str = "delivered", reason: str = "") -> DeliveryRecord:
    return DeliveryRecord(
        id="d-1",
        channel="sms",
        purpose="care",
        state=state,
        reason=reason,
        decided=DecidedStep(rule="care-reply"),
        consent=ConsentAtSend(state="grant", fact="f-1", source="form", since=AT),
        history=[HistoryStep(state="sent", at=AT), HistoryStep(state=state, at=AT, reason=reason)],
    )


def written(form: Format, *messages: MessageRecord) -> bytes:
    chunk = KINDS[form].make(SETTING)
    chunk.thread(ThreadRecord(id="t-1", person="p-1", mrn="EXP-1", name="Ana Lopez", birth_date=date(1980, 4, 2)))
    for one in messages:
        chunk.message(one)
    return chunk.done()


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A)", "\t=1", "\r=1", '"=1', " =1", "＝1", "＋1", "－1", "'=1", "\u00a0=1"],
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    """Signs, after quotes and blanks, and in their full width, come after an apostrophe."""
    assert safe(cell) == f"'{cell}"


@given(st.text(max_size=12))
@settings(max_examples=50, deadline=None)
def test_a_cell_keeps_its_text(text: str) -> None:
    """What is shown of it is what was written, after an apostrophe at most."""
    assert safe(text) in (text, f"'{text}")


def test_csv_has_a_row_a_message() -> None:
    """Whatever stands in a text, the table is read again as it was."""
    text = '=HYPERLINK("http://x.example","a"), "two"\nlines'
    table = csv.reader(io.StringIO(written(Format.CSV, message(body=text, deliveries=[sent()])).decode("utf-8-sig")))

    head, row = list(table)

    assert tuple(head) == MESSAGE_COLUMNS
    found = dict(zip(head, row, strict=True))
    assert found["body"] == f"'{text}"
    assert (found["consent"], found["rule"], found["state"]) == ("grant", "care-reply", "delivered")


def test_html_shows_a_text_as_text() -> None:
    """Nothing that was said becomes markup, and nothing is loaded from anywhere."""
    page = written(Format.HTML, message(body="<script>alert(1)</script><img src=x>")).decode()

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_mail_has_the_headers_that_we_gave_it() -> None:
    """A name with a line break makes no header of its own."""
    found = zipfile.ZipFile(
        io.BytesIO(written(Format.EML, message(name="Ana\r\nBcc: a@example.org", deliveries=[sent()])))
    )
    (name,) = found.namelist()
    mail = message_from_bytes(found.read(name), policy=policy.default)

    assert name == "t-1/000001.eml"
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<m-1@carehub.invalid>"
    assert "grant" in mail["X-Carehub-Consent"]
    assert mail.get_content().strip() == "Hello"


@pytest.mark.parametrize(
    ("state", "reason", "status", "why"),
    [
        ("queued", "", "preparation", None),
        ("held", "quiet-hours", "on-hold", None),
        ("sent", "", "in-progress", None),
        ("delivered", "", "completed", None),
        ("failed", "21211", "not-done", "invalid-phone-number"),
        ("suppressed", "opted-out", "not-done", "patient-objection"),
        ("failed", "30008", "not-done", "system-error"),
    ],
)
def test_the_state_of_a_delivery_in_fhir(state: str, reason: str, status: str, why: str | None) -> None:
    """As the header's part, with the medium, the times, and the reason where it did not arrive."""
    found = communication(message(deliveries=[sent(state, reason)]), in_bundle)

    assert found["status"] == status
    assert found["partOf"] == [{"reference": "urn:uuid:t-1"}]
    assert found["medium"][0]["coding"][0]["code"] == "SMSWRIT"
    assert (found.get("statusReason") or {"coding": [{"code": None}]})["coding"][0]["code"] == why
    assert found["sent"] == "2026-03-02T15:00:00Z"


def test_a_bundle_is_complete_in_itself() -> None:
    """Each reference within it leads to an entry of it."""
    bundle = json.loads(written(Format.FHIR, message(), message(id="m-2", seq=2, direction="inbound")))

    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]] == ["Patient", *["Communication"] * 3]
    for entry in bundle["entry"]:
        for name in ("subject", "sender"):
            assert entry["resource"].get(name, {}).get("reference", urls[0]) in urls
    assert "payload" not in bundle["entry"][1]["resource"]


def test_profiles_show_what_they_say() -> None:
    """Of a name, a birth date, a number, an address and a moment."""
    full, minimum, metadata, dates = (redaction(name) for name in ("full", "minimum", "metadata", "dates"))

    assert [one.name_of(WHO) for one in (full, minimum, metadata)] == ["Ana Lopez", "A. L.", ""]
    assert [one.birth(WHO) for one in (full, minimum, dates)] == [date(1980, 4, 2), None, "1980"]
    assert [one.number(WHO) for one in (full, minimum, metadata)] == ["EXP-1", "EXP-1", ""]
    assert [one.address("+12025550150") for one in (full, minimum, metadata)] == ["+12025550150", "", "…0150"]
    assert metadata.address("ana.lopez@example.org") == "…@example.org"
    assert [one.time(AT) for one in (full, minimum)] == [AT, date(2026, 3, 2)]
    assert all(one.version >= 1 and one.title for one in redactions().values())
    with pytest.raises(InputError, match="minimum"):
        redaction("everything")


def test_an_archive_is_opened_by_its_key_alone(tmp_path: Path) -> None:
    """By age's own format: to a public key, or by a password that opens the key."""
    folder = Folder(tmp_path / "out")
    folder.make()
    folder.note("manifest.json", b"{}")
    folder.put("messages-000001.jsonl", b"said in confidence\n" * 50_000)
    mine = x25519.Identity.generate()

    pack(folder, tmp_path / "a.tar.age", recipient(str(mine.to_public())))
    sealed = packed_by_password(folder, tmp_path / "b.tar.age", "a long enough password")

    # To open it by the password takes a second of the processor on purpose, as to make it does.
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    content, other = (tmp_path / "a.tar.age").read_bytes(), (tmp_path / "b.tar.age").read_bytes()
    assert b"said in confidence" not in content + other
    with pytest.raises(DecryptError):
        decrypt(other, [mine])
    with tarfile.open(fileobj=io.BytesIO(decrypt(content, [mine]))) as found:
        assert found.getnames() == ["export/manifest.json", "export/messages-000001.jsonl"]
        member = found.extractfile("export/messages-000001.jsonl")
        assert member is not None
        assert member.read().count(b"\n") == 50_000
    with pytest.raises(InputError, match="12 characters"):
        packed_by_password(folder, tmp_path / "c.tar.age", "short")
    with pytest.raises(InputError, match="age1"):
        recipient("no key")
