"""A database server that cannot be opened says what to mend, and nothing of the password."""

import re
from collections.abc import Callable

import pytest

from hub.db import Database
from hub.errors import StorageError
from tests.servers.child import free_port
from tests.servers.postgresql import Postgres

FAULTS: list[tuple[str, Callable[[str], str], str]] = [
    ("password", lambda url: re.sub(r"hub:[^@]+@", "hub:canary@", url), "refused the user or the password"),
    ("name", lambda url: f"{url}canary", "no database of the name"),
    ("port", lambda url: re.sub(r":\d+/", f":{free_port()}/", url), "nobody answers"),
]


@pytest.mark.parametrize(("change", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
async def test_what_cannot_be_opened_is_told_with_what_mends_it(
    postgres: Postgres, postgres_template: str, change: Callable[[str], str], words: str
) -> None:
    with pytest.raises(StorageError, match=words) as refused:
        await Database.open(change(postgres.url(postgres_template)))

    assert "canary" not in str(refused.value)
    assert "HUB_DATABASE_URL" in str(refused.value)
