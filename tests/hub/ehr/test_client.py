"""The client of a FHIR server: where it goes, and where it does not."""

from typing import Any

import pytest

from hub.ehr import Client
from hub.ehr.errors import EhrRefused, EhrUnknown
from tests.servers.ehr import SmallEhr


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


async def _listed(ehr: SmallEhr) -> int:
    client = Client(ehr.url)
    try:
        return len(await client.search("Location", [("_count", "2")]))
    finally:
        await client.close()


@pytest.mark.parametrize("pages", ["linked", "all at once"])
async def test_every_page_of_a_list_is_read(ehr: SmallEhr, pages: str) -> None:
    for n in range(5):
        ehr.put({"resourceType": "Location", "name": f"Room {n}"})
    ehr.pages = pages

    assert await _listed(ehr) == 5


async def test_a_list_that_is_cut_off_is_told_of(ehr: SmallEhr) -> None:
    """Slots that are not there would be taken for gone."""
    for n in range(5):
        ehr.put({"resourceType": "Location", "name": f"Room {n}"})
    ehr.pages = "cut off"

    with pytest.raises(EhrUnknown, match="cut off"):
        await _listed(ehr)


@pytest.mark.parametrize("answer", [[], "text", 7, None, {"resourceType": "Slot"}], ids=repr)
async def test_what_is_no_list_is_told_of(ehr: SmallEhr, answer: Any) -> None:
    ehr.says = answer

    with pytest.raises(EhrUnknown, match="cannot be read"):
        await _listed(ehr)


async def test_what_is_no_resource_in_a_list_is_passed_over(ehr: SmallEhr) -> None:
    ehr.says = {"resourceType": "Bundle", "entry": [3, {"resource": None}, {}, {"resource": {"resourceType": "Slot"}}]}

    assert await _listed(ehr) == 0
