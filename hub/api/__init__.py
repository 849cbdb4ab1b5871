"""The API for other systems: `/api/v1`, JSON, bearer tokens.

1. `application` puts the endpoints of `routes` on the web (`hub.calls`).
2. `tokens` tells who calls and what they may.
3. `openapi` describes all of it from the endpoints' own types.
"""

from hub.api.application import application
from hub.api.tokens import SCOPES, new_token, revoke

__all__ = ["SCOPES", "application", "new_token", "revoke"]
