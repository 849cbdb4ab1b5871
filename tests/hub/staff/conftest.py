"""The fixtures of staff: a hub that runs; sign somebody in by `tests.hub.staff.signed_in`."""

from tests.hub_rig import rig

__all__ = ["rig"]
