"""What the tests of views get without asking."""

from tests.hub.identity.conftest import books

__all__ = ["books"]
