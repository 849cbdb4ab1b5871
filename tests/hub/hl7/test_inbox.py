"""What becomes of messages, from their octets to their answers."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.db.tables import audit_event, person
from hub.errors import StorageError
from hub.hl7.applying import Applier
from hub.live import Topic
from tests.hub.hl7.feed import Feed
from tests.hub.hl7.messages import E164, acknowledged, adt, joined, msh, pid, sch, siu
from tests.stores import Disk, embedded_only

TWO = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
LATER = "20260302093000-0500"


async def test_a_visit_is_booked_moved_changed_and_ends(feed: Feed) -> None:
    said = [
        await feed.take(siu("S12", "1", made="20260302090000-0500")),
        await feed.take(siu("S13", "2", made="20260302090100-0500", sch={"start": "20260311090000"})),
        await feed.take(siu("S14", "3", made="20260302090200-0500", sch={"start": "20260311090000", "f9": "45"})),
        await feed.take(siu("S15", "4", made="20260302090300-0500", sch={"start": "", "f9": ""})),
        await feed.take(siu("S12", "5", made="20260302090300-0500", sch={"filler": "F2", "placer": ""})),
        await feed.take(siu("S26", "6", made="20260302090400-0500", sch={"filler": "F2", "placer": "", "start": ""})),
        await feed.take(siu("S17", "7", made="20260302090500-0500", sch={"filler": "F2", "placer": "", "start": ""})),
    ]

    first, second = await feed.visits()
    assert said == ["AA"] * 7
    assert (first.start, first.minutes, first.status, first.version) == (TWO + timedelta(hours=19), 45, "cancelled", 4)
    assert (second.start, second.status, second.version) == (TWO, "cancelled", 3)
    ana = await feed.person()
    assert first.person_id == second.person_id == ana.id
    assert (ana.profile.given_name, ana.language) == ("Ana", "es")
    assert {row.state for row in await feed.letters()} == {"applied"}


@embedded_only
async def test_a_visit_that_moves_voids_what_was_to_be_said_of_it_and_is_reminded_of_anew(feed: Feed) -> None:
    ana = await feed.rig.patient("M1", "Ana", "Lopez", E164)
    assert await feed.take(siu("S12", "1", sch={"start": "20260305094500"})) == "AA"
    await feed.clinic.begin()
    (queued,) = await feed.rig.deliveries(ana)
    assert queued.state in ("queued", "held")

    assert await feed.take(siu("S13", "2", made=LATER, sch={"start": "20260309140000"})) == "AA"

    (void,) = await feed.rig.deliveries(ana)
    assert (void.state, void.reason) == ("suppressed", "appointment_changed")
    await feed.parts.campaigns.plan_all()
    (visit,) = await feed.visits()
    steps = Counter((row.subject_version, row.state) for row in await feed.clinic.rows())
    assert steps == {(1, "queued"): 1, (1, "void"): 1, (2, "planned"): 2}
    assert {row.subject_id for row in await feed.clinic.rows()} == {visit.id}


@embedded_only
async def test_the_same_message_again_gets_the_same_answer_and_changes_nothing(feed: Feed) -> None:
    first = await feed.raw(siu())
    visits = await feed.visits()

    again = await feed.raw(siu().rstrip(b"\r"))
    other = await feed.take(siu(sch={"start": "20260311140000"}))

    assert again == first
    assert other == "AE 205"
    assert await feed.visits() == visits
    assert len(await feed.letters()) == 1


async def test_the_same_message_at_once_on_several_connections_is_applied_once(feed: Feed) -> None:
    said = await asyncio.gather(*(feed.raw(siu()) for _ in range(5)))

    assert len({answers[0] for answers in said}) == 1
    assert len(await feed.visits()) == len(await feed.letters()) == await feed.persons() == 1


async def test_one_visit_told_of_by_two_messages_at_once_is_one(feed: Feed) -> None:
    said = await asyncio.gather(*(feed.take(siu("S12", str(number))) for number in range(4)))

    assert said == ["AA"] * 4
    assert len(await feed.visits()) == await feed.persons() == 1


async def test_news_that_come_all_at_once_in_any_order_end_as_the_newest_say(feed: Feed) -> None:
    messages = []
    for visit in range(3):
        name = {"filler": f"F{visit}", "placer": f"A{visit}"}
        for minute, (event, hour) in enumerate([("S12", 9), ("S13", 10), ("S13", 11), ("S26", 11), ("S14", 13)]):
            when = name | {"start": f"202603{10 + visit}{hour:02d}0000"}
            made = f"2026030209{minute:02d}00-0500"
            messages.append(siu(event, f"{visit}-{minute}", made=made, sch=when, pid={"mrn": f"M{visit % 2}"}))
    random.Random(4).shuffle(messages)

    said = await asyncio.gather(*(feed.take(one) for one in messages))

    assert set(said) == {"AA"}
    visits = await feed.visits()
    assert [row.status for row in visits] == ["booked"] * 3
    assert sorted(row.start for row in visits) == [datetime(2026, 3, 10 + day, 17, 0, tzinfo=UTC) for day in range(3)]
    assert await feed.persons() == 2


async def test_what_comes_late_undoes_nothing(feed: Feed) -> None:
    booked = siu("S12", "1", made="20260302090000-0500")
    moved = siu("S13", "2", made="20260302091000-0500", sch={"start": "20260311090000"})
    cancelled = siu("S15", "3", made="20260302092000-0500")
    born = adt("A28", "4", made="20260302090000-0500", pid={"f5": "LOPES^ANA"})
    corrected = adt("A31", "5", made="20260302091000-0500")

    for one in (cancelled, moved, booked, corrected, born):
        assert await feed.take(one) == "AA"

    (visit,) = await feed.visits()
    assert (visit.status, visit.version) == ("cancelled", 1)
    assert (await feed.person()).profile.family_name == "Lopez"
    assert Counter(row.state for row in await feed.letters()) == {"applied": 2, "older": 3}


REJECTED = {
    "no message": (b"hello", "AR 100"),
    "another type": (joined([msh("ORU^R01"), pid()]), "AR 200"),
    "another event": (joined([msh("SIU^S18"), pid()]), "AR 201"),
    "for training": (siu(msh={"f11": "T"}), "AR 202"),
    "another version": (siu(msh={"f12": "3.0"}), "AR 203"),
    "no control id": (siu(control=""), "AR 101"),
    "no time": (siu(made="yesterday"), "AR 102"),
    "a charset that is not known": (siu(msh={"f18": "KLINGON"}), "AR 103"),
}


@embedded_only
async def test_what_is_none_for_here_is_rejected_and_not_kept(feed: Feed) -> None:
    said = {name: [await feed.take(content), await feed.take(content)] for name, (content, _) in REJECTED.items()}

    assert said == {name: [answer] * 2 for name, (_, answer) in REJECTED.items()}
    assert await feed.letters() == []


FAILED = {
    "no visit": (joined([msh(), pid()]), "AE 100", "SCH", "no_segment"),
    "no patient": (joined([msh(), sch()]), "AE 100", "PID", "no_segment"),
    "no time": (siu(sch={"start": "soon"}), "AE 102", "SCH-11", "time"),
    "moved to no time": (siu("S13", sch={"start": ""}), "AE 101", "SCH-11", "time"),
    "a visit that is not known": (siu("S15", sch={"start": ""}), "AE 204", "SCH-2", "unknown_visit"),
    "no clinician": (joined([msh(), sch(), pid()]), "AE 101", "AIP-3", "provider"),
    "no record number": (siu(pid={"f3": ""}), "AE 101", "PID-3", "record_number"),
    "a new patient without a name": (siu(pid={"f5": ""}), "AE 101", "PID-5", "name"),
    "a merge of nobody": (adt("A40"), "AE 100", "MRG", "no_segment"),
    "a merge with themselves": (adt("A40", "MSG1", "MRG|M1^^^CLINIC^MR"), "AE 102", "MRG-1", "same_record"),
}


@embedded_only
async def test_what_cannot_be_applied_waits_for_somebody_and_leaves_no_trace(feed: Feed) -> None:
    sent = [content.replace(b"MSG1", f"MSG-{number}".encode()) for number, (content, *_) in enumerate(FAILED.values())]

    said = [await feed.take(content) for content in sent]

    assert dict(zip(FAILED, said, strict=True)) == {name: answer for name, (_, answer, *_) in FAILED.items()}
    letters = await feed.letters()
    assert [(row.state, row.place, row.reason, row.attempts) for row in letters] == [
        ("failed", place, reason, 1) for _, _, place, reason in FAILED.values()
    ]
    assert all(row.body_sealed is not None for row in letters)
    assert await feed.visits() == []
    assert await feed.persons() == 0
    assert await feed.rig.rows(sa.select(audit_event.c.id).where(audit_event.c.action.like("person.%"))) == []
    assert [await feed.take(content) for content in sent] == said


@embedded_only
async def test_what_failed_is_applied_once_what_it_lacked_is_there(feed: Feed) -> None:
    assert await feed.take(siu("S12", "1", pid={"f5": ""})) == "AE 101"
    (letter,) = await feed.letters()
    assert await feed.inbox.retry(letter.id) == "failed"
    assert await feed.take(adt("A28", "2")) == "AA"

    assert await feed.inbox.retry(letter.id) == "applied"

    assert len(await feed.visits()) == 1
    done = next(row for row in await feed.letters() if row.id == letter.id)
    assert (done.state, done.attempts, done.body_sealed, done.code) == ("applied", 3, None, None)
    assert await feed.take(siu("S12", "1", pid={"f5": ""})) == "AA"
    assert await feed.inbox.retry(letter.id) is None


@embedded_only
async def test_what_failed_and_is_tried_late_undoes_nothing(feed: Feed) -> None:
    assert await feed.take(siu("S12", "1", pid={"f5": ""})) == "AE 101"
    (letter,) = await feed.letters()
    feed.mail.wait(minutes=5)
    assert await feed.take(siu("S15", "2", made="20260302100400-0500")) == "AA"

    assert await feed.inbox.retry(letter.id) == "older"

    assert [row.status for row in await feed.visits()] == ["cancelled"]


@embedded_only
async def test_what_breaks_us_is_kept_and_told_as_our_fault(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any) -> bool:
        raise RuntimeError("Ana Lopez")

    monkeypatch.setattr(Applier, "apply", breaks)

    assert await feed.take(siu()) == "AE 207"
    (letter,) = await feed.letters()
    assert (letter.state, letter.reason) == ("failed", "broke")


@embedded_only
async def test_while_the_database_is_gone_nothing_is_taken_and_the_sender_may_try_again(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> bool:
        raise StorageError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(Applier, "apply", gone)
        assert await feed.take(siu()) == "AR 207"
    assert await feed.letters() == []

    assert await feed.take(siu()) == "AA"


@embedded_only
async def test_what_was_applied_long_ago_is_forgotten_and_what_failed_is_not(feed: Feed) -> None:
    assert await feed.take(siu("S12", "1")) == "AA"
    assert await feed.take(siu("S12", "2", sch={"start": "soon"})) == "AE 102"
    feed.mail.wait(days=29)
    await feed.inbox.look()
    assert len(await feed.letters()) == 2

    feed.mail.wait(days=2)
    await feed.inbox.look()

    assert [row.state for row in await feed.letters()] == ["failed"]
    assert b"hub_hl7_failed 1.0" in feed.parts.metrics.page()


# --- enhanced mode


ASKED = {
    ("AL", "AL"): (["CA", "AA"], ["CA", "AE"]),
    ("AL", "NE"): (["CA"], ["CA"]),
    ("NE", "AL"): (["AA"], ["AE"]),
    ("", "AL"): (["AA"], ["AE"]),
    ("AL", "ER"): (["CA"], ["CA", "AE"]),
    ("SU", "SU"): (["CA", "AA"], ["CA"]),
    ("ER", "NE"): ([], []),
}


@embedded_only
async def test_in_enhanced_mode_the_sender_hears_what_it_asked_for(feed: Feed) -> None:
    async def codes(content: bytes) -> list[str]:
        return [acknowledged(answer)[0] for answer in await feed.raw(content)]

    for (accept, application), (good, bad) in ASKED.items():
        asked, name = {"f15": accept, "f16": application}, f"{accept}-{application}"
        assert await codes(siu("S12", f"{name}-1", msh=asked)) == good
        assert await codes(siu("S12", f"{name}-1", msh=asked)) == good
        assert await codes(siu("S12", f"{name}-2", msh=asked, sch={"start": "soon"})) == bad
        assert await codes(siu("S12", f"{name}-1", msh=asked, sch={"filler": "F7"})) == ["CE"]
        assert await codes(siu("S99", f"{name}-3", msh=asked)) == ["CR"]
    assert len(await feed.visits()) == 1


@embedded_only
async def test_what_a_process_kept_and_did_not_apply_before_it_ended_is_applied(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> bool:
        raise StorageError("gone")

    asked = {"f15": "AL", "f16": "AL"}
    with monkeypatch.context() as broken:
        broken.setattr(Applier, "apply", gone)
        assert [acknowledged(one)[0] for one in await feed.raw(siu(msh=asked))] == ["CA"]
    assert [row.state for row in await feed.letters()] == ["waiting"]
    assert [acknowledged(one)[0] for one in await feed.raw(siu(msh=asked))] == ["CA"]

    assert await feed.inbox.catch_up() == 0
    feed.mail.wait(seconds=11)
    assert await feed.inbox.catch_up() == 1

    assert len(await feed.visits()) == 1
    assert [acknowledged(one)[0] for one in await feed.raw(siu(msh=asked))] == ["CA", "AA"]


# --- patients


@embedded_only
async def test_a_record_changes_and_what_is_not_said_stays(feed: Feed) -> None:
    assert await feed.take(adt("A04", "1", pid={"f11": "1 MAIN ST^^SPRINGFIELD^IL"})) == "AA"
    assert await feed.take(adt("A08", "2", made=LATER, pid={"f5": "RUIZ^ANA", "f7": "", "f13": "", "f15": ""})) == "AA"

    ana = await feed.person()
    assert (ana.profile.family_name, str(ana.profile.birth_date), ana.language, ana.state) == (
        "Ruiz",
        "1985-04-23",
        "es",
        "IL",
    )
    assert await feed.addresses(ana.id) == {E164: "verified"}


@embedded_only
async def test_a_number_that_the_record_has_no_more_is_the_persons_no_more(feed: Feed) -> None:
    ana = await feed.rig.patient("M1", "Ana", "Lopez", "+12125550177", mailbox="ana@example.org")

    assert await feed.take(adt("A08", "1")) == "AA"

    assert await feed.addresses(ana) == {E164: "verified", "ana@example.org": "verified", "+12125550177": "retired"}


@embedded_only
async def test_to_whoever_died_nothing_is_sent_until_that_was_a_mistake(feed: Feed) -> None:
    ana = await feed.rig.patient("M1", "Ana", "Lopez", E164)
    queued = await feed.mail.automated(ana)

    assert await feed.take(adt("A08", "1", pid={"f30": "Y", "f29": "20260301"})) == "AA"
    assert await feed.mail.claim() == []
    assert (await feed.mail.row(queued)).reason == "address-deceased"
    (died,) = await feed.rig.rows(sa.select(person.c.deceased_at))
    assert died.deceased_at == datetime(2026, 3, 1, 5, 0, tzinfo=UTC)

    assert await feed.take(adt("A08", "2", made=LATER, pid={"f30": "N"})) == "AA"
    again = await feed.mail.automated(ana)
    assert [claim.delivery_id for claim in await feed.mail.claim()] == [again]


@embedded_only
async def test_whoever_wants_no_reminders_gets_none_and_no_calls_no_calls(feed: Feed) -> None:
    ana = await feed.rig.patient("M1", "Ana", "Lopez", E164, calls="yes")
    ben = await feed.rig.patient("M2", "Ben", "Okafor", "+12125550144", calls="yes")
    hers, his = await feed.mail.automated(ana), await feed.mail.automated(ben)

    none, no_calls = "PD1|||||||||||01", "PD1|||||||||||03"
    assert await feed.take(adt("A08", "1", none)) == "AA"
    assert await feed.take(adt("A08", "2", no_calls, pid={"mrn": "M2", "f5": "OKAFOR^BEN", "f13": ""})) == "AA"
    assert await feed.take(adt("A08", "3", none, made=LATER)) == "AA"

    assert [claim.delivery_id for claim in await feed.mail.claim()] == [his]
    assert (await feed.mail.row(hers)).reason == "opted-out"
    facts = await feed.rig.rows(sa.select(audit_event.c.person_id).where(audit_event.c.action == "consent.revoke"))
    assert Counter(row.person_id for row in facts) == {ana: 1, ben: 1}


async def test_two_records_become_one_and_the_old_number_finds_it(feed: Feed) -> None:
    ana = await feed.rig.patient("M1", "Ana", "Lopez", E164)
    await feed.rig.patient("M9", "Anna", "Lopez", "+12125550177")
    assert await feed.take(siu("S12", "1", pid={"mrn": "M9", "f13": ""})) == "AA"

    rung: list[str] = []
    feed.parts.live.wakeups.hear(Topic.ACCEPTED, rung.extend)
    assert await feed.take(adt("A40", "2", "MRG|M9^^^CLINIC^MR")) == "AA"
    # What waits in either's thread is looked at anew.
    assert rung == [(await feed.rig.thread(ana)).id]
    assert await feed.take(adt("A40", "3", "MRG|M9^^^CLINIC^MR", made=LATER)) == "AA"

    assert (await feed.person("M9")).id == ana
    assert [row.person_id for row in await feed.visits()] == [ana]
    assert await feed.take(siu("S13", "4", made=LATER, pid={"mrn": "M9"}, sch={"start": "20260312090000"})) == "AA"
    assert [row.person_id for row in await feed.visits()] == [ana]
    assert await feed.take(adt("A08", "5", made=LATER, pid={"mrn": "M9"})) == "AE 204"


@embedded_only
async def test_of_a_record_that_was_not_known_the_old_number_finds_the_survivor(feed: Feed) -> None:
    assert await feed.take(adt("A40", "1", "MRG|M9^^^CLINIC^MR")) == "AA"
    assert await feed.take(siu("S12", "2", pid={"mrn": "M9"})) == "AA"

    assert [row.person_id for row in await feed.visits()] == [(await feed.person("M1")).id]


@embedded_only
async def test_records_with_two_birth_dates_are_left_to_somebody(feed: Feed) -> None:
    await feed.rig.patient("M1", "Ana", "Lopez", E164)
    await feed.rig.patient("M9", "Anna", "Lopez", "+12125550177", birth_date="1990-01-01")

    assert await feed.take(adt("A40", "1", "MRG|M9^^^CLINIC^MR")) == "AE 207"

    (letter,) = await feed.letters()
    assert letter.reason == "birth_dates_differ"


# --- whatever comes


async def test_nothing_of_a_message_is_readable_on_the_disk(feed: Feed, disk: Disk) -> None:
    await feed.take(siu("S12", "CONTROL-77"))
    await feed.take(siu("S12", "CONTROL-78", sch={"start": "soon"}, pid={"mrn": "RECORD-9"}))

    written = disk()
    for secret in (b"LOPEZ", b"Lopez", b"CONTROL-7", b"RECORD-9", b"Main Street", E164.encode()):
        assert secret not in written


_FIELDS = st.sampled_from(
    ["", '""', "^", "~", "\\", "\\X\\", "&&&", "A" * 300, "19850230", "\u00e9\u2028", "^^^^MR", "-1", "0"]
)
_NUMBERS = count()


@embedded_only
async def test_whatever_is_changed_in_a_message_it_is_answered_and_never_lost(feed: Feed) -> None:
    """No crash, one answer that others can read, and of all that was not rejected a row."""
    await feed.rig.patient("M1", "Ana", "Lopez", E164)
    whole = [siu(event, "ID") for event in ("S12", "S13", "S14", "S15", "S26")]
    whole += [adt("A08", "ID", "PD1|||||||||||01"), adt("A40", "ID", "MRG|M9^^^CLINIC^MR")]
    changed: list[bytes] = []

    @given(st.data())
    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    def draw(data: st.DataObject) -> None:
        lines = data.draw(st.sampled_from(whole)).decode().replace("ID", f"ID{next(_NUMBERS)}").split("\r")[:-1]
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(lines) - 1))
            fields = lines[at].split("|")
            place = data.draw(st.integers(0, len(fields) - 1))
            match data.draw(st.integers(0, 3)):
                case 0:
                    fields[place] = data.draw(_FIELDS)
                case 1:
                    fields[place] = data.draw(st.text(max_size=8))
                case 2:
                    del fields[place]
                case 3:
                    lines.insert(at, data.draw(st.sampled_from(lines)))
            lines[lines.index("|".join(lines[at].split("|")))] = "|".join(fields) if fields else ""
        changed.append("\r".join(lines).encode())

    draw()

    said: Counter[str] = Counter()
    for content in changed:
        (answer,) = await feed.raw(content)
        code, _, error = acknowledged(answer)
        assert (code == "AA") == (error == "")
        said[code] += 1
        assert await feed.raw(content) == [answer] or code == "AR"

    states = Counter(row.state for row in await feed.letters())
    assert set(said) <= {"AA", "AE", "AR"}
    assert states["failed"] <= said["AE"]
    assert states["applied"] + states["older"] <= said["AA"]
    assert states["waiting"] == 0
    assert await feed.take(siu("S12", "after all", sch={"filler": "F99", "placer": ""})) == "AA"
