"""Every endpoint of the API, in the order of its description."""

from typing import Any

from hub.api import (
    appointments,
    campaigns,
    consents,
    events,
    evidence,
    exports,
    openapi,
    scheduling,
)
from hub.api.people_routes import PEOPLE
from hub.api.shapes import Appointment, Consent, Page
from hub.api.talk_routes import TALK
from hub.calls.endpoints import Endpoint, NoBody, Raw, Reading, Writing

ENDPOINTS: tuple[Endpoint, ...] = (
    *PEOPLE,
    *TALK,
    Reading(
        path="/appointments",
        scope="appointments:read",
        summary="List appointments",
        description="Of any status, in the order they were made.",
        query=appointments.AppointmentsQuery,
        answers={200: Page[Appointment]},
        problems=(404,),
        read=appointments.appointments,
    ),
    *scheduling.ENDPOINTS,
    Reading(
        path="/consents",
        scope="consents:read",
        summary="Read the consent ledger of a person",
        description="Newest first. What holds now is in the patient's `contacts`.",
        query=consents.ConsentsQuery,
        answers={200: Page[Consent]},
        problems=(404,),
        read=consents.consents,
    ),
    Writing(
        path="/consents",
        scope="consents:write",
        summary="Append a decision to the consent ledger",
        description=(
            "The answer has one decision for each address concerned. A grant from here never lifts a STOP: only the "
            "person's own START does. A signature for offers is `pending` until the address itself has said YES, for "
            "which it is asked."
        ),
        body=consents.NewConsent,
        answers={201: Page[Consent]},
        problems=(404, 410),
        write=consents.decide,
    ),
    Reading(
        path="/exports",
        scope="exports:write",
        summary="List exports",
        query=exports.ExportsQuery,
        answers={200: Page[exports.ExportShown]},
        read=exports.exports,
    ),
    Writing(
        path="/exports",
        scope="exports:write",
        summary="Export conversations",
        description=(
            "A job writes it; `state` says how far it is. What is done is kept sealed for three days. With `to` and "
            "`because` each person in it can be told to whom it went; `encrypt_to` is a public key of age."
        ),
        body=exports.NewExport,
        answers={202: exports.ExportShown},
        problems=(404,),
        write=exports.ask,
    ),
    Reading(
        path="/exports/{id}",
        scope="exports:write",
        summary="Read how far an export is",
        answers={200: exports.ExportShown},
        problems=(404,),
        read=exports.one_export,
    ),
    Raw(
        path="/exports/{id}/download",
        scope="exports:write",
        summary="Download an export",
        description="A ZIP of its files with the signed manifest, or the encrypted archive. Each download is audited.",
        content_type="application/zip",
        answers={200: Any},
        problems=(404, 410),
        answer=exports.download,
    ),
    Reading(
        path="/campaigns",
        scope="campaigns:read",
        summary="List runs of campaigns",
        description="Newest first.",
        query=campaigns.CampaignsQuery,
        answers={200: Page[campaigns.CampaignRun]},
        read=campaigns.campaigns,
    ),
    Reading(
        path="/campaigns/{id}",
        scope="campaigns:read",
        summary="Count how far a run has come",
        answers={200: campaigns.CampaignStatus},
        problems=(404,),
        read=campaigns.status,
    ),
    Writing(
        path="/campaigns",
        scope="campaigns:write",
        summary="Start a campaign",
        description="One run of a plan at a time; it is planned within a minute. 409 says in `reasons` why not.",
        body=campaigns.NewRun,
        answers={201: campaigns.CampaignRun},
        problems=(409,),
        write=campaigns.start,
    ),
    Writing(
        method="PATCH",
        path="/campaigns/{id}",
        scope="campaigns:write",
        summary="Pause a run, let it go on, or stop it",
        description="Nothing leaves once a pause is answered. What was stopped is stopped for good.",
        body=campaigns.RunUpdate,
        answers={200: campaigns.CampaignRun},
        problems=(404, 409),
        write=campaigns.change,
    ),
    Writing(
        path="/waitlist",
        scope="patients:write",
        summary="Put a patient on the waitlist",
        description="Who waits for a visit of that type already keeps their place, with the new wish.",
        body=campaigns.NewWish,
        answers={201: campaigns.PlaceOnList},
        problems=(404, 409),
        write=campaigns.wait,
    ),
    Writing(
        method="DELETE",
        path="/waitlist/{id}",
        scope="patients:write",
        summary="Take a patient off the waitlist",
        body=NoBody,
        answers={200: campaigns.PlaceOnList},
        problems=(404,),
        write=campaigns.leave,
    ),
    Raw(
        path="/patients/{id}/evidence",
        scope="consents:read",
        summary="Read what proves a patient's consent",
        description="A page, complete in itself: addresses, decisions with their proof, each held against the audit.",
        content_type="text/html",
        answers={200: str},
        problems=(404,),
        answer=evidence.give_page,
    ),
    Raw(
        path="/patients/{id}/evidence.pdf",
        scope="consents:read",
        summary="Download what proves a patient's consent",
        content_type="application/pdf",
        answers={200: Any},
        problems=(404,),
        answer=evidence.give_pdf,
    ),
    Raw(
        path="/events",
        scope=events.SCOPE,
        summary="Follow what changes",
        description=(
            "Server-sent events, resumable with `Last-Event-ID`. `data` is an Event; `reset` means that events were "
            "missed for good: read everything anew."
        ),
        content_type="text/event-stream",
        answers={200: str},
        problems=(503,),
        headers={"Last-Event-ID": "The id of the last event seen."},
        answer=events.stream,
    ),
    Raw(
        path="/openapi.json",
        scope=None,
        summary="This description",
        content_type="application/json",
        answers={200: dict[str, Any]},
        answer=openapi.answer,
    ),
)
