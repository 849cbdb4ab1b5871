"""What the tests of search get without asking."""

from tests.hub.identity.conftest import books

__all__ = ["books"]
