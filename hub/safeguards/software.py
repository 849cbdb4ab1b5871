"""The program itself: its database's version, what it is made of, and what it believes of what comes from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

import sqlalchemy as sa
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import HEAD
from hub.errors import HubError, SignatureInvalid
from hub.parts import Parts
from hub.safeguards.model import Evidence, Finding, Safeguard, State
from hub.types import Webhook

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["PACKAGES", "SCANNER", "SCHEMA", "SIGNATURES"]


@dataclass(frozen=True, slots=True)
class Revision:
    """The database's revision, and the one that this release works with."""

    found: str
    wanted: str


async def _revision(conn: AsyncConnection, parts: Parts) -> Revision:
    found = (await conn.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one()
    return Revision(str(found), HEAD)


def judge_revision(facts: Revision, now: datetime) -> Finding:
    """They are the same."""
    evidence = {"revision": facts.found, "wanted": facts.wanted}
    return (
        Finding(State.IN_PLACE, "", evidence)
        if facts.found == facts.wanted
        else Finding(State.MISSING, "behind", evidence)
    )


@dataclass(frozen=True, slots=True)
class Packages:
    """What the release is made of: how many libraries it names, and those that are not there as it wants them."""

    release: str
    named: int
    unfit: Sequence[str]


async def _packages(conn: AsyncConnection, parts: Parts) -> Packages:
    # Only here: nothing else in a running hub reads requirements.
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(one) for one in requires("carehub") or ()]
        release = version("carehub")
    except PackageNotFoundError:
        return Packages("", 0, ())
    here = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return Packages(release, len(here), tuple(one.name for one in here if not _fits(one)))


def _fits(wanted: "Requirement") -> bool:
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False


def judge_packages(facts: Packages, now: datetime) -> Finding:
    """Each library is there in a version that the release was made with."""
    evidence = {"release": facts.release or None, "libraries": facts.named, "unfit": ", ".join(facts.unfit) or None}
    if not facts.named:
        return Finding(State.UNSEEN, "not_installed", evidence)
    return Finding(State.MISSING, "unfit", evidence) if facts.unfit else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True)
class Forged:
    """Addresses at which providers post, and those that took a request nobody signed."""

    routes: int
    believed: Sequence[str]


async def _forged(conn: AsyncConnection, parts: Parts) -> Forged:
    routes = [(channel, route) for channel in parts.channels.values() for route in channel.routes]
    believed = []
    for channel, route in routes:
        hook = Webhook(
            route=route,
            url=f"{parts.settings.base_url}{route}",
            headers=CIMultiDictProxy(CIMultiDict()),
            form=MultiDictProxy(MultiDict({"From": "+12025550100", "Body": "x"})),
            query={},
            body=b"From=%2B12025550100&Body=x",
            received_at=parts.clock.now(),
        )
        try:
            channel.verify(hook)
        except SignatureInvalid:
            continue
        except HubError:
            # Refused before its signature was looked at.
            continue
        believed.append(route)
    return Forged(len(routes), believed)


def judge_forged(facts: Forged, now: datetime) -> Finding:
    """Every address refuses what is not signed."""
    evidence: Evidence = {"routes": facts.routes, "tried": now, "believed": ", ".join(facts.believed) or None}
    if not facts.routes:
        return Finding(State.UNSEEN, "no_channel", evidence)
    return Finding(State.MISSING, "believed", evidence) if facts.believed else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whether documents that come in are looked through."""

    by: str


async def _scanned(conn: AsyncConnection, parts: Parts) -> Scanned:
    return Scanned("ClamAV" if parts.settings.clamd_url else "")


def judge_scanned(facts: Scanned, now: datetime) -> Finding:
    """Something looks through them."""
    evidence = {"scanner": facts.by or None}
    return Finding(State.IN_PLACE, "", evidence) if facts.by else Finding(State.ATTENTION, "none", evidence)


SCHEMA = Safeguard(
    name="schema",
    group="software",
    law=("164.312(c)(1)", "164.308(a)(8)"),
    reasons=("behind",),
    gather=_revision,
    judge=judge_revision,
)
PACKAGES = Safeguard(
    name="packages",
    group="software",
    law=("164.308(a)(5)(ii)(B)",),
    reasons=("unfit", "not_installed"),
    gather=_packages,
    judge=judge_packages,
)
SIGNATURES = Safeguard(
    name="signatures",
    group="software",
    law=("164.312(d)", "164.312(e)(2)(i)"),
    reasons=("believed", "no_channel"),
    gather=_forged,
    judge=judge_forged,
)
SCANNER = Safeguard(
    name="scanner",
    group="software",
    law=("164.308(a)(5)(ii)(B)",),
    reasons=("none",),
    gather=_scanned,
    judge=judge_scanned,
)
