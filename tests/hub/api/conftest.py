"""The API's fixtures."""

from tests.hub.api.calling import api
from tests.hub.web.running import hub, web
from tests.hub_rig import rig

__all__ = ["api", "hub", "rig", "web"]
