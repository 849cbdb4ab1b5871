"""Records under 42 CFR Part 2: when they may be disclosed, what goes along, and which name a text goes out under."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.scheduling.names import Directory
from hub.campaigns.audience import Visit
from hub.campaigns.wording import Words
from hub.cli import exports as command
from hub.part2 import BASES, STATEMENT, Basis, Given, may_disclose, notice
from hub.part2.deciding import in_force
from hub.settings import Settings

TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HELD = Given(signed_on=TODAY - DAY)


@pytest.mark.parametrize(
    ("labelled", "basis", "consents", "expected"),
    [
        pytest.param(False, "consent", [], True, id="not under Part 2"),
        pytest.param(True, "consent", [], False, id="nobody consented"),
        pytest.param(True, "consent", [HELD], True, id="they consented"),
        pytest.param(True, "consent", [Given(signed_on=TODAY + DAY)], False, id="from tomorrow on"),
        pytest.param(True, "consent", [Given(signed_on=TODAY, expires_on=TODAY)], True, id="its last day"),
        pytest.param(True, "consent", [Given(signed_on=TODAY - DAY, expires_on=TODAY - DAY)], False, id="expired"),
        pytest.param(True, "consent", [Given(signed_on=TODAY - DAY, revoked_at=AT)], False, id="revoked"),
        pytest.param(True, "consent", [Given(signed_on=TODAY - DAY, revoked_at=AT), HELD], True, id="and given anew"),
        pytest.param(True, "inside", [], True, id="within the clinic"),
        pytest.param(True, "patient", [], True, id="to the patient"),
        pytest.param(True, "court-order", [], True, id="by a court's order, on paper"),
    ],
)
def test_when_records_may_be_disclosed(labelled: bool, basis: Basis, consents: list[Given], expected: bool) -> None:
    assert may_disclose(labelled, basis, consents, TODAY) is expected


_GIVEN = st.builds(
    lambda signed, left, revoked: Given(
        signed_on=TODAY + signed * DAY,
        expires_on=None if left is None else TODAY + left * DAY,
        revoked_at=AT if revoked else None,
    ),
    st.integers(-5, 5),
    st.none() | st.integers(-5, 5),
    st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(_GIVEN, max_size=4))
def test_a_consent_holds_whatever_stands_beside_it_and_its_scope_goes_along(consents: list[Given]) -> None:
    found = in_force(consents, TODAY)
    alone = [one for one in consents if in_force([one], TODAY) is not None]

    assert (found in alone) if alone else (found is None)
    assert may_disclose(True, "consent", consents, TODAY) == bool(alone)
    assert notice(found).startswith(STATEMENT)
    if found is not None:
        assert str(found.signed_on) in notice(found)


def test_the_command_knows_every_basis() -> None:
    assert command._BASES == BASES


def visit(**values: object) -> Visit:
    made = Visit("v", "p", 1, AT, 30, "booked", "doctor", "recovery", "place", None)
    return msgspec.structs.replace(made, **values)


@pytest.mark.parametrize(
    ("part2", "discreet", "expected"),
    [
        pytest.param(frozenset[str](), False, ("Recovery Center", "Dr. Kim"), id="an ordinary visit"),
        pytest.param(frozenset({"recovery"}), False, ("Main Street", "Main Street"), id="its type is a program's"),
        pytest.param(frozenset[str](), True, ("Main Street", "Main Street"), id="its specialty is"),
    ],
)
def test_no_text_about_a_visit_of_a_program_names_place_or_clinician(
    part2: frozenset[str], discreet: bool, expected: tuple[str, str]
) -> None:
    by_id = {"doctor": ("provider", "Dr. Kim"), "place": ("location", "Recovery Center")}
    directory = Directory("x", by_id, {}, part2)  # type: ignore[arg-type]
    words = Words(clinic="Main Street", phone="", link="", zone=ZoneInfo("America/New_York"))

    values = words.values("Ana", visit(discreet=discreet), directory)

    assert (values["location"], values["provider"]) == expected
    assert "visit_type" not in values


def test_what_goes_out_goes_under_the_senders_name() -> None:
    named = Settings(clinic_name="Riverside Recovery", sender_name="Riverside Health")

    assert named.told_name == "Riverside Health"
    assert Settings(clinic_name="Riverside Recovery").told_name == "Riverside Recovery"
