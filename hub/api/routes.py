"""Every endpoint of the API, on one page."""

from typing import Any

from hub.api import (
    addresses,
    appointments,
    campaigns,
    consents,
    custody,
    events,
    evidence,
    files,
    merging,
    messages,
    openapi,
    patients,
    preferences,
    proxies,
    replies,
    scheduling,
    sending,
    threads,
)
from hub.api.shapes import Appointment, Consent, KeptMail, Message, Page, Patient, Sent, Thread, ThreadState
from hub.calls.endpoints import Endpoint, NoBody, Raw, Reading, Writing

ENDPOINTS: tuple[Endpoint, ...] = (
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
    Reading(
        path="/threads",
        scope="threads:read",
        summary="List threads",
        description="The inbox's list, last active first.",
        query=threads.ThreadsQuery,
        answers={200: Page[Thread]},
        read=threads.threads,
    ),
    Reading(
        path="/threads/{id}",
        scope="threads:read",
        summary="Read a thread",
        answers={200: Thread},
        problems=(404,),
        read=threads.one_thread,
    ),
    Writing(
        method="PATCH",
        path="/threads/{id}",
        scope="messages:write",
        summary="Take a thread, give it back to the bot, or close it",
        description=(
            "`open` takes it from the bot. `bot` and `closed` clear `priority` and `attention`: the bot begins anew "
            "with the person's next text. A `disposition` is kept as a note for staff; while the priority is 3 "
            "(emergency), only `open` goes without one: else 409."
        ),
        body=custody.ThreadUpdate,
        answers={200: ThreadState},
        problems=(404, 409, 410),
        write=custody.change,
    ),
    Reading(
        path="/threads/{id}/messages",
        scope="threads:read",
        summary="List the messages of a thread",
        description="Oldest first, each with how far it has come.",
        query=messages.MessagesQuery,
        answers={200: Page[Message]},
        problems=(404, 410),
        read=messages.messages,
    ),
    Writing(
        path="/threads/{id}/messages",
        scope="messages:write",
        summary="Reply, or keep a note",
        description=(
            "A reply takes the thread from the bot. 409 says in `reasons` why consent or policy forbids it. "
            "A note is for staff only."
        ),
        body=replies.Reply,
        answers={201: Message},
        problems=(404, 409, 410),
        write=replies.write,
    ),
    Raw(
        path="/attachments/{id}",
        scope=files.ATTACHMENTS,
        summary="Download a file of a message",
        description=(
            "Under the name and content type that the message's list of attachments gives. A download that ends before "
            "its `Content-Length` is not the file. 409 says in `reasons` why it is not given out."
        ),
        content_type="application/octet-stream",
        answers={200: Any},
        problems=(404, 409, 410, 503),
        answer=files.give,
    ),
    Reading(
        path="/mails",
        scope=files.MAILS,
        summary="List the mails that are kept as they came",
        description="Newest first: those that could not be read, or hold more than a message shows.",
        query=files.MailsQuery,
        answers={200: Page[KeptMail]},
        read=files.mails,
    ),
    Raw(
        path="/mails/{id}",
        scope=files.MAILS,
        summary="Download a mail as it came",
        description="409 where the virus scanner finds malware in it.",
        content_type="message/rfc822",
        answers={200: Any},
        problems=(404, 409, 503),
        answer=files.give_mail,
    ),
    Writing(
        path="/messages",
        scope="messages:write",
        summary="Send to a person from another system",
        description="Subject to consent, caps and quiet hours, now and again when it is delivered. 409 says why not.",
        body=sending.Outgoing,
        answers={202: Sent},
        problems=(404, 409, 410),
        write=sending.send,
    ),
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
