"""The client of a FHIR server: where it goes, and where it does not."""

import pytest

from hub.ehr import Client
from hub.ehr.errors import EhrRefused


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2/fhir/Slot?page=2", "https://127.0.0.1/fhir/Slot?page=2", "/other/Slot", "//evil.example/fhir"],
)
def test_pages_of_another_server_are_not_followed(url: str) -> None:
    """The token goes to the EHR alone."""
    with pytest.raises(EhrRefused, match="another server"):
        Client("http://127.0.0.1/fhir").within(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1/fhir/Slot?page=2", "Slot?page=2", "/fhir/Slot?page=2"])
def test_pages_of_the_same_server_are(url: str) -> None:
    assert Client("http://127.0.0.1/fhir/").within(url) == "http://127.0.0.1/fhir/Slot?page=2"
