"""The endpoints of a patient: who they are, how they are reached, who acts for them, what they prefer."""

from hub.api import (
    addresses,
    merging,
    patients,
    preferences,
    proxies,
)
from hub.api.shapes import Page, Patient
from hub.calls.endpoints import Endpoint, NoBody, Reading, Writing

PEOPLE: tuple[Endpoint, ...] = (
    Reading(
        path="/patients",
        scope="patients:read",
        summary="List patients",
        description="Those on the books, in the order they were entered.",
        query=patients.PatientsQuery,
        answers={200: Page[Patient]},
        read=patients.patients,
    ),
    Reading(
        path="/patients/{id}",
        scope="patients:read",
        summary="Read a patient",
        answers={200: Patient},
        problems=(404,),
        read=patients.patient,
    ),
    Writing(
        path="/patients/{id}/merge",
        scope="patients:write",
        summary="Merge this record into another of the same person",
        description=(
            "Messages, addresses, consent, visits, proxies and what is on its way become the other's, all in one "
            "moment; sessions of the portal end. A STOP on any number stays. It cannot be taken back, and asked again "
            "it changes nothing. The id, the record number and the thread's id of this record find the other one from "
            "then on. 409 says in `reasons` why two records must not be one."
        ),
        body=merging.Merge,
        answers={200: merging.MergeDone},
        problems=(404, 409),
        write=merging.merge,
    ),
    Reading(
        path="/patients/{id}/addresses",
        scope="patients:read",
        summary="List the addresses of a patient",
        description="Those that are, are said to be, and were the patient's, each with what proves it.",
        answers={200: Page[addresses.AddressShown]},
        problems=(404,),
        read=addresses.addresses,
    ),
    Writing(
        path="/patients/{id}/addresses",
        scope="patients:write",
        summary="Add an address",
        description=(
            "Unless you vouch for it, it is `unverified` until the patient tells the code that `code` sends there. An "
            "address that somebody else has, too, becomes a shared line; nothing that was said on it moves."
        ),
        body=addresses.NewAddress,
        answers={201: addresses.AddressShown},
        problems=(404, 410),
        write=addresses.add,
    ),
    Writing(
        path="/patients/{id}/addresses/{address}/code",
        scope="patients:write",
        summary="Send a code that proves an address",
        description=(
            "To the address itself where staff added it; to where the patient was reached before where somebody wrote "
            "from it as the patient. Good for 15 minutes, once, for five tries; five an hour."
        ),
        body=NoBody,
        answers={202: addresses.CodeSent},
        problems=(404, 409, 410),
        write=addresses.send_code,
    ),
    Writing(
        path="/patients/{id}/addresses/{address}/verify",
        scope="patients:write",
        summary="Prove an address by its code",
        body=addresses.ProofCode,
        answers={200: addresses.AddressShown},
        problems=(404, 409, 410),
        write=addresses.verify,
    ),
    Writing(
        path="/patients/{id}/addresses/{address}/restore",
        scope="patients:write",
        summary="Use a suspended address again",
        description="After somebody wrote that it is the wrong person: you looked, and it is the patient's.",
        body=NoBody,
        answers={200: addresses.AddressShown},
        problems=(404, 409),
        write=addresses.restore,
    ),
    Writing(
        method="DELETE",
        path="/patients/{id}/addresses/{address}",
        scope="patients:write",
        summary="Retire an address",
        description=(
            "It is the patient's no more: what waits to be sent there is not. One that was never proved is dropped, "
            "and answered with 202."
        ),
        body=addresses.Retirement,
        answers={200: addresses.AddressShown, 202: addresses.Dropped},
        problems=(404, 409),
        write=addresses.retire,
    ),
    Reading(
        path="/patients/{id}/proxies",
        scope="patients:read",
        summary="List who may act for a patient",
        description="Every right that there ever was, oldest first; `holds` says what of it holds now.",
        answers={200: Page[proxies.ProxyShown]},
        problems=(404,),
        read=proxies.proxies,
    ),
    Writing(
        path="/patients/{id}/proxies",
        scope="patients:write",
        summary="Let a person act for a patient",
        description=(
            "A parent or guardian of a minor, or a caregiver. From the age of teen access on the right shrinks, and at "
            "majority it ends by itself: the ages are those of HUB_STATE. 409 says in `reasons` why it cannot be given."
        ),
        body=proxies.GivenProxy,
        answers={201: proxies.ProxyShown},
        problems=(404, 409),
        write=proxies.give,
    ),
    Writing(
        method="DELETE",
        path="/patients/{id}/proxies/{proxy}",
        scope="patients:write",
        summary="End a right to act for a patient",
        description="It ends at once, and stays on the books as ended.",
        body=NoBody,
        answers={200: proxies.ProxyShown},
        problems=(404,),
        write=proxies.end,
    ),
    Reading(
        path="/patients/{id}/preferences",
        scope="patients:read",
        summary="Read how a patient would like to hear of what",
        description="One entry for each purpose.",
        answers={200: Page[preferences.PreferenceShown]},
        problems=(404,),
        read=preferences.preferences,
    ),
    Writing(
        method="PATCH",
        path="/patients/{id}/preferences",
        scope="patients:write",
        summary="Change how a patient would like to hear of what",
        description=(
            "Order of channels, channels not to use, hours, number a week and language, for the purposes named. "
            "Preferences choose among the ways that consent leaves open; they open none."
        ),
        body=preferences.PreferenceChange,
        answers={200: Page[preferences.PreferenceShown]},
        problems=(404,),
        write=preferences.change,
    ),
    Writing(
        method="PATCH",
        path="/patients/{id}/place",
        scope="patients:write",
        summary="Say where a patient lives",
        description="Zone and state decide at which hours they may be disturbed; without them the area code does.",
        body=preferences.Place,
        answers={200: preferences.Place},
        problems=(404,),
        write=preferences.place,
    ),
)
