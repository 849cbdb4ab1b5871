"""What a resource says, whatever a server makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.ehr.reading import bare, concept, moment, named, operations, read_slot, read_visit
from hub.ehr.schedules import Schedules

SLOT: dict[str, Any] = {
    "resourceType": "Slot",
    "id": "1",
    "meta": {"versionId": "7", "lastUpdated": "2026-03-01T10:00:00.123Z"},
    "schedule": {"reference": "https://ehr.example/fhir/Schedule/9/_history/2"},
    "status": "free",
    "start": "2026-03-03T09:00:00-05:00",
    "end": "2026-03-03T09:45:00-05:00",
    "serviceType": [{"coding": [{"code": "x"}, {"display": "Check-up"}]}],
}
VISIT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "2",
    "status": "arrived",
    "start": "2026-03-03T14:00:00Z",
    "minutesDuration": 20,
    "slot": [{"reference": "Slot/1"}],
    "participant": [
        {"actor": {"reference": "Practitioner/3", "display": "Dr. Ana Lee"}},
        {"actor": {"display": "somebody without a record"}},
        {"actor": {"reference": "Patient/4"}},
    ],
}
leaves = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["Patient/1", "Slot/", "2026"])
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def spoilt(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """A resource with something else in some of its places, at some depth."""
    made = dict(whole)
    for name in draw(st.lists(st.sampled_from(sorted(whole)), max_size=4)):
        value = whole[name]
        deeper = st.just(value)
        if isinstance(value, dict):
            deeper = st.fixed_dictionaries(dict.fromkeys(value, anything))
        elif isinstance(value, list):
            shapes = [st.fixed_dictionaries(dict.fromkeys(one, anything)) for one in value if isinstance(one, dict)]
            deeper = st.lists(st.one_of(anything, *shapes), max_size=3)
        made[name] = draw(anything | deeper)
    return made


def test_a_slot_is_read() -> None:
    found = read_slot(SLOT)

    assert found is not None
    assert (found.id, found.version, found.schedule, found.status) == ("1", "7", "Schedule/9", "free")
    assert (found.start, found.minutes) == (datetime(2026, 3, 3, 14, tzinfo=UTC), 45)
    assert (found.visit_type, found.specialty) == ("Check-up", "")
    assert found.changed == datetime(2026, 3, 1, 10, 0, 0, 123000, tzinfo=UTC)


def test_a_visit_is_read() -> None:
    found = read_visit(VISIT)

    assert found is not None
    assert (found.patient, found.slots, found.actors) == ("Patient/4", ("Slot/1",), ("Practitioner/3",))
    assert (found.status, found.minutes, found.provider) == ("booked", 20, "Dr. Ana Lee")
    assert "Ana" not in repr(found)
    assert "Patient" not in repr(found)


@pytest.mark.parametrize(
    "without", ["start", "end", "schedule", "id"], ids=["no start", "no end", "no schedule", "no id"]
)
def test_a_slot_that_lacks_what_it_needs_is_none(without: str) -> None:
    assert read_slot({name: value for name, value in SLOT.items() if name != without}) is None


@given(spoilt(SLOT))
@settings(max_examples=50)
def test_a_slot_of_any_shape_is_read_or_passed_over(resource: dict[str, Any]) -> None:
    found = read_slot(resource)

    assert found is None or 0 < found.minutes <= 1440


@given(spoilt(VISIT))
@settings(max_examples=50)
def test_a_visit_of_any_shape_is_read_or_passed_over(resource: dict[str, Any]) -> None:
    found = read_visit(resource)

    assert found is None or found.patient.startswith("Patient/")


@given(anything)
@settings(max_examples=50)
def test_names_words_and_moments_of_any_shape_are_read_or_empty(said: Any) -> None:
    resource = said if isinstance(said, dict) else {"name": said, "rest": said}

    assert isinstance(named(resource) + concept(said) + bare(said), str)
    assert isinstance(operations(resource), frozenset)
    assert moment(said) is None or moment(said) is not None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"name": [{"text": "Dr. Ana Lee"}]}, "Dr. Ana Lee"),
        ({"name": [{"prefix": ["Dr."], "given": ["Ana", "Maria"], "family": "Lee"}]}, "Dr. Ana Lee"),
        ({"name": "Main Street"}, "Main Street"),
        ({"name": []}, ""),
        ({}, ""),
    ],
)
def test_who_or_where_is_named(said: dict[str, Any], name: str) -> None:
    assert named(said) == name


@pytest.mark.parametrize(
    ("said", "reference"),
    [
        ("Patient/1", "Patient/1"),
        ("https://ehr.example/fhir/Patient/1", "Patient/1"),
        ("Patient/1/_history/3", "Patient/1"),
        ("#contained", ""),
        ("urn:uuid:1", ""),
        (None, ""),
    ],
)
def test_references_are_kind_and_id(said: str | None, reference: str) -> None:
    assert bare(said) == reference


@given(anything, anything)
@settings(max_examples=50)
async def test_schedules_of_any_shape_are_read_or_passed_over(actors: Any, rest: Any) -> None:
    schedules = Schedules(Nowhere({"actor": actors, "specialty": rest, "serviceType": rest, "practitioner": actors}))  # type: ignore[arg-type]

    found = await schedules.get("Schedule/1")

    assert found is None or found.provider
    assert isinstance(await schedules.called("PractitionerRole/1"), str)


class Nowhere:
    """A server that gives the same for whatever it is asked for."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    async def read(self, kind: str, resource_id: str) -> dict[str, Any]:
        """The answer, as whatever is asked for."""
        return {**self.answer, "resourceType": kind}
