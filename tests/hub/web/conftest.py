"""The web room's fixtures."""

from tests.hub.web.running import hub, web

__all__ = ["hub", "web"]
