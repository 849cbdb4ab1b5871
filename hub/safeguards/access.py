"""Who may in: accounts, second factors, sessions, tokens, and what was done past one's reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.sessions import IDLE, LASTS
from hub.db.tables import access_alert, api_token, attestation, break_glass, staff_passkey, staff_session, staff_user
from hub.parts import Parts
from hub.safeguards.model import Finding, Safeguard, State, older
from hub.unusual import last_watched

__all__ = ["ACCESS_REVIEW", "ACCOUNTS", "GLASS", "SECOND_FACTOR", "SIGN_OUT", "TOKENS", "UNUSUAL"]

_INVITED, _UNUSED = timedelta(days=14), timedelta(days=90)
_LOOKED_AT = timedelta(days=3)
"""How soon somebody looks at what was done by breaking the glass, or at unusual access."""
_TOKEN = timedelta(days=365)
_PROVED = timedelta(hours=1)
_REVIEW = timedelta(days=180)
_ACTIVE = staff_user.c.status == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Users by status; those invited long ago, and those who have not been there for long."""

    active: int
    invited: int
    disabled: int
    stale_invitations: int
    unused: int


async def _accounts(conn: AsyncConnection, parts: Parts) -> Accounts:
    now = parts.clock.now()
    seen = (
        sa.select(sa.func.max(staff_session.c.seen_at))
        .where(staff_session.c.user_id == staff_user.c.id)
        .scalar_subquery()
    )
    query = sa.select(staff_user.c.status, staff_user.c.created_at, seen.label("seen"))
    rows = (await conn.execute(query)).all()
    return Accounts(
        active=sum(row.status == "active" for row in rows),
        invited=sum(row.status == "invited" for row in rows),
        disabled=sum(row.status == "disabled" for row in rows),
        stale_invitations=sum(row.status == "invited" and older(row.created_at, now, _INVITED) for row in rows),
        unused=sum(row.status == "active" and older(row.seen or row.created_at, now, _UNUSED) for row in rows),
    )


def judge_accounts(facts: Accounts, now: datetime) -> Finding:
    """There are users, each of whom uses their account."""
    evidence = {
        "active": facts.active,
        "invited": facts.invited,
        "disabled": facts.disabled,
        "stale_invitations": facts.stale_invitations,
        "unused": facts.unused,
    }
    if not facts.active:
        return Finding(State.MISSING, "nobody", evidence)
    if facts.unused:
        return Finding(State.ATTENTION, "unused", evidence)
    if facts.stale_invitations:
        return Finding(State.ATTENTION, "invitations", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Whether a second factor is asked for, and how many of the active users have one, a passkey, or OpenID."""

    required: bool
    active: int
    covered: int
    passkeys: int


async def _factors(conn: AsyncConnection, parts: Parts) -> Factors:
    holders = sa.select(staff_passkey.c.user_id)
    any_factor = sa.or_(
        staff_user.c.totp_sealed.is_not(None), staff_user.c.oidc_blind.is_not(None), staff_user.c.id.in_(holders)
    )
    count = sa.select(sa.func.count()).select_from(staff_user).where(_ACTIVE)
    return Factors(
        required=parts.settings.second_factor == "required",
        active=(await conn.execute(count)).scalar_one(),
        covered=(await conn.execute(count.where(any_factor))).scalar_one(),
        passkeys=(await conn.execute(count.where(staff_user.c.id.in_(holders)))).scalar_one(),
    )


def judge_factors(facts: Factors, now: datetime) -> Finding:
    """It is asked for: who has none yet sees nothing before they set one up."""
    evidence = {"active": facts.active, "covered": facts.covered, "passkeys": facts.passkeys}
    if not facts.required:
        return Finding(State.MISSING, "optional", evidence)
    if facts.covered < facts.active:
        return Finding(State.ATTENTION, "without", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How sessions end. orphaned: of users who may not sign in; outdated: proved before the user's password changed."""

    idle: timedelta
    lasts: timedelta
    open: int
    orphaned: int
    outdated: int


async def _leaving(conn: AsyncConnection, parts: Parts) -> Leaving:
    query = (
        sa.select(staff_user.c.status, staff_user.c.password_at, staff_session.c.way, staff_session.c.proved_at)
        .select_from(staff_session.join(staff_user))
        .where(staff_session.c.ended_at.is_(None), staff_session.c.ends_at > parts.clock.now())
    )
    rows = (await conn.execute(query)).all()
    return Leaving(
        idle=IDLE,
        lasts=LASTS,
        open=len(rows),
        orphaned=sum(row.status != "active" for row in rows),
        # Who changes their own password goes on in the session in which they did: they had just proved who they are.
        outdated=sum(
            row.way == "password" and row.password_at is not None and row.proved_at < row.password_at - _PROVED
            for row in rows
        ),
    )


def judge_leaving(facts: Leaving, now: datetime) -> Finding:
    """Fifteen minutes without an act lock, a day ends; nobody is in who may not be."""
    evidence = {
        "idle_minutes": facts.idle // timedelta(minutes=1),
        "longest_hours": facts.lasts // timedelta(hours=1),
        "open_sessions": facts.open,
        "orphaned": facts.orphaned,
        "outdated": facts.outdated,
    }
    if facts.orphaned:
        return Finding(State.MISSING, "orphaned", evidence)
    if facts.idle > timedelta(minutes=15) or facts.lasts > timedelta(hours=24):
        return Finding(State.MISSING, "long", evidence)
    if facts.outdated:
        return Finding(State.ATTENTION, "outdated", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Other systems' tokens that are good. unbounded: those that may do everything."""

    good: int
    unbounded: int
    oldest: datetime | None


async def _tokens(conn: AsyncConnection, parts: Parts) -> Tokens:
    query = sa.select(api_token.c.scopes, api_token.c.created_at).where(api_token.c.revoked_at.is_(None))
    rows = (await conn.execute(query)).all()
    return Tokens(
        good=len(rows),
        unbounded=sum("*" in row.scopes.split() for row in rows),
        oldest=min((row.created_at for row in rows), default=None),
    )


def judge_tokens(facts: Tokens, now: datetime) -> Finding:
    """No token may do everything, and none is older than a year."""
    evidence = {"tokens": facts.good, "unbounded": facts.unbounded, "oldest": facts.oldest}
    if facts.unbounded:
        return Finding(State.ATTENTION, "unbounded", evidence)
    if facts.oldest is not None and older(facts.oldest, now, _TOKEN):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many there were, how many nobody has looked at, and since when the oldest of these waits."""

    all: int
    open: int
    oldest: datetime | None
    watched: datetime | None = None


async def _glass(conn: AsyncConnection, parts: Parts) -> Waiting:
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(break_glass.c.reviewed_at.is_(None)),
        sa.func.min(break_glass.c.at).filter(break_glass.c.reviewed_at.is_(None)),
    )
    row = (await conn.execute(query)).one()
    return Waiting(all=row[0], open=row[1], oldest=row[2])


def judge_glass(facts: Waiting, now: datetime) -> Finding:
    """Somebody else looked at each within days."""
    evidence = {"uses": facts.all, "not_reviewed": facts.open, "oldest": facts.oldest}
    late = facts.open and older(facts.oldest, now, _LOOKED_AT)
    return Finding(State.ATTENTION, "unreviewed", evidence) if late else Finding(State.IN_PLACE, "", evidence)


async def _unusual(conn: AsyncConnection, parts: Parts) -> Waiting:
    waits = access_alert.c.outcome == ""
    query = sa.select(
        sa.func.count(), sa.func.count().filter(waits), sa.func.min(access_alert.c.raised_at).filter(waits)
    ).select_from(access_alert)
    row = (await conn.execute(query)).one()
    return Waiting(all=row[0], open=row[1], oldest=row[2], watched=await last_watched(conn))


def judge_unusual(facts: Waiting, now: datetime) -> Finding:
    """The audit is watched, and what was found is looked at within days."""
    evidence = {"last_watched": facts.watched, "alerts": facts.all, "open": facts.open, "oldest": facts.oldest}
    if facts.watched is None:
        return Finding(State.MISSING, "never", evidence)
    if older(facts.watched, now, timedelta(hours=2)):
        return Finding(State.ATTENTION, "stopped", evidence)
    if facts.open and older(facts.oldest, now, _LOOKED_AT):
        return Finding(State.ATTENTION, "unreviewed", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """How many active users have each role, and when somebody last went through who has which."""

    by_role: Mapping[str, int]
    reviewed: datetime | None


async def _roles(conn: AsyncConnection, parts: Parts) -> Roles:
    counted = sa.select(staff_user.c.role, sa.func.count()).where(_ACTIVE).group_by(staff_user.c.role)
    last = sa.select(sa.func.max(attestation.c.done_at)).where(attestation.c.kind == "access_review")
    rows = (await conn.execute(counted)).all()
    return Roles(
        by_role={str(role): int(count) for role, count in rows}, reviewed=(await conn.execute(last)).scalar_one()
    )


def judge_roles(facts: Roles, now: datetime) -> Finding:
    """Somebody went through the users and their roles within half a year."""
    evidence: dict[str, datetime | int | str | None] = {
        "reviewed": facts.reviewed,
        "roles": ", ".join(f"{role}: {count}" for role, count in sorted(facts.by_role.items())),
    }
    if facts.reviewed is None:
        return Finding(State.MISSING, "never", evidence)
    if older(facts.reviewed, now, _REVIEW):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


ACCOUNTS = Safeguard(
    name="accounts",
    group="access",
    law=("164.312(a)(2)(i)", "164.308(a)(3)(ii)(C)"),
    reasons=("nobody", "unused", "invitations"),
    gather=_accounts,
    judge=judge_accounts,
)
SECOND_FACTOR = Safeguard(
    name="second_factor",
    group="access",
    law=("164.312(d)",),
    reasons=("optional", "without"),
    gather=_factors,
    judge=judge_factors,
)
SIGN_OUT = Safeguard(
    name="sign_out",
    group="access",
    law=("164.312(a)(2)(iii)",),
    reasons=("orphaned", "long", "outdated"),
    gather=_leaving,
    judge=judge_leaving,
)
TOKENS = Safeguard(
    name="tokens",
    group="access",
    law=("164.312(a)(1)", "164.308(a)(4)(ii)(B)"),
    reasons=("unbounded", "old"),
    gather=_tokens,
    judge=judge_tokens,
)
ACCESS_REVIEW = Safeguard(
    name="access_review",
    group="access",
    law=("164.308(a)(4)(ii)(C)",),
    reasons=("never", "old"),
    gather=_roles,
    judge=judge_roles,
)
GLASS = Safeguard(
    name="glass",
    group="access",
    law=("164.312(a)(2)(ii)",),
    reasons=("unreviewed",),
    gather=_glass,
    judge=judge_glass,
)
UNUSUAL = Safeguard(
    name="unusual",
    group="audit",
    law=("164.308(a)(1)(ii)(D)", "164.312(b)"),
    reasons=("never", "stopped", "unreviewed"),
    gather=_unusual,
    judge=judge_unusual,
)
