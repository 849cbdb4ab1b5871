"""What a ledger's facts amount to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.facts import PHONE, ConsentState, Fact, Scope, Source, narrowed, standing
from hub.types import ChannelKind, Purpose

DAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
SURVEYS = Scope(channels=PHONE.channels, purposes=frozenset({Purpose.SURVEY}))
MAIL = Scope(channels=frozenset({ChannelKind.EMAIL}))


def fact(day: int, state: ConsentState, source: Source, scope: Scope = PHONE, *, written: bool = False) -> Fact:
    return Fact(id=f"{day:03}", at=DAY + timedelta(days=day), scope=scope, state=state, source=source, written=written)


GRANT = fact(0, ConsentState.GRANT, Source.FORM, written=True)
STOP = fact(1, ConsentState.REVOKE, Source.STOP)
START = fact(2, ConsentState.GRANT, Source.START)


def state(*facts: Fact, channel: ChannelKind = ChannelKind.SMS, purpose: Purpose = Purpose.CARE) -> ConsentState | None:
    return standing(facts).of(channel, purpose).state


def test_nothing_said_is_nothing_known():
    assert state() is None


def test_stop_on_a_phone_ends_texts_and_calls_of_every_purpose():
    for channel in PHONE.channels:
        for purpose in Purpose:
            assert state(GRANT, STOP, channel=channel, purpose=purpose) is ConsentState.REVOKE


def test_stop_on_a_phone_leaves_mail_alone():
    mail = fact(0, ConsentState.GRANT, Source.FORM, MAIL)

    assert state(mail, STOP, channel=ChannelKind.EMAIL) is ConsentState.GRANT


def test_start_brings_back_what_held_before():
    holding = standing([GRANT, STOP, START]).of(ChannelKind.SMS, Purpose.MARKETING)

    assert holding.state is ConsentState.GRANT
    assert holding.written


def test_start_undoes_a_stop_that_was_said_twice():
    assert state(STOP, fact(1, ConsentState.REVOKE, Source.PROVIDER), START) is ConsentState.GRANT


def test_start_leaves_a_narrower_revocation():
    narrow = fact(0, ConsentState.REVOKE, Source.STOP, SURVEYS)

    assert state(narrow, STOP, START, purpose=Purpose.SURVEY) is ConsentState.REVOKE
    assert state(narrow, STOP, START, purpose=Purpose.CARE) is ConsentState.GRANT


@pytest.mark.parametrize("source", [one for one in Source if one is not Source.START])
def test_nothing_but_start_lifts_a_stop_on_a_phone(source):
    assert state(GRANT, STOP, fact(9, ConsentState.GRANT, source, written=True)) is ConsentState.REVOKE


@pytest.mark.parametrize(
    ("by", "again", "lifts"),
    [
        (Source.PORTAL, Source.PORTAL, True),
        (Source.PORTAL, Source.FORM, True),
        (Source.PORTAL, Source.START, True),
        (Source.PORTAL, Source.IMPORT, False),
        (Source.PORTAL, Source.API, False),
        (Source.PORTAL, Source.STAFF, False),
        (Source.STOP, Source.PORTAL, False),
        (Source.PROVIDER, Source.PORTAL, False),
        (Source.STAFF, Source.PORTAL, False),
    ],
)
def test_texts_switched_off_in_the_portal_are_switched_on_by_the_person_alone(by, again, lifts):
    off = fact(1, ConsentState.REVOKE, by, Scope(channels=frozenset({ChannelKind.SMS})))
    on = fact(2, ConsentState.GRANT, again)

    assert (state(GRANT, off, on) is ConsentState.GRANT) is lifts


def test_start_leaves_what_was_switched_off_in_the_portal_for_some_purposes():
    surveys = fact(0, ConsentState.REVOKE, Source.PORTAL, SURVEYS)

    assert state(surveys, START, purpose=Purpose.SURVEY) is ConsentState.REVOKE
    assert state(surveys, STOP, START) is ConsentState.GRANT


def test_a_text_of_start_leaves_calls_that_were_switched_off_in_the_portal():
    calls = fact(0, ConsentState.REVOKE, Source.PORTAL, Scope(channels=frozenset({ChannelKind.VOICE})))

    assert state(calls, STOP, START, channel=ChannelKind.VOICE) is ConsentState.REVOKE
    assert state(calls, STOP, START) is ConsentState.GRANT


@pytest.mark.parametrize(
    ("source", "lifts"),
    [(Source.FORM, True), (Source.PORTAL, True), (Source.IMPORT, False), (Source.API, False), (Source.STAFF, False)],
)
def test_mail_is_given_back_by_the_persons_own_hand_only(source, lifts):
    stop = fact(1, ConsentState.REVOKE, Source.LINK, MAIL)
    again = fact(2, ConsentState.GRANT, source, MAIL)

    assert (state(stop, again, channel=ChannelKind.EMAIL) is ConsentState.GRANT) is lifts


def test_the_deciding_fact_is_named():
    assert standing([GRANT, STOP]).of(ChannelKind.SMS, Purpose.CARE).decided_by == STOP


def test_category_mode_narrows_a_bare_stop_and_number_mode_does_not():
    assert narrowed(PHONE, "number", Purpose.SURVEY) == PHONE
    assert narrowed(PHONE, "category", Purpose.SURVEY) == SURVEYS
    assert narrowed(PHONE, "category", None) == PHONE


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        Fact(id="1", at=datetime(2026, 1, 1), scope=PHONE, state=ConsentState.GRANT, source=Source.FORM)  # noqa: DTZ001


facts = st.builds(
    fact,
    st.integers(0, 30),
    st.sampled_from(ConsentState),
    st.sampled_from(Source),
    st.sampled_from([PHONE, SURVEYS, MAIL]),
    written=st.booleans(),
)


@given(st.lists(facts, max_size=8))
def test_a_last_stop_always_holds(given_facts):
    last = fact(99, ConsentState.REVOKE, Source.STOP)

    assert all(state(*given_facts, last, purpose=purpose) is ConsentState.REVOKE for purpose in Purpose)


@given(st.lists(facts, max_size=8, unique_by=lambda one: one.id), st.randoms())
def test_the_order_of_the_facts_does_not_matter(given_facts, random):
    shuffled = list(given_facts)
    random.shuffle(shuffled)

    assert standing(shuffled) == standing(given_facts)
