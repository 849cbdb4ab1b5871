"""The invented people and places."""

import re

from hub.demo.clinic import PATIENTS, PHONES, PROVIDERS, STRANGER


def test_every_number_is_in_the_range_kept_for_invented_ones() -> None:
    numbers = {phone.number for phone in PHONES}

    assert all(re.fullmatch(r"\+120255501\d\d", number) for number in numbers)


def test_there_are_english_and_spanish_speakers() -> None:
    assert {one.language for one in PATIENTS} == {"en", "es"}


def test_exactly_one_number_is_shared_by_a_mother_and_a_child() -> None:
    shared = [phone for phone in PHONES if sum(one.phone == phone.number for one in PATIENTS) > 1]

    assert [phone.label for phone in shared] == ["Dana and Noah"]


def test_the_strangers_number_belongs_to_nobody() -> None:
    assert STRANGER in PHONES
    assert STRANGER.number not in {one.phone for one in PATIENTS}


def test_keys_and_record_numbers_are_unique() -> None:
    assert len({one.key for one in PATIENTS}) == len({one.mrn for one in PATIENTS}) == len(PATIENTS)
    assert len({phone.key for phone in PHONES}) == len(PHONES)


def test_the_clinic_has_the_clinicians_that_people_ask_for() -> None:
    assert {"Family medicine", "Dentistry", "Dermatology", "Pediatrics"} <= {one.specialty for one in PROVIDERS}
    assert len({one.location for one in PROVIDERS}) == 2
