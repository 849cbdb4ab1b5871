"""The fixtures of the FHIR API: a hub that serves, and the small clinic that exports are tested with."""

import pytest

from hub.app import Hub
from hub.parts import Parts
from tests.hub.exports.clinic import clinic
from tests.hub.web.running import hub, web

__all__ = ["clinic", "hub", "parts", "web"]


@pytest.fixture
def parts(hub: Hub) -> Parts:
    return hub.parts
