"""The figures of law and product, as they stand in the file, each beside its source."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent import rules, whereabouts
from consent.facts import PHONE_CHANNELS
from hub.types import ChannelKind, Purpose

US = rules.load("us-2026")


@pytest.mark.parametrize(
    ("found", "figure"),
    [
        pytest.param(US.federal.days, ((time(8), time(21)),) * 7, id="47 CFR 64.1200(c)(1): 08-21"),
        pytest.param(US.transactional.days, ((time(8), time(20)),) * 7, id="product: transactional 08-20"),
        pytest.param(US.solicitation.days, ((time(9), time(18)),) * 5 + (None, None), id="product: marketing Mon-Fri"),
        pytest.param(US.stop_confirmation, timedelta(minutes=5), id="47 CFR 64.1200(a)(12): five minutes"),
        pytest.param((US.per_day, US.per_week), (1, 3), id="47 CFR 64.1200(a)(9)(iv): 1 a day, 3 a week"),
        pytest.param(US.capped, PHONE_CHANNELS, id="47 CFR 64.1200(a)(9)(iv): calls and texts together"),
        pytest.param(US.written, frozenset({Purpose.MARKETING}), id="47 CFR 64.1200(a)(2): marketing in writing"),
        pytest.param(US.states["TX"].days[6], (time(12), time(21)), id="TX: Sunday 12-21"),
        pytest.param(US.states["RI"].days[5], (time(10), time(17)), id="RI: weekend 10-17"),
        pytest.param(US.states["TX"].days[:6], ((time(9), time(21)),) * 6, id="TX: Monday to Saturday 9-21"),
        pytest.param(US.states["RI"].days[:5], ((time(9), time(18)),) * 5, id="RI: working days 9-18"),
        pytest.param(US.states["CT"].days, ((time(9), time(20)),) * 7, id="CT: 9-20"),
        *(
            pytest.param(US.states[state].days, ((time(8), time(20)),) * 7, id=f"{state}: 8-20")
            for state in ("FL", "MD", "MS", "NJ", "OK")
        ),
        pytest.param(US.altogether, (2, 5), id="product: 2 a day, 5 a week over all channels"),
        pytest.param(US.told, frozenset(ChannelKind) - {ChannelKind.PORTAL}, id="product: all channels that disturb"),
        pytest.param(US.exempt, frozenset({Purpose.EMERGENCY}), id="47 CFR 64.1200(a)(1): emergencies"),
        pytest.param(US.spread, timedelta(hours=1), id="product: an opening is spread over an hour"),
        pytest.param(US.reply, timedelta(hours=24), id="product: replies within a day"),
        pytest.param(US.stop_mode, "number", id="product: STOP means the number"),
    ],
)
def test_a_figure_stands_as_its_source_says(found, figure):
    assert found == figure


@pytest.mark.parametrize("states", [(), ("NY",), *((one,) for one in US.states), ("TX", "RI")])
def test_marketing_hours_are_open_within_every_states_own(states):
    hours = US.hours(Purpose.MARKETING, states)

    noon = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - a wall time
    assert hours.open_at(noon)
    assert all(span is None or (span[0] >= time(9) and span[1] <= time(18)) for span in hours.days)


def test_a_file_that_lacks_a_figure_is_refused():
    with pytest.raises(KeyError):
        rules.parse('version = "1"\nrule = []\n')


def test_every_zone_is_one_and_every_state_lies_somewhere():
    assert len(US.places) >= 51
    assert all(ZoneInfo(zone) for zones in US.places.values() for zone in (*zones, *US.unknown_zones))
    assert set(US.states) <= set(US.places)
    assert set(whereabouts._area_codes().values()) <= set(US.places)
