"""The endpoints of what is said: threads, messages, their files, and mails that were kept."""

from typing import Any

from hub.api import (
    custody,
    files,
    messages,
    replies,
    sending,
    threads,
)
from hub.api.shapes import KeptMail, Message, Page, Sent, Thread, ThreadState
from hub.calls.endpoints import Endpoint, Raw, Reading, Writing

TALK: tuple[Endpoint, ...] = (
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
)
