"""What lets one in, and what does not."""

import pytest

from hub.accounts import totp
from hub.accounts.entering import BY_ACCOUNT, Came, NotIn, Second
from hub.accounts.links import GOOD_FOR
from hub.accounts.sessions import IDLE, LASTS
from hub.accounts.users import User
from tests.hub.accounts.conftest import BY, PASSWORD, Accounts
from tests.stores import embedded_only

SECRET = b"12345678901234567890"


async def enter(accounts: Accounts, email: str = "nora@example.org", password: str = PASSWORD) -> Came | Second | NotIn:
    return await accounts.entering.by_password(email, password, earlier="", device="")


async def with_app(accounts: Accounts) -> User:
    user = await accounts.hire()
    await accounts.write(accounts.factors.take_app, user.id, SECRET, 0, BY)
    return await accounts.user(user.id)


async def test_a_password_lets_in_and_the_session_is_new(accounts: Accounts) -> None:
    user = await accounts.hire()
    first = await enter(accounts)
    assert isinstance(first, Came)

    again = await accounts.entering.by_password("nora@example.org", PASSWORD, earlier=first.secret, device="")

    assert isinstance(again, Came)
    session = await accounts.sessions.use(again.secret)
    assert session is not None
    assert (session.user.id, session.strong, session.locked) == (user.id, False, False)
    assert await accounts.sessions.use(first.secret) is None


async def test_unknown_wrong_disabled_and_invited_sound_alike(accounts: Accounts) -> None:
    await accounts.hire()
    await accounts.hire("invited@example.org", password="")
    gone = await accounts.hire("gone@example.org")
    await accounts.write(accounts.users.disable, gone.id, BY)

    answers = [
        await enter(accounts, password="wrong"),
        await enter(accounts, "unknown@example.org"),
        await enter(accounts, "gone@example.org"),
        await enter(accounts, "invited@example.org"),
        await enter(accounts, "no mailbox"),
    ]

    assert answers == [NotIn("wrong")] * 5


async def test_an_account_is_tried_a_few_times_whether_or_not_there_is_one(accounts: Accounts) -> None:
    await accounts.hire()
    for email in ("nora@example.org", "unknown@example.org"):
        for _ in range(BY_ACCOUNT.most):
            assert await enter(accounts, email, "wrong") == NotIn("wrong")
        assert await enter(accounts, email.upper(), PASSWORD) == NotIn("often")

    accounts.clock.advance(BY_ACCOUNT.span)
    assert isinstance(await enter(accounts), Came)


async def test_a_code_of_the_app_comes_after_the_password_and_is_good_once(accounts: Accounts) -> None:
    user = await with_app(accounts)
    code = totp.code_at(SECRET, totp.step_of(accounts.clock.now()))
    tickets = [await enter(accounts), await enter(accounts)]
    assert all(isinstance(one, Second) and one.app for one in tickets)
    first, second = (one.ticket for one in tickets if isinstance(one, Second))

    came = await accounts.entering.by_code(first, code, earlier="", device="")
    replayed = await accounts.entering.by_code(second, code, earlier="", device="")
    used = await accounts.entering.by_code(first, code, earlier="", device="")

    assert isinstance(came, Came)
    session = await accounts.sessions.use(came.secret)
    assert session is not None
    assert session.user.id == user.id
    assert session.strong
    assert [replayed, used] == [NotIn("wrong")] * 2


async def test_a_ticket_is_good_for_a_few_tries_and_minutes(accounts: Accounts) -> None:
    await with_app(accounts)
    ticket = await enter(accounts)
    assert isinstance(ticket, Second)
    for _ in range(5):
        assert await accounts.entering.by_code(ticket.ticket, "000000", earlier="", device="") == NotIn("wrong")
    code = totp.code_at(SECRET, totp.step_of(accounts.clock.now()))
    assert await accounts.entering.by_code(ticket.ticket, code, earlier="", device="") == NotIn("wrong")

    late = await enter(accounts)
    assert isinstance(late, Second)
    accounts.clock.advance(GOOD_FOR["second"])
    code = totp.code_at(SECRET, totp.step_of(accounts.clock.now()))
    assert await accounts.entering.by_code(late.ticket, code, earlier="", device="") == NotIn("wrong")


async def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(accounts: Accounts) -> None:
    user = await with_app(accounts)
    codes = await accounts.write(accounts.factors.new_codes, user.id, BY)
    assert len(set(codes)) == 10

    assert await accounts.write(accounts.factors.check, user.id, f" {codes[0].upper()} ")
    assert not await accounts.write(accounts.factors.check, user.id, codes[0])
    await accounts.write(accounts.factors.new_codes, user.id, BY)
    assert not await accounts.write(accounts.factors.check, user.id, codes[1])


@embedded_only
async def test_a_password_is_kept_under_the_parameters_of_now(accounts: Accounts) -> None:
    from hub.accounts.passwords import Passwords

    user = await accounts.hire()
    accounts.entering._passwords = newer = Passwords(2)

    await enter(accounts)

    async with accounts.db.read() as conn:
        kept = await accounts.users.password_of(conn, user.id)
    assert kept is not None
    assert not newer.outdated(kept)
    assert isinstance(await enter(accounts), Came)


async def test_a_session_locks_goes_on_under_a_new_secret_and_is_over_after_half_a_day(accounts: Accounts) -> None:
    await accounts.hire()
    came = await enter(accounts)
    assert isinstance(came, Came)
    accounts.clock.advance(IDLE)
    locked = await accounts.sessions.use(came.secret)
    assert locked is not None
    assert locked.locked
    assert not await accounts.sessions.good(locked.id)

    assert await accounts.entering.again(locked, "wrong") == NotIn("wrong")
    back = await accounts.entering.again(locked, PASSWORD)

    assert isinstance(back, Came)
    assert await accounts.sessions.use(came.secret) is None
    session = await accounts.sessions.use(back.secret)
    assert session is not None
    assert (session.id, session.locked) == (locked.id, False)
    accounts.clock.advance(LASTS)
    assert await accounts.sessions.use(back.secret) is None


async def test_what_the_page_asks_by_itself_keeps_no_session_open(accounts: Accounts) -> None:
    await accounts.hire()
    came = await enter(accounts)
    assert isinstance(came, Came)

    for _ in range(3):
        accounts.clock.advance(IDLE / 3)
        session = await accounts.sessions.use(came.secret, by_itself=True)

    assert session is not None
    assert session.locked


async def test_an_invitation_or_a_reset_is_good_once_for_a_while_and_until_the_next(accounts: Accounts) -> None:
    user = await accounts.hire()
    first = await accounts.write(accounts.links.make, "reset", user_id=user.id)
    second = await accounts.write(accounts.links.make, "reset", user_id=user.id)
    assert await accounts.write(accounts.links.take, first, "reset") is None
    assert await accounts.write(accounts.links.take, second, "invitation") is None
    found = await accounts.write(accounts.links.take, second, "reset")
    assert found is not None
    assert found.user_id == user.id
    assert await accounts.write(accounts.links.take, second, "reset") is None

    third = await accounts.write(accounts.links.make, "reset", user_id=user.id)
    accounts.clock.advance(GOOD_FOR["reset"])
    assert await accounts.write(accounts.links.take, third, "reset") is None


async def test_who_was_disabled_does_not_come_back_by_an_old_link(accounts: Accounts) -> None:
    user = await accounts.hire()
    link = await accounts.write(accounts.links.make, "reset", user_id=user.id)
    await accounts.write(accounts.users.disable, user.id, BY)
    await accounts.write(accounts.users.enable, user.id, BY)

    assert await accounts.write(accounts.links.take, link, "reset") is None
    assert isinstance(await enter(accounts), Came)


@pytest.mark.parametrize("reason", ["", "too short", "x" * 501])
async def test_glass_breaks_for_a_reason_alone(accounts: Accounts, reason: str) -> None:
    from hub.errors import InputError

    user = await accounts.hire()
    with pytest.raises(InputError):
        await accounts.write(accounts.glass.smash, user, "nobody", reason)
