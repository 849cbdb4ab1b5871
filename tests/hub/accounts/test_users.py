"""Who the staff are, and what happens to their sessions when that changes."""

import pytest
import sqlalchemy as sa

from hub.accounts.users import LastAdmin, initials_of, mailbox_of
from hub.db.tables import audit_event
from hub.errors import InputError
from tests.hub.accounts.conftest import BY, Accounts
from tests.stores import Disk, embedded_only


@pytest.mark.parametrize(
    ("name", "initials"), [("Nora Quinn", "NQ"), ("Ana María de la Cruz", "AC"), ("Cher", "C"), ("  ", "?")]
)
def test_initials_stand_for_a_name(name: str, initials: str) -> None:
    assert initials_of(name) == initials


@pytest.mark.parametrize(
    "said", ["", "nora", "nora@", "@example.org", "a b@example.org", "n@e", "x" * 255 + "@example.org"]
)
def test_what_is_no_mailbox_is_refused(said: str) -> None:
    with pytest.raises(InputError):
        mailbox_of(said)


async def test_a_user_is_found_by_mailbox_however_it_is_written(accounts: Accounts, disk: Disk) -> None:
    user = await accounts.hire("Nora.Quinn@Example.org")

    async with accounts.db.read() as conn:
        found = await accounts.users.by_email(conn, " nora.quinn@example.ORG ")

    assert found == user
    assert user.status == "active"
    assert b"nora.quinn" not in disk().lower()
    assert b"Quinn" not in disk()


async def test_a_mailbox_is_one_users(accounts: Accounts) -> None:
    await accounts.hire()

    with pytest.raises(InputError):
        await accounts.hire("NORA@example.org")


async def test_without_a_password_one_is_invited_and_with_one_active(accounts: Accounts) -> None:
    user = await accounts.hire(password="")
    assert user.status == "invited"

    await accounts.write(accounts.users.set_password, user.id, await accounts.passwords.hash("x"), BY)

    assert (await accounts.user(user.id)).status == "active"


@pytest.mark.parametrize("change", ["role", "disable", "password"])
async def test_sessions_end_with_another_role_or_password_and_when_disabled(accounts: Accounts, change: str) -> None:
    user, other = await accounts.hire(), await accounts.hire("other@example.org")
    mine = await accounts.write(accounts.sessions.begin, user, way="password", strong=True)
    others = await accounts.write(accounts.sessions.begin, other, way="password", strong=True)

    if change == "role":
        await accounts.write(accounts.users.change_role, user.id, "supervisor", BY)
    elif change == "disable":
        await accounts.write(accounts.users.disable, user.id, BY)
    else:
        await accounts.write(accounts.users.set_password, user.id, "another", BY)

    assert await accounts.sessions.use(mine) is None
    assert await accounts.sessions.use(others) is not None


async def test_the_last_admin_stays(accounts: Accounts) -> None:
    admin = await accounts.hire(role="admin")

    with pytest.raises(LastAdmin):
        await accounts.write(accounts.users.disable, admin.id, BY)
    with pytest.raises(LastAdmin):
        await accounts.write(accounts.users.change_role, admin.id, "agent", BY)
    await accounts.hire("second@example.org", role="admin")
    await accounts.write(accounts.users.disable, admin.id, BY)

    assert (await accounts.user(admin.id)).status == "disabled"


@embedded_only
async def test_each_change_is_audited(accounts: Accounts) -> None:
    user = await accounts.hire()
    await accounts.write(accounts.users.describe, user.id, BY, name="Nora Q.", language="es")
    await accounts.write(accounts.users.set_up, user.id, BY, switches={"keys": False}, capacity=7)
    with pytest.raises(InputError):
        await accounts.write(accounts.users.set_up, user.id, BY, switches={"root": True})

    changed = await accounts.user(user.id)
    async with accounts.db.read() as conn:
        actions = list((await conn.execute(sa.select(audit_event.c.action).order_by(audit_event.c.id))).scalars())

    assert (changed.name, changed.language, changed.switches["keys"], changed.capacity) == ("Nora Q.", "es", False, 7)
    assert actions == ["user.add", "user.describe", "user.set_up"]
