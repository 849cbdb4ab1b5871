"""What holds for any person, zone, date, history and rules: in hours, under the caps, and every hold ends."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from consent import rules, whereabouts
from consent.asking import Request, Wishes
from consent.facts import ConsentState, Fact, Scope, Source, standing
from consent.policy import Allowed, Denied, Wait, may
from consent.quiet_hours import Hours
from consent.timing import zones_of
from hub.types import ChannelKind, Purpose

BOOK = rules.load()
DAY, WEEK = timedelta(days=1), timedelta(days=7)
EVERYTHING = Scope(channels=frozenset(ChannelKind))
START = datetime(2026, 1, 1, tzinfo=UTC)
# Days on which clocks change somewhere, the last day of February in a leap year, and any other.
CHANGES = [datetime(2026, 3, 8), datetime(2026, 11, 1), datetime(2027, 4, 4), datetime(2028, 2, 29)]  # noqa: DTZ001
moments = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001
    st.builds(lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-720, 2160)),
).map(lambda one: one.replace(tzinfo=UTC))
histories = st.lists(st.integers(0, 8 * 24 * 60), max_size=9)
agreed = st.builds(
    lambda at, source: standing(
        [Fact(id="", at=at, scope=EVERYTHING, state=ConsentState.GRANT, source=source, written=True)]
    ),
    st.just(START - WEEK),
    st.sampled_from([Source.FORM, Source.PORTAL, Source.START]),
)
people = st.builds(
    whereabouts.place,
    zone=st.sampled_from(
        [None, None, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]
    ),
    state=st.sampled_from([None, None, "TX", "TN", "RI", "NY"]),
    number=st.sampled_from(["+14155550100", "+18005550100", "+19155550100", "+17095550100", "+17875550100"]),
    clinic_state=st.sampled_from(["", "IL", "CT"]),
)
spans = st.integers(0, 22).flatmap(lambda one: st.tuples(st.just(time(one)), st.integers(one + 1, 23).map(time)))
books = st.builds(
    lambda day, week, told, opens, spread: replace(
        BOOK,
        per_day=day,
        per_week=max(day, week),
        altogether=told,
        transactional=Hours((opens,) * 7).within(BOOK.federal),
        spread=timedelta(minutes=spread),
    ),
    st.integers(1, 3),
    st.integers(1, 5),
    st.sampled_from([(1, 1), (2, 5), (4, 9)]),
    st.sampled_from([(time(8), time(20)), (time(9, 30), time(17, 45)), (time(11), time(19))]),
    st.integers(0, 180),
)
wishes = st.builds(Wishes, between=st.none() | spans, per_week=st.none() | st.integers(1, 3))


@settings(max_examples=200)
@given(
    begun=moments,
    where=people,
    known=agreed,
    book=books,
    purpose=st.sampled_from([one for one in Purpose if one is not Purpose.EMERGENCY]),
    channel=st.sampled_from([ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.PUSH, ChannelKind.EMAIL]),
    texts=histories,
    told=histories,
    asked=wishes,
    share=st.floats(0, 1, exclude_max=True),
)
def test_no_automated_send_falls_outside_the_hours_or_over_a_cap_and_every_hold_ends(
    begun, where, known, book, purpose, channel, texts, told, asked, share
):
    """DESIGN invariant 3; the rules of quiet hours, caps and preferences."""
    before = [begun - timedelta(minutes=ago) for ago in texts]
    all_before = before + [begun - timedelta(minutes=ago) for ago in told]

    now, verdict = begun, None
    for _ in range(12):
        verdict = may(
            Request(
                purpose=purpose,
                channel=channel,
                automated=True,
                now=now,
                standing=known,
                zones=where.zones,
                states=where.states,
                sent_recently=tuple(before),
                told_recently=tuple(all_before),
                wishes=asked,
                share=share,
            ),
            book,
        )
        if not isinstance(verdict, Wait):
            break
        assert now < verdict.until <= now + WEEK + timedelta(days=9)
        now = verdict.until

    if isinstance(verdict, Denied):
        assert verdict.rule.id == "preference-hours-closed"
        return
    assert isinstance(verdict, Allowed), "a hold that never ended"
    places = [now.astimezone(zone) for zone in zones_of(where.zones, book)]
    if channel in book.quiet_channels:
        hours = book.hours(purpose, where.states)
        assert all(hours.open_at(local) for local in places)
        assert all(8 <= local.hour < 21 for local in places)
    if asked.between is not None and len(places) == 1:
        assert all(asked.between[0] <= local.time() < asked.between[1] for local in places)
    if channel in book.capped:
        assert sum(now - DAY < one for one in before) < book.per_day
        assert sum(now - WEEK < one for one in before) < book.per_week
    assert sum(now - DAY < one for one in all_before) < book.altogether[0]
    assert sum(now - WEEK < one for one in all_before) < min(book.altogether[1], asked.per_week or 99)


@given(st.sampled_from(sorted(BOOK.places)), st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")]), moments)
def test_wherever_in_a_state_somebody_is_it_is_within_its_hours(state, zone, now):
    where = whereabouts.place(zone=None, state=state, number=None)
    verdict = may(
        Request(
            purpose=Purpose.APPOINTMENT,
            channel=ChannelKind.SMS,
            automated=True,
            now=now.astimezone(zone),
            standing=standing([Fact(id="", at=START, scope=EVERYTHING, state=ConsentState.GRANT, source=Source.FORM)]),
            zones=where.zones,
            states=where.states,
        )
    )

    moment = verdict.until if isinstance(verdict, Wait) else now
    assert all(8 <= moment.astimezone(ZoneInfo(name)).hour < 20 for name in BOOK.places[state])
