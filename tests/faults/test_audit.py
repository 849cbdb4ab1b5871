"""No event of a committed action is missing from the audit, and none is there of one that was undone."""

from pathlib import Path

import pytest

from hub.crypto import Keyring
from hub.settings import Settings
from tests.faults import audit


async def test_writers_of_which_one_is_killed_leave_an_entry_of_each_fact_and_a_whole_chain(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    keyring.save(Settings(data=tmp_path).keyring)

    report = await audit.run(database_url, tmp_path, writers=2, kills=1, seconds=0.4)

    assert report.violations == []
    assert report.facts >= report.told > 0


@pytest.mark.parametrize(
    ("facts", "entries", "told", "said"),
    [
        pytest.param({"a", "b"}, ["b", "a"], {"a"}, [], id="as it should be"),
        pytest.param({"a", "b"}, ["a"], {"a"}, ["1 facts without an entry, such as b"], id="not recorded"),
        pytest.param({"a"}, ["a", "a"], {"a"}, ["1 facts with more than one entry, such as a"], id="recorded twice"),
        pytest.param({"a"}, ["a", "b"], {"a"}, ["1 entries of what is not there, such as b"], id="undone"),
        pytest.param({"a"}, ["a"], {"a", "b"}, ["1 facts that were told and are not there, such as b"], id="lost"),
    ],
)
def test_each_thing_that_could_be_missing_is_named(
    facts: set[str], entries: list[str], told: set[str], said: list[str]
) -> None:
    assert audit.compared(facts, entries, told) == said
