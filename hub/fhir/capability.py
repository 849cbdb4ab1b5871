"""The CapabilityStatement: what this server can do. Pure.

Source: HL7 FHIR R4 (4.0.1), CapabilityStatement.
"""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from hub.fhir.kinds import Kind
from hub.fhir.outcomes import CONTENT_TYPE

__all__ = ["capability"]


def capability(kinds: Sequence[Kind], base: str, now: datetime) -> dict[str, Any]:
    """Every kind with its interactions and search parameters."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": now.date().isoformat(),
        "kind": "instance",
        "software": {"name": "Carehub", "version": version("carehub")},
        "implementation": {"description": "Carehub: messages, consent and visits, for reading", "url": base},
        "fhirVersion": "4.0.1",
        "format": [CONTENT_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "Authorization: Bearer with a token of `hub tokens new`, whose scopes are those of "
                    "SMART App Launch 2 for systems: " + ", ".join(f"system/{kind.name}.rs" for kind in kinds) + ". "
                    "What is under 42 CFR Part 2 is given with the patient's consent alone, labelled in meta.security."
                },
                "resource": [_resource(kind) for kind in kinds],
            }
        ],
    }


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.name,
        "documentation": kind.says,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            {"name": name, "type": one.kind, "documentation": one.says} for name, one in kind.known.items()
        ],
    }
