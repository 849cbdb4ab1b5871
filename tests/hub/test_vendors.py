"""The register of business associates: which channel may carry what, and what follows when none is on file."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.portal import PortalChannel
from channels.sms import SmsChannel
from hub.cli import vendors as command
from hub.errors import InputError
from hub.settings import Secret, Settings
from hub.types import ChannelKind
from hub.vendors import SERVICES, Enforcing, NewVendor, Standing, Vendor, carries, done_outside, standing, told
from hub.vendors.agreements import Agreement, checked
from templates import shipped

TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def vendor(agreement: Agreement = "signed", **values: Any) -> Vendor:
    given: dict[str, Any] = {
        "id": "v",
        "name": "Example Texts",
        "services": ("sms",),
        "signed_on": TODAY if agreement == "signed" else None,
        "expires_on": None,
        "document": "safe 4",
        "subcontractors": "",
        "notes": "",
        "by": "system:cli",
        "at": AT,
        "ended_at": None,
        "ended_why": "",
    }
    return Vendor(agreement=agreement, **(given | values))


@pytest.mark.parametrize(
    ("vendors", "expected", "auto", "strict"),
    [
        pytest.param([], Standing.MISSING, False, False, id="nobody recorded"),
        pytest.param([vendor()], Standing.SIGNED, True, True, id="signed"),
        pytest.param([vendor(services=("email",))], Standing.MISSING, False, False, id="signed, for something else"),
        pytest.param([vendor("none")], Standing.NONE, False, False, id="known to have none"),
        pytest.param([vendor("own")], Standing.OWN, True, True, id="the clinic's own"),
        pytest.param([vendor("unrecorded")], Standing.UNRECORDED, True, False, id="in use before the register"),
        pytest.param([vendor(expires_on=TODAY)], Standing.ENDING, True, True, id="its last day"),
        pytest.param(
            [vendor(signed_on=TODAY - 9 * DAY, expires_on=TODAY - DAY)], Standing.EXPIRED, False, False, id="expired"
        ),
        pytest.param([vendor(expires_on=TODAY + 61 * DAY)], Standing.SIGNED, True, True, id="ends later"),
        pytest.param([vendor(signed_on=TODAY + DAY)], Standing.NONE, False, False, id="not in force yet"),
        pytest.param([vendor(ended_at=AT)], Standing.MISSING, False, False, id="ended"),
        pytest.param([vendor(), vendor("none")], Standing.NONE, False, False, id="of two one has none"),
        pytest.param([vendor(), vendor("none", ended_at=AT)], Standing.SIGNED, True, True, id="the other was ended"),
    ],
)
def test_what_the_entries_come_to(vendors: list[Vendor], expected: Standing, auto: bool, strict: bool) -> None:
    found = standing(vendors, "sms", TODAY)

    assert found is expected
    assert carries(found, "auto") is auto
    assert carries(found, "yes") is strict
    assert carries(found, "no"), "switched off, nothing is barred"


_ENTRIES = st.builds(
    lambda agreement, services, signed, left, ended: vendor(
        agreement,
        services=tuple(services),
        signed_on=TODAY - signed * DAY if agreement == "signed" else None,
        expires_on=TODAY + left * DAY if agreement == "signed" and left is not None else None,
        ended_at=AT if ended else None,
    ),
    st.sampled_from(get_args(Agreement)),
    st.sets(st.sampled_from(("sms", "email")), min_size=1),
    st.integers(-2, 400),
    st.none() | st.integers(-100, 100),
    st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(_ENTRIES, max_size=4), _ENTRIES, st.sampled_from(get_args(Enforcing)))
def test_a_further_vendor_of_a_service_never_opens_what_another_one_closes(
    vendors: list[Vendor], more: Vendor, enforcing: Enforcing
) -> None:
    """And only a paper that was signed, the clinic itself, or the switch lets a service carry; order is nothing."""
    before, after = standing(vendors, "sms", TODAY), standing([*vendors, more], "sms", TODAY)

    assert standing(reversed([*vendors, more]), "sms", TODAY) is after
    if before is not Standing.MISSING and not carries(before, enforcing):
        assert not carries(after, enforcing)
    if enforcing == "yes" and carries(after, enforcing):
        live = [one for one in (*vendors, more) if one.ended_at is None and "sms" in one.services]
        assert live
        assert all(one.agreement in ("signed", "own") for one in live)
        assert all(one.expires_on is None or one.expires_on >= TODAY for one in live)


def new(**values: Any) -> NewVendor:
    given: dict[str, Any] = {"name": " Example  Texts ", "services": ("voice", "sms"), "agreement": "signed"}
    return NewVendor(**(given | {"signed_on": TODAY, "document": "safe 4"} | values))


def test_what_is_recorded_is_put_in_order() -> None:
    found = checked(new(), TODAY)

    assert (found.name, found.services) == ("Example Texts", ("sms", "voice"))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"name": " "}, id="no name"),
        pytest.param({"services": ("fax",)}, id="no service that there is"),
        pytest.param({"signed_on": None}, id="signed on no day"),
        pytest.param({"document": " "}, id="no paper"),
        pytest.param({"signed_on": TODAY + DAY}, id="signed tomorrow"),
        pytest.param({"expires_on": TODAY - DAY}, id="ended before it was signed"),
        pytest.param({"agreement": "none"}, id="none, with a day"),
        pytest.param({"agreement": "own", "signed_on": None}, id="own, but where?"),
        pytest.param({"notes": "x" * 1001}, id="too long"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        checked(new(**values), TODAY)


@pytest.mark.parametrize("found", list(Standing))
@pytest.mark.parametrize("enforcing", get_args(Enforcing))
def test_the_doctor_calls_wrong_what_has_no_agreement(found: Standing, enforcing: Enforcing) -> None:
    state, _, words = told("sms", "api.example.org", found, enforcing)

    assert (state == "wrong") == (found in (Standing.EXPIRED, Standing.NONE, Standing.MISSING))
    assert ("carries links alone" in words) == (not carries(found, enforcing))


def test_what_answers_on_this_machine_is_nobody_elses() -> None:
    account = {"twilio_account_sid": "AC1", "twilio_auth_token": Secret("t"), "sms_from": "+12025550100"}
    ours = Settings(**account, twilio_api_url="http://127.0.0.1:9999")  # type: ignore[arg-type]
    real = Settings(**account, scheduling="fhir:https://ehr.example.org/r4")  # type: ignore[arg-type]
    portal = {ChannelKind.PORTAL: PortalChannel()}

    assert done_outside(ours, portal | {ChannelKind.SMS: SmsChannel.from_settings(ours)}) == {}  # type: ignore[dict-item]
    found = done_outside(real, portal | {ChannelKind.SMS: SmsChannel.from_settings(real)})  # type: ignore[dict-item]
    assert found == {"sms": "api.twilio.com", "ehr": "ehr.example.org"}


def test_the_command_knows_every_service() -> None:
    (option,) = (one for one in command.record.params if one.name == "services")

    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == SERVICES


def test_what_the_hub_answers_by_itself_reveals_nothing_and_so_leaves_by_any_way() -> None:
    """Emergencies, STOP, HELP, codes, wishes: `hub.reception.plans` says so of all of them."""
    fixed = [one for one in shipped() if one.key.partition(".")[0] in ("safety", "consent", "verify", "preference")]
    more = [one for one in shipped() if one.key in ("inbox.handed_over", "inbox.rated", "inbox.secure_message")]

    assert len(fixed) > 20
    assert len(more) == 6
    assert {one.level for one in (*fixed, *more)} == {"none"}
