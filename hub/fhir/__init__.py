"""The FHIR R4 read API: what another system may read and search, by its token, as resources.

1. `application` is mounted at `/fhir/R4`: `metadata`, and for each `Kind` its read and its search.
2. `asking` reads the parameters into conditions; a page's `next` link carries them on with the key of its last row.
3. A kind picks ids from its `Rows`, then loads what they stand for: persons (`patients`), threads and messages
   (`communications`, by the mapping that exports use), the ledger (`consents`), visits and times (`calendar`), and the
   audit (`audits`).
4. Who read what of whom is in the audit before the first byte of the answer leaves; every failure is an
   OperationOutcome (`outcomes`).

Source: HL7 FHIR R4 (4.0.1), RESTful API and Search; SMART App Launch 2 for the names of scopes.
"""

from hub.fhir.application import PATH, application

__all__ = ["PATH", "application"]
