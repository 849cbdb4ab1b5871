"""All safeguards, in the order in which they are told, and looking at them."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hub.errors import HubError
from hub.log import say
from hub.parts import Parts
from hub.safeguards.access import ACCESS_REVIEW, ACCOUNTS, GLASS, SECOND_FACTOR, SIGN_OUT, TOKENS, UNUSUAL
from hub.safeguards.attesting import ELSEWHERE, MANUAL, Attestations, judge_attested
from hub.safeguards.keys import KEYRING, SEALING, SECRETS, TRANSPORT
from hub.safeguards.model import Finding, Result, Safeguard, State
from hub.safeguards.proof import CHAIN, CONSENT, COPY, RECORDED
from hub.safeguards.records import BACKUP, DISPOSAL, DRILL, EXPORTS, JOBS, REQUESTS, RETENTION, VENDORS
from hub.safeguards.software import PACKAGES, SCANNER, SCHEMA, SIGNATURES
from hub.safeguards.tested import TESTED

__all__ = ["GROUPS", "SAFEGUARDS", "assess"]

GROUPS = ("encryption", "access", "audit", "contingency", "records", "software", "people")
SAFEGUARDS: tuple[Safeguard[Any], ...] = (
    # One a line. Its words: `safe_NAME`, `safe_NAME_why` and `safe_NAME_to_REASON` for each of its reasons.
    SEALING,
    KEYRING,
    SECRETS,
    TRANSPORT,
    ACCOUNTS,
    SECOND_FACTOR,
    SIGN_OUT,
    TOKENS,
    GLASS,
    ACCESS_REVIEW,
    CHAIN,
    COPY,
    RECORDED,
    UNUSUAL,
    BACKUP,
    DRILL,
    JOBS,
    CONSENT,
    RETENTION,
    DISPOSAL,
    EXPORTS,
    REQUESTS,
    VENDORS,
    SCHEMA,
    PACKAGES,
    SIGNATURES,
    SCANNER,
    *TESTED,
)
_log = logging.getLogger(__name__)


async def assess(parts: Parts, also: Sequence[Safeguard[Any]] = ()) -> list[Result]:
    """How every safeguard stands now, in the order of their groups; what is attested comes last.

    also: those that a surface knows of. One that cannot be looked at is `UNSEEN`, and none of the others suffers.
    """
    found = [await _looked(parts, one) for one in (*SAFEGUARDS, *also)]
    async with parts.db.read() as conn:
        attested = await Attestations(parts).newest(conn)
    now = parts.clock.now()
    found += [
        Result(name=one.name, group="people", law=(one.law,), found=judge_attested(attested.get(one.name), now))
        for one in MANUAL
        if one.name not in ELSEWHERE
    ]
    return sorted(found, key=lambda one: GROUPS.index(one.group))


async def _looked(parts: Parts, one: Safeguard[Any]) -> Result:
    try:
        async with parts.db.read() as conn:
            return await one.look(conn, parts, parts.clock.now())
    except (HubError, SQLAlchemyError, OSError) as error:
        say(_log, "safeguard_unseen", logging.WARNING, safeguard=one.name, error=error)
        return Result(name=one.name, group=one.group, law=one.law, found=Finding(State.UNSEEN, "failed"))
