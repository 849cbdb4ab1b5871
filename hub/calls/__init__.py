"""Calls: what the API and the pages of staff have in common.

1. An `Endpoint` is a value: its path, what one must be allowed, what it takes and gives. `serve` puts it on the web.
2. An `Access` tells who calls and what they may; a refusal is audited.
3. `wire` checks the query and the body against the endpoint's own types, before anything is read.
4. A reading endpoint gives back a `Read`: its audit entry is durable before the first byte of the answer leaves.
5. A writing endpoint runs in one unit of work with its idempotency key: a retry gets the first answer again.
   A passing one hands that key on to the scheduling system, which keeps its own answers.
6. `problems` says what went wrong as RFC 9457 problem details; `streaming` keeps streams of events open.
"""

from hub.calls.callers import ALL, Access, Caller
from hub.calls.endpoints import Call, Endpoint, NoBody, NoQuery, Passed, Passing, Raw, Read, Reading, Writing, Wrote
from hub.calls.problems import Problem, not_found, unusable
from hub.calls.refusals import Refusals
from hub.calls.serving import answering, answering_by, noted, serve

__all__ = [
    "ALL",
    "Access",
    "Call",
    "Caller",
    "Endpoint",
    "NoBody",
    "NoQuery",
    "Passed",
    "Passing",
    "Problem",
    "Raw",
    "Read",
    "Reading",
    "Refusals",
    "Writing",
    "Wrote",
    "answering",
    "answering_by",
    "not_found",
    "noted",
    "serve",
    "unusable",
]
