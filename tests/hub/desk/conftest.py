"""What the desk's tests get without asking."""

from tests.hub.desk.floor import floor

__all__ = ["floor"]
