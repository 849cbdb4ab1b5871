"""The words of the product: ids that sort, values that keep quiet, and exactly the names that are public."""

import importlib
import os
import subprocess
import sys
import threading
import types
import uuid
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

import hub.types
from hub.types import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Hold,
    Inbound,
    Intent,
    Media,
    Part,
    Provenance,
    Purpose,
    Receipt,
    Send,
    Skip,
    Status,
    Webhook,
    new_id,
    new_ids,
)

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CANARY = "Zanzibar-canary"
PHONE = Address(AddressKind.PHONE, f"+1202{CANARY}")
FILE = Media(url=f"https://media.example.org/{CANARY}", content_type="image/png")

PROTECTED = [
    PHONE,
    FILE,
    Webhook(
        route="sms",
        url="https://hub.example.org/webhooks/twilio/sms",
        headers=CIMultiDictProxy(CIMultiDict({"X-Name": CANARY})),
        form=MultiDictProxy(MultiDict({"Body": CANARY})),
        query={"q": CANARY},
        body=CANARY.encode(),
        received_at=AT,
    ),
    Inbound(
        channel=ChannelKind.SMS,
        provider_id="SM1",
        sender=PHONE,
        recipient=PHONE,
        text=CANARY,
        received_at=AT,
        media=(FILE,),
    ),
    Part(reference="d1", attempt=1, sender=PHONE, recipient=PHONE, text=CANARY, media=(FILE,), token=CANARY),
    Provenance(token=CANARY, references=("d1",), authenticated=True),
    Intent(
        key="k",
        person_id="p",
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        author_name=CANARY,
        body=CANARY,
        words={ChannelKind.VOICE: CANARY},
        level="full",
    ),
]
PLAIN = [
    Status(channel=ChannelKind.SMS, provider_id="SM1", delivery_id="d1", state=DeliveryState.SENT, at=AT, code="30003"),
    Receipt(provider_id="SM1"),
    Send(ChannelKind.SMS, "a1", "consent"),
    Hold(ChannelKind.SMS, "a1", AT, "quiet hours"),
    Skip(("no consent",)),
]


def test_ids_made_one_after_another_sort_in_that_order() -> None:
    made = [new_id() for _ in range(10_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_is_a_uuid_of_version_seven() -> None:
    for one in (new_id(), *new_ids(100)):
        made = uuid.UUID(one)

        assert (str(made), made.version, made.variant) == (one, 7, uuid.RFC_4122)


def test_ids_made_together_stand_in_order_between_those_made_before_and_after() -> None:
    counts = (0, 1, 63, 64, 65, 300)
    made = [one for count in counts for one in (new_id(), *new_ids(count), new_id())]

    assert made == sorted(made)
    assert len(set(made)) == len(made) == sum(counts) + 2 * len(counts)


def test_an_id_tells_the_millisecond_it_was_made_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = datetime(2100, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("hub.types.ids._last", 0)
    monkeypatch.setattr("time.time_ns", lambda: int(ahead.timestamp()) * 1_000_000_000)

    made = uuid.UUID(new_id())
    monkeypatch.undo()

    assert made.int >> 80 == int(ahead.timestamp() * 1000)


def test_ids_keep_their_order_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.types.ids._last", 0)
    moments = iter([2_000_000_000_000_000_000, 1_999_999_999_000_000_000, 1_000_000_000_000_000_000])
    monkeypatch.setattr("time.time_ns", lambda: next(moments))

    made = [new_id() for _ in range(3)]
    monkeypatch.undo()

    assert made == sorted(set(made))


def test_threads_never_get_the_same_id_and_each_sees_its_own_in_order() -> None:
    made: list[list[str]] = [[] for _ in range(8)]
    together = threading.Barrier(len(made))

    def make(mine: list[str]) -> None:
        together.wait()
        mine.extend(new_id() for _ in range(1000))

    workers = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 8000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_makes_ids_of_its_own() -> None:
    """The random bits kept ready by the parent must not be handed out twice."""
    code = (
        "import os; from hub.types import new_id; new_id(); child = os.fork(); "
        "os.write(1, (new_id()[19:] + chr(10)).encode()); child and os.waitpid(child, 0)"
    )

    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert len(set(made)) == 2


@pytest.mark.parametrize("value", PROTECTED, ids=lambda value: type(value).__name__)
def test_repr_never_shows_text_a_name_or_an_address(value: object) -> None:
    assert CANARY not in repr(value)
    assert CANARY not in f"{value} {value!s}"


def test_every_value_type_has_its_repr_looked_at() -> None:
    looked_at = {type(value) for value in PROTECTED + PLAIN}

    assert looked_at == {one for one in vars(hub.types).values() if isinstance(one, type) and is_dataclass(one)}


@pytest.mark.parametrize("value", PROTECTED + PLAIN, ids=lambda value: type(value).__name__)
def test_values_cannot_be_changed(value: object) -> None:
    name = fields(value)[0].name

    with pytest.raises(AttributeError):
        setattr(value, name, None)


@pytest.mark.parametrize("room", ["hub.types", "hub.db", "hub.crypto", "hub.audit", "hub.people", "hub.imports"])
def test_a_package_lists_exactly_its_public_names(room: str) -> None:
    package = importlib.import_module(room)
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert set(package.__all__) == public
    assert len(package.__all__) == len(public)
