"""Why a message is held or did not arrive, as the inbox says it in a language that is not the hub's own."""

from consent import rules
from hub.api.reasons import OURS
from hub.choice.deciding import CONTENT_LEVEL, NO_AGREEMENT, SWITCHED_OFF
from hub.desk.ways import AS_LINK, NO_ADDRESS
from hub.staff.inbox.page import said


def test_every_reason_of_the_hubs_has_a_sentence_in_spanish() -> None:
    whys = {key.removeprefix("why_"): text for key, text in said("es").items() if key.startswith("why_")}

    of_ways = {code for _, code in (SWITCHED_OFF, CONTENT_LEVEL, NO_AGREEMENT, AS_LINK, *NO_ADDRESS.values())}
    assert whys.keys() == OURS.keys() | rules.load().plain.keys() | of_ways | {"no-address"}
    assert all(str(text).endswith(".") and "{" not in str(text) for text in whys.values())


def test_in_english_the_hub_says_it_itself() -> None:
    assert not [key for key in said("en") if key.startswith("why_")]
