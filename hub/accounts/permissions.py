"""What each role lets one do: the whole table, on one page.

Names are those of the API's scopes, and more of the kind. Which threads one sees is another matter: see
`hub.views.reach`. Who has no `threads:read` sees a patient only by breaking the glass.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Role = Literal["agent", "supervisor", "campaigns", "compliance", "admin"]

_EVERYONE = frozenset({"self:read", "self:write", "glass:break"})
_READING = frozenset({"threads:read", "patients:read", "attachments:read", "appointments:read", "consents:read"})
_AGENT = (
    _EVERYONE
    | _READING
    | {
        "events:read",
        "messages:write",
        "threads:write",
        "patients:write",
        "consents:write",
        "appointments:write",
        "desk:read",
    }
)
_SUPERVISOR = _AGENT | {
    *("desk:write", "threads:merge", "reports:read", "access:read", "glass:review"),
    *("campaigns:read", "campaigns:approve"),
}

PERMISSIONS: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        # Answers patients: reads, writes, assigns, records what patients decide, books.
        "agent": _AGENT,
        # And has the desk in hand: teams, labels, canned replies, merging, who looked at whom; approves campaigns.
        "supervisor": _SUPERVISOR,
        # Plans campaigns; sees counts, and of patients nothing.
        "campaigns": _EVERYONE
        | {
            *("campaigns:read", "campaigns:write", "campaigns:approve", "reports:read", "desk:read"),
        },
        # Looks at everything and writes to nobody.
        "compliance": _EVERYONE
        | _READING
        | {"events:read", "desk:read", "users:read", "access:read", "audit:read", "glass:review"}
        # Exports conversations, answers what patients ask for by right, keeps the register of vendors and legal holds.
        | {"exports:write", "rights:write", "vendors:write", "retention:write"}
        # Answers for safeguards, and asks about unusual access.
        | {"safeguards:write", "alerts:review"},
        # Runs the hub: users, teams, settings; of patients nothing.
        "admin": _EVERYONE | {"users:read", "users:write", "desk:read", "desk:write", "reports:read"},
    }
)

BROKEN_GLASS = frozenset({"threads:read", "patients:read", "appointments:read", "consents:read", "attachments:read"})
"""What one may, beyond the role, with the record of a patient for whom one broke the glass."""
