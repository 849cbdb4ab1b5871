"""Encryption: what is sealed opens, and only where it belongs; whose the keys are; what goes over which wire."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import Place
from hub.db import is_embedded
from hub.db.tables import data_key
from hub.errors import CryptoError
from hub.parts import Parts
from hub.safeguards.model import Evidence, Finding, Safeguard, State, last_of, older
from hub.settings.parsing import LOOPBACK
from hub.vault import AUDIT

__all__ = ["KEYRING", "SEALING", "SECRETS", "TRANSPORT"]

YEAR = timedelta(days=365)
_PROBE = b"a text that says nothing of anybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What became of a probe. differs: twice the same text was sealed into two texts."""

    opens: bool
    differs: bool
    edited_refused: bool
    moved_refused: bool


async def _sealing(conn: AsyncConnection, parts: Parts) -> Sealing:
    keys = await parts.vault.key(conn, AUDIT)
    here, there = Place("safeguard", "probe", "1"), Place("safeguard", "probe", "2")
    one, two = keys.seal(AUDIT, _PROBE, here), keys.seal(AUDIT, _PROBE, here)
    edited = one[:-1] + bytes([one[-1] ^ 1])
    return Sealing(
        opens=keys.open(AUDIT, one, here) == _PROBE,
        differs=one != two and _PROBE not in one,
        edited_refused=_refused(lambda: keys.open(AUDIT, edited, here)),
        moved_refused=_refused(lambda: keys.open(AUDIT, one, there)),
    )


def _refused(opening: Callable[[], bytes]) -> bool:
    try:
        opening()
    except CryptoError:
        return True
    return False


def judge_sealing(facts: Sealing, now: datetime) -> Finding:
    """All four must hold."""
    evidence: Evidence = {"probed": now, "cipher": "AES-256-GCM"}
    if facts.opens and facts.differs and facts.edited_refused and facts.moved_refused:
        return Finding(State.IN_PLACE, "", evidence)
    return Finding(State.MISSING, "broken", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The keyring and what it wraps. canary: it opens this database's. behind: data keys wrapped by an older key."""

    canary: bool
    keys: int
    made: datetime
    rotated: datetime | None
    data_keys: int
    behind: int


async def _ring(conn: AsyncConnection, parts: Parts) -> Ring:
    ring = parts.vault.keyring
    try:
        await parts.vault.check(conn)
        canary = True
    except CryptoError:
        canary = False
    alive = sa.select(sa.func.count()).where(data_key.c.wrapped.is_not(None))
    last = await last_of(conn, "keys.rotate")
    return Ring(
        canary=canary,
        keys=len(ring.ids),
        made=ring.active_since,
        rotated=None if last is None else last.at,
        data_keys=(await conn.execute(alive)).scalar_one(),
        behind=(await conn.execute(alive.where(data_key.c.kek_id != ring.active))).scalar_one(),
    )


def judge_ring(facts: Ring, now: datetime) -> Finding:
    """The canary opens, the key is younger than a year, and every data key is wrapped by it."""
    evidence = {
        "key_made": facts.made,
        "last_rotation": facts.rotated,
        "keys_in_ring": facts.keys,
        "data_keys": facts.data_keys,
        "behind": facts.behind,
    }
    if not facts.canary:
        return Finding(State.MISSING, "canary", evidence)
    if facts.behind:
        return Finding(State.ATTENTION, "behind", evidence)
    if older(facts.made, now, YEAR):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files and folders of secrets that others on the machine may read; `looked` is how many were looked at."""

    can_be_seen: bool
    looked: int
    open: Sequence[str]


async def _files(conn: AsyncConnection, parts: Parts) -> Files:
    settings = parts.settings
    wanted = [settings.keyring, settings.data, settings.data / ".env"]
    if is_embedded(settings.database):
        wanted.append(settings.data / "hub.db")
    there = [one for one in wanted if one.exists()]
    return Files(
        can_be_seen=os.name == "posix" and bool(there),
        looked=len(there),
        open=[one.name for one in there if _open_to_others(one)],
    )


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def judge_files(facts: Files, now: datetime) -> Finding:
    """Nobody but the hub's own user may read any of them."""
    evidence = {"files": facts.looked, "readable": ", ".join(facts.open) or None}
    if not facts.can_be_seen:
        return Finding(State.UNSEEN, "not_posix", evidence)
    return Finding(State.MISSING, "readable", evidence) if facts.open else Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wires:
    """Where the hub is reached, and what it talks to without encryption beyond this machine, by setting."""

    public: str
    plain: Sequence[str]


async def _wires(conn: AsyncConnection, parts: Parts) -> Wires:
    settings = parts.settings
    asked = {
        "HUB_RASA_URL": settings.rasa_url,
        "HUB_SCHEDULING": settings.ehr_url,
        "HUB_OIDC_ISSUER": settings.oidc_issuer,
        "HUB_SLACK_API_URL": settings.slack_api_url if settings.slack_configured else "",
        "HUB_REDIS_URL": settings.redis_url.reveal(),
        "HUB_DATABASE_URL": settings.database_url,
    }
    plain = [name for name, address in asked.items() if plainly(address)]
    if settings.mllp_port is not None and settings.mllp_host not in LOOPBACK and settings.mllp_cert_file is None:
        plain.append("HUB_MLLP_CERT_FILE")
    return Wires(public=settings.base_url, plain=plain)


def plainly(address: str) -> bool:
    """Whether what goes to this address leaves the machine unencrypted. Pure."""
    if not address or address.startswith("sqlite"):
        return False
    where = urlsplit(address)
    if where.scheme in ("https", "rediss") or where.hostname in LOOPBACK or where.hostname is None:
        return False
    return not any(f"{name}={kind}" in where.query for name in ("sslmode", "ssl") for kind in _STRICT)


_STRICT = ("require", "verify-ca", "verify-full")


def judge_wires(facts: Wires, now: datetime) -> Finding:
    """The public address is https, and so is all that is beyond this machine."""
    where = urlsplit(facts.public)
    evidence = {"address": facts.public, "plain": ", ".join(facts.plain) or None}
    if where.scheme != "https" and where.hostname not in LOOPBACK:
        return Finding(State.MISSING, "public", evidence)
    if facts.plain:
        return Finding(State.MISSING, "plain", evidence)
    if where.scheme != "https":
        return Finding(State.ATTENTION, "local", evidence)
    return Finding(State.IN_PLACE, "", evidence)


SEALING = Safeguard(
    name="sealing",
    group="encryption",
    law=("164.312(a)(2)(iv)", "164.312(c)(1)"),
    reasons=("broken",),
    gather=_sealing,
    judge=judge_sealing,
)
KEYRING = Safeguard(
    name="keyring",
    group="encryption",
    law=("164.312(a)(2)(iv)",),
    reasons=("canary", "behind", "old"),
    gather=_ring,
    judge=judge_ring,
)
SECRETS = Safeguard(
    name="secrets",
    group="encryption",
    law=("164.312(a)(1)", "164.310(d)(1)"),
    reasons=("readable", "not_posix"),
    gather=_files,
    judge=judge_files,
)
TRANSPORT = Safeguard(
    name="transport",
    group="encryption",
    law=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    reasons=("public", "plain", "local"),
    gather=_wires,
    judge=judge_wires,
)
