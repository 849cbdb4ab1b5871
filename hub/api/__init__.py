"""The API for other systems: `/api/v1`, JSON, bearer tokens.

1. `application` puts the endpoints of `routes` on the web; each is a value that says its path, scope and types.
2. `tokens` tells who calls and what they may; a refusal is audited.
3. `wire` checks the query and the body against the endpoint's own types, before anything is read.
4. A reading endpoint gives back a `Read`: its audit entry is durable before the first byte of the answer leaves.
5. A writing endpoint runs in one unit of work with its idempotency key: a retry gets the first answer again.
6. `problems` says what went wrong as RFC 9457 problem details; `openapi` describes all of it from the same types.
"""

from hub.api.application import application
from hub.api.tokens import SCOPES, new_token, revoke

__all__ = ["SCOPES", "application", "new_token", "revoke"]
