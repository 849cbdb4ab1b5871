"""Who of the staff a member of the workspace is: whoever has their mailbox, which Slack has proved."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from channels.slack import Member
from hub.accounts.users import User, Users
from hub.audit import Actor
from hub.views.reach import Reach

__all__ = ["SAID", "Stranger", "Why", "known", "may"]

Why = Literal["outsider", "unknown", "not_active", "role", "reach"]

SAID: dict[Why, str] = {
    "outsider": "Only members of the clinic's own workspace can do this.",
    "unknown": "Nobody in Carehub has the mailbox that Slack knows of you. Ask an administrator for an account.",
    "not_active": "Your account in Carehub is not active. Ask an administrator.",
    "role": "Your role in Carehub does not let you do this.",
    "reach": "This thread is not among those that you can see.",
}
"""What whoever is refused hears."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who is let do nothing, and why."""

    why: Why
    actor: Actor


async def known(conn: AsyncConnection, users: Users, member: Member | None, slack_user: str) -> User | Stranger:
    """The user that a member is; the database is asked each time, so that who was disabled is so here at once."""
    nobody = Actor("staff", f"slack:{slack_user}")
    if member is None or not member.ours:
        return Stranger("outsider", nobody)
    user = await users.by_email(conn, member.mailbox) if member.mailbox else None
    if user is None:
        return Stranger("unknown", nobody)
    return user if user.status == "active" else Stranger("not_active", user.actor)


async def may(conn: AsyncConnection, users: Users, user: User, permission: str, thread_id: str) -> Why | None:
    """Why a user may not do that with a thread; None where they may.

    Who breaks the glass does so in the inbox, and sees the thread there: not here.
    """
    if permission not in user.permissions:
        return "role"
    teams = await users.teams(conn, user.id)
    reach = Reach(user_id=user.id, roams="threads:read" in user.permissions, teams=teams)
    return None if await reach.sees(conn, thread_id=thread_id) else "reach"
