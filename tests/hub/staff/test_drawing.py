"""What the pages of staff say."""

import re
from pathlib import Path

import pytest

from hub.staff.inbox.page import said
from hub.types import Language

OPERATIONS = Path(__file__).parents[3] / "docs/operations.md"


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_reason_to_look_has_words_in_the_inbox(language: Language) -> None:
    table = OPERATIONS.read_text(encoding="utf-8").partition("| attention |")[2].partition("\n\n")[0]
    codes = [code for row in table.splitlines()[2:] for code in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert len(codes) > 20
    assert [code for code in codes if f"attention_{code}" not in said(language)] == []
