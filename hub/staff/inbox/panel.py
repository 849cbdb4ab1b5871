"""Every call of the person's side panel, on one page; and those of the API that staff make as they are.

1. `panel_reading`: all that the panel shows, and who looked.
2. `panel_deciding`: consent, preferences, language, as the person told staff.
3. `panel_visits`: visits booked, moved, cancelled.
4. `panel_joining`: who is who.
5. `canned`: replies ready to be used, filled for a thread.
"""

from collections.abc import Mapping
from dataclasses import replace

from hub.api.merging import MergeDone
from hub.api.routes import ENDPOINTS as API
from hub.api.shapes import Page
from hub.calls import Endpoint, Raw, Reading, Writing
from hub.staff.inbox import canned, panel_deciding, panel_joining, panel_reading, panel_visits
from hub.staff.inbox import panel_shapes as shapes
from hub.staff.inbox.shapes import CannedReply

_ADDRESS = "/patients/{id}/addresses/{address}"
_OF_THE_API: Mapping[tuple[str, str], tuple[str, str]] = {
    ("GET", "/patients/{id}/addresses"): ("GET", "/patients/{id}/addresses"),
    ("POST", "/patients/{id}/addresses"): ("POST", "/patients/{id}/addresses"),
    ("POST", f"{_ADDRESS}/code"): ("POST", f"{_ADDRESS}/code"),
    ("POST", f"{_ADDRESS}/verify"): ("POST", f"{_ADDRESS}/verify"),
    ("POST", f"{_ADDRESS}/restore"): ("POST", f"{_ADDRESS}/restore"),
    # The page only gets and posts.
    ("DELETE", _ADDRESS): ("POST", f"{_ADDRESS}/retire"),
}
"""What staff do about addresses is what other systems do: the same endpoints, and where they are here."""


def _of_the_api() -> tuple[Endpoint, ...]:
    found = []
    for one in API:
        if (here := _OF_THE_API.get((one.method, one.path))) is not None:
            found.append(replace(one, method=here[0], path=here[1]))
    if len(found) != len(_OF_THE_API):
        raise RuntimeError("the API lacks an endpoint that staff need")
    return tuple(found)


ENDPOINTS: tuple[Endpoint, ...] = (
    Reading(
        path="/threads/{id}/panel",
        scope="patients:read",
        summary="Everything about the person of a thread",
        answers={200: shapes.Panel},
        problems=(404,),
        read=panel_reading.panel,
    ),
    Reading(
        path="/threads/{id}/looked",
        scope="access:read",
        summary="Who looked at what is this person's",
        query=shapes.LookedQuery,
        answers={200: Page[shapes.Look]},
        problems=(404,),
        read=panel_reading.looked,
    ),
    Writing(
        path="/threads/{id}/consent",
        scope="consents:write",
        summary="Record a decision that the person told staff",
        body=shapes.NewFact,
        answers={201: shapes.Recorded},
        problems=(404, 422),
        write=panel_deciding.consent,
    ),
    Writing(
        path="/threads/{id}/preference",
        scope="patients:write",
        summary="Keep by which channels the person would like to hear of one purpose",
        body=shapes.NewWish,
        answers={200: shapes.Done},
        problems=(404,),
        write=panel_deciding.preference,
    ),
    Writing(
        path="/threads/{id}/shorter",
        scope="patients:write",
        summary="Take back that the person wants whole texts on a channel",
        body=shapes.Shorter,
        answers={200: shapes.Done},
        problems=(404,),
        write=panel_deciding.shorter,
    ),
    Writing(
        path="/threads/{id}/language",
        scope="patients:write",
        summary="Write to the person in another language",
        body=shapes.NewLanguage,
        answers={200: shapes.Done},
        problems=(404,),
        write=panel_deciding.language,
    ),
    Raw(
        path="/threads/{id}/times",
        scope="appointments:read",
        summary="Find open times",
        answers={200: shapes.Times},
        content_type="application/json",
        answer=panel_visits.times,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/hold",
        scope="appointments:write",
        summary="Keep a time for the person",
        answers={200: shapes.Kept},
        problems=(404, 409),
        content_type="application/json",
        answer=panel_visits.hold,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/book",
        scope="appointments:write",
        summary="Book a time",
        answers={201: shapes.Arranged},
        problems=(404, 409),
        content_type="application/json",
        answer=panel_visits.book,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/move",
        scope="appointments:write",
        summary="Move a visit to another time",
        answers={201: shapes.Arranged},
        problems=(404, 409),
        content_type="application/json",
        answer=panel_visits.move,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/cancel",
        scope="appointments:write",
        summary="Cancel a visit",
        answers={200: shapes.Arranged},
        problems=(404, 409),
        content_type="application/json",
        answer=panel_visits.cancel,
    ),
    Reading(
        path="/threads/{id}/people",
        scope="patients:read",
        summary="Find the person that a thread may be of",
        query=shapes.PeopleQuery,
        answers={200: shapes.People},
        problems=(404,),
        read=panel_joining.people,
    ),
    Reading(
        path="/threads/{id}/join",
        scope="patients:read",
        summary="What would happen if the thread's person became another",
        query=shapes.JoinQuery,
        answers={200: shapes.Join},
        problems=(404,),
        read=panel_joining.preview,
    ),
    Writing(
        path="/threads/{id}/link",
        scope="patients:write",
        summary="Say whose number an unidentified sender's is",
        body=shapes.NewJoin,
        answers={200: MergeDone},
        problems=(404, 409),
        write=panel_joining.link,
    ),
    Writing(
        path="/threads/{id}/merge",
        scope="threads:merge",
        summary="Make the record of the thread's person part of another",
        body=shapes.NewJoin,
        answers={200: MergeDone},
        problems=(404, 409),
        write=panel_joining.merge,
    ),
    Writing(
        path="/threads/{id}/writing",
        scope="patients:write",
        summary="Say who is writing on a shared number now",
        body=shapes.NewWriter,
        answers={200: shapes.Writing},
        problems=(404, 422),
        write=panel_joining.writing,
    ),
    Reading(
        path="/canned",
        scope="desk:read",
        summary="Replies ready to be used, filled for a thread",
        query=canned.CannedQuery,
        answers={200: Page[CannedReply]},
        problems=(404,),
        read=canned.replies,
    ),
    *_of_the_api(),
)
