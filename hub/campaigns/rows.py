"""What is kept of a step: the row of one person, and what it says once it is decided."""

from datetime import datetime
from typing import Any

from hub.campaigns.audience import Subject
from hub.campaigns.deciding import Decided
from hub.router import Routed


def row(
    step_id: str, campaign_id: str, subject: Subject, one: Decided, routed: Routed | None, now: datetime
) -> dict[str, Any]:
    """The row of a step as it is first written; `routed` where it was queued at once."""
    return {
        "id": step_id,
        "campaign_id": campaign_id,
        "person_id": subject.person_id,
        "subject_id": subject.id,
        "subject_version": subject.version,
        "step": one.step.name,
        "nominal_at": one.nominal,
        "created_at": now,
        **outcome(one, routed, now),
    }


def decided_anew(step_id: str, one: Decided, routed: Routed | None, now: datetime) -> dict[str, Any]:
    """What changes of the row of a step that was due."""
    return {"id": step_id, **outcome(one, routed, now)}


def outcome(one: Decided, routed: Routed | None, now: datetime) -> dict[str, Any]:
    """The part of a row that a decision fills in."""
    state = "queued" if routed is not None else "skipped" if one.decision == "skip" else "planned"
    return {
        "variant": one.variant,
        "state": state,
        "decision": one.decision,
        "rule": one.rule,
        "reason": one.reason,
        "channel": None if one.channel is None else str(one.channel),
        "send_at": one.send_at,
        "due_at": one.send_at or now,
        "message_id": routed.message_id if routed is not None else None,
        "delivery_id": routed.delivery_id if routed is not None else None,
        "updated_at": now,
    }


def changed(step_id: str, state: str, decision: str, rule: str, reason: str, now: datetime) -> dict[str, Any]:
    """What changes of the row of a step that came to nothing."""
    return {"id": step_id, "state": state, "decision": decision, "rule": rule, "reason": reason, "updated_at": now}
