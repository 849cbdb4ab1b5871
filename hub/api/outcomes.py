"""What the router decided, as an answer: taken, or refused with the reason."""

from hub.api.endpoints import Wrote
from hub.api.problems import Problem
from hub.api.shapes import Sent
from hub.parts import Parts
from hub.router import Routed
from hub.types import Hold, Skip


def outcome(parts: Parts, routed: Routed, *, status: int, request_id: str) -> Wrote:
    """`status` with the decision; 409 for a refusal, which changes nothing but the audit."""

    def announce() -> None:
        parts.router.announce(routed)

    decision = routed.decision
    if isinstance(decision, Skip):
        refusal = Problem(409, "not-permitted", " ".join(decision.reasons), reasons=decision.reasons)
        return Wrote(status=409, value=refusal.details(request_id), after=announce)
    sent = Sent(
        decision="hold" if isinstance(decision, Hold) else "send",
        reason=decision.reason,
        message_id=routed.message_id or "",
        delivery_id=routed.delivery_id or "",
        channel=decision.channel,
        until=decision.until if isinstance(decision, Hold) else None,
    )
    return Wrote(status=status, value=sent, after=announce)
