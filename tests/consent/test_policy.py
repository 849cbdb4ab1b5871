"""May it leave now? One row a rule; then what must hold whatever is asked."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from consent import rules
from consent.asking import Wishes
from consent.facts import PHONE, ConsentState, Fact, Scope, Source, Standing, standing
from consent.policy import Allowed, Denied, Request, Wait, at_any_hour, may
from hub.types import ChannelKind, Purpose

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)
NIGHT = datetime(2026, 3, 3, 23, tzinfo=NEW_YORK)
AGO = timedelta(minutes=2)


def fact(at: datetime, state: ConsentState, source: Source, *, written: bool = False) -> Fact:
    return Fact(id=source, at=at, scope=PHONE, state=state, source=source, written=written)


AGREED = standing([fact(NOON - timedelta(days=90), ConsentState.GRANT, Source.FORM)])
SIGNED = standing([fact(NOON - timedelta(days=90), ConsentState.GRANT, Source.FORM, written=True)])
EXPIRED = standing([Fact(id="", at=NOON - AGO, scope=PHONE, state=ConsentState.GRANT, source=Source.FORM, until=NOON)])
KEPT_AWAY = standing([fact(NOON - AGO, ConsentState.REVOKE, Source.SUPPRESSION)])
MAILED = standing(
    [
        Fact(
            id="",
            at=NOON - timedelta(days=90),
            scope=Scope(channels=frozenset({ChannelKind.EMAIL})),
            state=ConsentState.GRANT,
            source=Source.FORM,
        )
    ]
)
EVENINGS = Wishes(between=(time(17), time(20)))
FEWER = Wishes(per_week=1)
STOPPED = standing([*AGREED.facts, fact(NOON - AGO, ConsentState.REVOKE, Source.STOP)])


def ask(**changes) -> Request:
    plain = {
        "purpose": Purpose.APPOINTMENT,
        "channel": ChannelKind.SMS,
        "automated": True,
        "now": NOON,
        "standing": AGREED,
        "zones": ("America/New_York",),
    }
    return Request(**{**plain, **changes})


@pytest.mark.parametrize(
    ("request_", "kind", "rule"),
    [
        pytest.param(ask(), Allowed, "consent-held", id="agreed, by day"),
        pytest.param(ask(standing=Standing()), Denied, "consent-unknown", id="nothing known"),
        pytest.param(
            ask(standing=Standing(), automated=False), Denied, "consent-unknown", id="nothing known, by staff"
        ),
        pytest.param(
            ask(standing=Standing(), replies_to=NOON - AGO, now=NOON), Allowed, "reply", id="who writes is answered"
        ),
        pytest.param(ask(replies_to=NIGHT - AGO, now=NIGHT), Allowed, "reply", id="a reply at night"),
        pytest.param(
            ask(replies_to=NIGHT - timedelta(hours=25), now=NIGHT), Wait, "quiet-hours", id="too late for a reply"
        ),
        pytest.param(ask(now=NIGHT), Wait, "quiet-hours", id="a reminder at night"),
        pytest.param(ask(now=NIGHT, automated=False), Allowed, "consent-held", id="staff may write at night"),
        pytest.param(ask(now=NOON.replace(hour=9), zones=()), Wait, "quiet-hours", id="zone unknown: all must be open"),
        pytest.param(ask(now=NOON.replace(hour=9), zones=("Nowhere/Land",)), Wait, "quiet-hours", id="zone unreadable"),
        pytest.param(ask(sent_recently=(NOON - timedelta(hours=3),)), Wait, "cap-day", id="one a day"),
        pytest.param(
            ask(sent_recently=tuple(NOON - timedelta(days=days) for days in (2, 3, 4))), Wait, "cap-week", id="3 a week"
        ),
        pytest.param(ask(purpose=Purpose.MARKETING), Denied, "marketing-needs-writing", id="marketing, only said"),
        pytest.param(ask(purpose=Purpose.MARKETING, standing=SIGNED), Allowed, "consent-held", id="marketing, signed"),
        pytest.param(
            ask(purpose=Purpose.MARKETING, standing=SIGNED, now=NOON + timedelta(days=4)),
            Wait,
            "solicitation-hours",
            id="marketing on Saturday",
        ),
        *(
            pytest.param(
                ask(purpose=Purpose.MARKETING, standing=SIGNED, now=at, states=(state,)),
                Wait,
                f"state-hours-{state.lower()}",
                id=f"marketing {when} in {state}",
            )
            for state, at, when in [
                ("CT", NOON.replace(hour=8), "before nine"),
                *((state, NOON.replace(hour=20), "after eight") for state in ("FL", "MD", "MS", "NJ", "OK")),
                ("RI", NOON.replace(hour=18), "after six"),
                ("TX", NOON.replace(day=8, hour=10), "on Sunday morning"),
            ]
        ),
        pytest.param(
            ask(purpose=Purpose.MARKETING, standing=SIGNED, now=NOON.replace(hour=18), states=("NY",)),
            Wait,
            "solicitation-hours",
            id="marketing after six where the state says nothing",
        ),
        pytest.param(
            ask(told_recently=(NOON - AGO,) * 2), Wait, "cap-day-altogether", id="two a day over all channels"
        ),
        pytest.param(
            ask(
                channel=ChannelKind.EMAIL,
                standing=MAILED,
                told_recently=tuple(NOON - timedelta(days=n) for n in range(2, 7)),
            ),
            Wait,
            "cap-week-altogether",
            id="five a week over all channels",
        ),
        pytest.param(
            ask(channel=ChannelKind.EMAIL, standing=MAILED, told_recently=(NOON - timedelta(days=2),), wishes=FEWER),
            Wait,
            "preference-fewer",
            id="who asked for fewer",
        ),
        pytest.param(ask(wishes=EVENINGS), Wait, "preference-hours", id="who wants to hear in the evening"),
        pytest.param(
            ask(wishes=EVENINGS, channel=ChannelKind.EMAIL, standing=MAILED),
            Wait,
            "preference-hours",
            id="by mail at no other hour",
        ),
        pytest.param(
            ask(wishes=Wishes(between=(time(5), time(7)))), Denied, "preference-hours-closed", id="at no lawful hour"
        ),
        pytest.param(ask(standing=EXPIRED), Denied, "consent-expired", id="agreed for a time that is over"),
        pytest.param(ask(standing=KEPT_AWAY), Denied, "suppressed", id="opted out, then disposed of"),
        pytest.param(
            ask(purpose=Purpose.MARKETING, standing=Standing(), replies_to=NOON - AGO),
            Denied,
            "marketing-needs-writing",
            id="a reply is no way round",
        ),
        pytest.param(ask(standing=STOPPED), Denied, "opted-out", id="after STOP nothing"),
        pytest.param(ask(standing=STOPPED, channel=ChannelKind.VOICE), Denied, "opted-out", id="nor a call"),
        pytest.param(ask(standing=STOPPED, automated=False), Denied, "opted-out", id="nor from staff"),
        pytest.param(ask(standing=STOPPED, replies_to=NOON), Denied, "opted-out", id="nor a reply to a later message"),
        pytest.param(ask(standing=STOPPED, confirms_stop=True), Allowed, "stop-confirmation", id="its confirmation"),
        pytest.param(
            ask(standing=STOPPED, confirms_stop=True, stop_confirmed=True),
            Denied,
            "stop-confirmation-late",
            id="only one",
        ),
        pytest.param(
            ask(standing=STOPPED, confirms_stop=True, now=NOON + timedelta(minutes=10)),
            Denied,
            "stop-confirmation-late",
            id="within five minutes",
        ),
        pytest.param(ask(confirms_stop=True), Denied, "stop-confirmation-late", id="no STOP, nothing to confirm"),
        pytest.param(
            ask(standing=STOPPED, answers_help=True, replies_to=NOON), Allowed, "help-answer", id="HELP after STOP"
        ),
        pytest.param(
            ask(standing=STOPPED, answers_help=True, replies_to=NOON - 2 * AGO),
            Denied,
            "opted-out",
            id="HELP before STOP",
        ),
        pytest.param(
            ask(standing=STOPPED, purpose=Purpose.EMERGENCY, safety=True, replies_to=NOON),
            Allowed,
            "safety-reply",
            id="an emergency text after STOP",
        ),
        pytest.param(
            ask(standing=STOPPED, purpose=Purpose.EMERGENCY, safety=True, replies_to=NOON - AGO),
            Allowed,
            "safety-reply",
            id="an emergency text that is the STOP",
        ),
        pytest.param(
            ask(standing=STOPPED, purpose=Purpose.EMERGENCY, safety=True, replies_to=NOON - 2 * AGO),
            Denied,
            "opted-out",
            id="an emergency text before STOP",
        ),
        pytest.param(
            ask(standing=STOPPED, safety=True, replies_to=NOON), Denied, "opted-out", id="safety in name only"
        ),
        pytest.param(
            ask(standing=Standing(), purpose=Purpose.EMERGENCY, now=NIGHT), Allowed, "emergency-purpose", id="safety"
        ),
        pytest.param(ask(address_state="invalid"), Denied, "address-invalid", id="a dead number"),
        pytest.param(
            ask(address_state="suspended", replies_to=NOON - AGO), Denied, "address-suspended", id="a stranger's number"
        ),
        pytest.param(
            ask(address_state="deceased", replies_to=NOON - AGO), Denied, "address-deceased", id="of one who has died"
        ),
        pytest.param(ask(restricted=True, replies_to=NOON - AGO), Denied, "restricted", id="of one who is restricted"),
        pytest.param(ask(restricted=True, automated=False), Allowed, "consent-held", id="to them, by hand"),
        pytest.param(
            ask(restricted=True, purpose=Purpose.EMERGENCY),
            Allowed,
            "emergency-purpose",
            id="safe",
        ),
        pytest.param(
            ask(standing=Standing(), channel=ChannelKind.PORTAL, now=NIGHT), Allowed, "consent-held", id="the portal"
        ),
        pytest.param(ask(standing=Standing(), channel=ChannelKind.EMAIL), Denied, "consent-unknown", id="mail unasked"),
    ],
)
def test_a_verdict_names_its_rule(request_, kind, rule):
    verdict = may(request_)

    assert isinstance(verdict, kind)
    assert verdict.rule.id == rule
    assert verdict.rule.source
    assert verdict.reason.endswith(".")


def test_every_rule_decides_some_row_and_has_a_citation():
    rows = test_a_verdict_names_its_rule.pytestmark[0].args[1]
    decided = {row.values[2] for row in rows}

    # `state-hours` is the sentence that the rules of the states share; `catch-up` is the outbox's.
    assert decided | {"state-hours", "catch-up"} == set(rules.load().rules)
    assert all(rule.source and rule.version.startswith("2026.") for rule in rules.load().rules.values())


def test_the_reason_of_an_opt_out_says_what_and_how_in_plain_words():
    reason = may(ask(standing=STOPPED)).reason

    assert reason == "This address opted out of texts and calls by STOP or in their own words."


def test_a_cap_that_ends_at_night_waits_for_the_morning():
    verdict = may(ask(sent_recently=(NIGHT - timedelta(days=1),), now=NOON))

    assert isinstance(verdict, Wait)
    assert verdict.until == datetime(2026, 3, 4, 8, tzinfo=NEW_YORK)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        ask(now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_what_a_person_asked_for_is_said_in_the_reason():
    assert may(ask(wishes=EVENINGS)).reason == "The person asked to hear of this only between 17:00 and 20:00."
    fewer = may(ask(told_recently=(NOON - timedelta(days=2),), wishes=FEWER))
    assert fewer.reason == "The person asked for fewer messages: at most 1 a week."
    assert fewer.until == (NOON - timedelta(days=2)).astimezone(UTC) + timedelta(days=7)


def test_what_waits_for_one_opening_is_spread_over_its_beginning():
    opens = [may(ask(now=NIGHT, share=share / 4)).until for share in range(4)]

    assert opens == [datetime(2026, 3, 4, 8, minute, tzinfo=NEW_YORK) for minute in (0, 15, 30, 45)]


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001
facts = st.builds(fact, moments, st.sampled_from(ConsentState), st.sampled_from(Source), written=st.booleans())
zones = st.lists(
    st.sampled_from(["America/New_York", "Pacific/Honolulu", "America/Chicago", "Asia/Kathmandu", "", "No/Where"]),
    max_size=3,
).map(tuple)
requests = st.builds(
    Request,
    purpose=st.sampled_from(Purpose),
    channel=st.sampled_from(ChannelKind),
    automated=st.booleans(),
    now=moments,
    standing=st.lists(facts, max_size=4).map(standing),
    replies_to=st.none() | moments,
    zones=zones,
    states=st.lists(st.sampled_from(["TX", "RI", "NY", "??"]), max_size=2).map(tuple),
    address_state=st.sampled_from(["ok", "invalid", "suspended"]),
    sent_recently=st.lists(moments, max_size=4).map(tuple),
    told_recently=st.lists(moments, max_size=6).map(tuple),
    wishes=st.builds(
        Wishes,
        between=st.sampled_from([None, (time(17), time(20)), (time(5), time(7))]),
        per_week=st.none() | st.just(1),
    ),
    share=st.floats(0, 1, exclude_max=True),
    confirms_stop=st.booleans(),
    stop_confirmed=st.booleans(),
    answers_help=st.booleans(),
    safety=st.booleans(),
)


@given(requests)
def test_every_request_gets_a_verdict_with_a_reason_and_a_wait_that_lies_ahead(request_):
    verdict = may(request_)

    assert verdict.reason
    assert verdict.rule == rules.load().rules[verdict.rule.id]
    if isinstance(verdict, Wait):
        assert verdict.until > request_.now
        assert verdict.until.utcoffset() == timedelta(0)


@given(requests)
def test_after_stop_nothing_leaves_but_the_named_exceptions(request_):
    """DESIGN invariant 3."""
    revoked = request_.standing.of(request_.channel, request_.purpose).state is ConsentState.REVOKE

    verdict = may(request_)

    if revoked and isinstance(verdict, Allowed):
        assert verdict.rule.id in {"stop-confirmation", "help-answer", "safety-reply"}


@given(requests)
def test_of_what_may_leave_at_any_hour_nobody_need_know_where_the_person_is(request_):
    if at_any_hour(request_.purpose, request_.replies_to, request_.now):
        assert may(structs.replace(request_, zones=(), states=())) == may(request_)


@given(requests)
def test_nothing_automated_that_the_clinic_starts_leaves_outside_the_hours(request_):
    verdict = may(request_)

    if (
        isinstance(verdict, Allowed)
        and verdict.rule.id == "consent-held"
        and request_.automated
        and request_.channel in rules.load().quiet_channels
        and request_.zones == ("America/New_York",)
    ):
        assert 8 <= request_.now.astimezone(NEW_YORK).hour < 20
