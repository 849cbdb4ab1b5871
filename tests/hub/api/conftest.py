"""The API's fixtures."""

from tests.hub.api.calling import api
from tests.hub.web.running import hub, web

__all__ = ["api", "hub", "web"]
