"""What may be agreed to, the words for it, and the order of channels: all that is decided without a database."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.facts import ConsentState, Fact, Scope, Source, standing
from hub.people.preferences import Preference, Preferences
from hub.portal.agreeing import AGREEMENTS, NOTICES, OFFERS, Agreement, shown, texts
from hub.portal.preferences import PURPOSES, merged, moved_up, ordered
from hub.types import ChannelKind, Purpose

SMS, EMAIL, VOICE, PORTAL = ChannelKind.SMS, ChannelKind.EMAIL, ChannelKind.VOICE, ChannelKind.PORTAL
KINDS = st.lists(st.sampled_from(list(ChannelKind)), unique=True)
EVERY = [*AGREEMENTS, NOTICES.name]


def fact(state: ConsentState, scope: Scope, day: int = 1, **values: Any) -> Fact:
    return Fact(
        id=str(day), at=datetime(2026, 3, day, tzinfo=UTC), scope=scope, state=state, source=Source.PORTAL, **values
    )


def test_every_agreement_is_in_both_languages_with_the_same_version_and_values() -> None:
    en, es = texts("en"), texts("es")

    assert set(en) == set(es) == set(EVERY)
    for name in EVERY:
        assert en[name]["version"] == es[name]["version"] >= 1
        asked = [sorted(set(re.findall(r"\{(\w+)\}", one[name]["ask"]))) for one in (en, es)]
        assert asked[0] == asked[1]
        assert set(asked[0]) <= {"clinic", "address"}
        assert all(not re.search(r"\{|\}", one[name][part]) for one in (en, es) for part in ("title", "yes", "no"))


# A word of a text cannot change without its version: what the ledger names by number must stay what it was.
AS_RELEASED = {
    ("texts", 1): "f21cfc3d22c8b5a3",
    ("calls", 1): "df15eff129f41760",
    ("mail", 1): "f3a5ca8ea07a0278",
    ("whole_mail", 1): "c68d4afb1bbaf660",
    ("offers_text", 1): "27c97fc09aff842d",
    ("offers_mail", 1): "c86a7914cbd99c30",
    ("notices", 1): "1b8931c39f7d2f37",
}


@pytest.mark.parametrize("name", EVERY)
def test_a_text_that_changes_has_a_new_version(name: str) -> None:
    said = [(one["version"], one["title"], one["ask"], one["yes"]) for one in (texts("en")[name], texts("es")[name])]

    assert AS_RELEASED[name, said[0][0]] == hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def test_what_was_shown_is_known_by_its_very_words() -> None:
    said = shown("texts", "es", "Clínica Arce", "(202) 555-0112")

    assert "Clínica Arce" in said.words
    assert "(202) 555-0112" in said.words
    assert said.evidence["sha256"] == hashlib.sha256(said.words.encode()).hexdigest()
    assert said.reference == f"texts/1/es/{said.hash[:16]}"
    assert len(shown("whole_mail", "en", "C").reference) <= 96
    assert shown("texts", "es", "Clínica Arce", "(202) 555-0113").hash != said.hash


def test_only_a_signed_grant_of_the_whole_scope_holds() -> None:
    texts_, offers = AGREEMENTS["texts"], AGREEMENTS["offers_text"]

    assert not texts_.holds(standing(()))
    assert texts_.holds(standing((fact(ConsentState.GRANT, texts_.given),)))
    surveys = Scope(channels=frozenset({SMS}), purposes=frozenset({Purpose.SURVEY}))
    assert not texts_.holds(standing((fact(ConsentState.GRANT, texts_.given), fact(ConsentState.REVOKE, surveys, 2))))
    assert not offers.holds(standing((fact(ConsentState.GRANT, Scope(channels=frozenset({SMS}))),)))
    assert offers.holds(standing((fact(ConsentState.GRANT, offers.given, written=True),)))


@pytest.mark.parametrize("agreement", [*AGREEMENTS.values(), NOTICES], ids=lambda one: one.name)
def test_what_is_given_can_be_taken_back_and_given_again(agreement: Agreement) -> None:
    given_ = fact(ConsentState.GRANT, agreement.given, 1, written=True)
    back = fact(ConsentState.REVOKE, agreement.withdrawn, 2)
    again = fact(ConsentState.GRANT, agreement.given, 3, written=True)

    held = [agreement.holds(standing(facts)) for facts in ((given_,), (given_, back), (given_, back, again))]

    assert held == [True, False, True]
    others = standing((given_, back)).of(agreement.channel, Purpose.CARE).state
    assert (others is ConsentState.REVOKE) is (agreement.purposes != OFFERS)


def test_channels_are_shown_in_the_order_in_which_they_are_tried() -> None:
    preferences = Preferences(default=EMAIL, by_purpose={Purpose.CARE: Preference(order=(VOICE, EMAIL))})

    assert ordered(preferences, Purpose.CARE, {SMS, EMAIL, PORTAL}) == [EMAIL, SMS, PORTAL]
    assert ordered(preferences, Purpose.CARE, {SMS, EMAIL, VOICE}) == [VOICE, EMAIL, SMS]
    assert ordered(preferences, Purpose.SURVEY, {SMS, EMAIL}) == [EMAIL, SMS]
    assert Purpose.EMERGENCY not in PURPOSES


@settings(max_examples=30)
@given(KINDS, st.sampled_from([*ChannelKind, ""]))
def test_moving_up_loses_no_channel(order: list[ChannelKind], channel: str) -> None:
    moved = moved_up(order, channel)

    assert sorted(moved) == sorted(order)
    if channel in order[1:]:
        assert moved.index(ChannelKind(channel)) == order.index(ChannelKind(channel)) - 1
    else:
        assert moved == order


@settings(max_examples=30)
@given(KINDS, KINDS, KINDS, KINDS)
def test_what_is_not_there_keeps_its_place_and_its_switch(
    kept: list[ChannelKind], off: list[ChannelKind], there: list[ChannelKind], now_off: list[ChannelKind]
) -> None:
    off_there = [one for one in now_off if one in there]

    wanted = merged(Preference(order=tuple(kept), off=frozenset(off)), there, there, off_there)

    assert list(wanted.order) == [*there, *(one for one in kept if one not in there)]
    assert {one for one in wanted.off if one in there} == set(off_there)
    assert {one for one in wanted.off if one not in there} == {one for one in off if one not in there}
