"""The whole hub, running."""

from tests.hub_rig import rig

__all__ = ["rig"]
