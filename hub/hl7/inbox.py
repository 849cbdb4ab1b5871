"""What becomes of one message, from its octets to its answers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.db import undoable
from hub.errors import HubError, StorageError
from hub.hl7.answers import Answering, Code
from hub.hl7.applying import ACTOR, Applier
from hub.hl7.faults import Fault, Flaw, Rejected
from hub.hl7.kinds import Header, checked
from hub.hl7.letters import Letters, count_failed
from hub.hl7.reading import Message, Segment, Unread, header_of, read
from hub.live import Topic
from hub.log import say
from hub.parts import Parts

_log = logging.getLogger(__name__)

_LEFT = timedelta(seconds=10)
"""After how long a message that was kept and not applied was left by a process that ended."""
Outcome = Literal["applied", "older", "failed", "replayed", "rejected", "refused", "unsaved"]


@dataclass(frozen=True, slots=True)
class _Applied:
    """What came of applying: the answer, and the flaw where it could not be done."""

    answer: bytes
    outcome: Outcome
    threads: tuple[str, ...] = ()


class Inbox:
    """Takes messages, and tries those again that failed. `take` may be called by several at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._db = parts.db
        self._clock = parts.clock
        self._applier = Applier(parts)
        self._answering = Answering(parts.settings.timezone)
        self.letters = Letters(parts.vault)

    async def take(self, content: bytes) -> list[bytes]:
        """The answers to a message, in their order, once what follows from it is durable. Never fails."""
        try:
            message, header = self._read(content)
        except Rejected as flaw:
            return self._reject(content, flaw)
        try:
            if header.enhanced:
                return await self._enhanced(content, message, header)
            return await self._original(content, message, header)
        except Exception as error:
            # Nothing was kept, and the same message again may fare better.
            say(_log, "hl7_unsaved", logging.ERROR, kind=header.name, error=error)
            self._count(header.name, "unsaved")
            code: Code = "CR" if header.enhanced else "AR"
            return [self._answering.answer(message.header, code, self._clock.now(), Flaw(Fault.INTERNAL))]

    def too_large(self, head: bytes) -> bytes:
        """The answer to a message that is too large, of which only the head was read."""
        return self._reject(head, Rejected(Fault.INTERNAL, "MSH", "too_large"))[0]

    async def retry(self, letter: str) -> Outcome | None:
        """What became of a message that failed, tried again; None where there is no such message."""
        return await self._again(letter, ("failed",))

    async def drop(self, letter: str) -> bool:
        """Give up a message that failed, and delete what it says; False when it did not fail, or is not there."""

        async def unit(conn: AsyncConnection) -> bool:
            dropped = await self.letters.drop(conn, letter, self._clock.now())
            if dropped:
                await self._parts.trail.record(conn, Entry(action="hl7.drop", actor=ACTOR, object_id=letter))
            return dropped

        return await self._db.write(unit)

    async def catch_up(self) -> int:
        """Apply what a process kept and did not apply before it ended; how many."""
        async with self._db.glance() as conn:
            waiting = await self.letters.ids(conn, "waiting", before=self._clock.now() - _LEFT)
        done = [await self._again(letter, ("waiting",)) for letter in waiting]
        return len([one for one in done if one is not None])

    async def look(self) -> None:
        """Bring the gauge of what failed up to date, and forget what is over."""
        async with self._db.glance() as conn:
            self._parts.metrics.hl7_failed.set(await count_failed(conn))
            over = await self.letters.over(conn, self._clock.now())
        if over:
            await self._db.write(lambda conn: self.letters.prune(conn, over))

    # --- one message

    def _read(self, content: bytes) -> tuple[Message, Header]:
        message = read(content)
        settings = self._parts.settings
        try:
            header = checked(
                message.header,
                zone=settings.timezone,
                received=self._clock.now(),
                processing=settings.mllp_processing,
            )
        except Flaw as flaw:
            raise Unread(flaw.fault, flaw.place, flaw.reason, header=message.header) from None
        return message, header

    def _reject(self, content: bytes, flaw: Rejected) -> list[bytes]:
        header: Segment | None = flaw.header if isinstance(flaw, Unread) else None
        if header is None:
            try:
                header = header_of(content)
            except Unread as unread:
                header = unread.header
            except Rejected:
                header = None
        enhanced = header is not None and bool(header.raw(15) or header.raw(16))
        say(_log, "hl7_rejected", logging.WARNING, code=int(flaw.fault), place=flaw.place, reason=flaw.reason)
        self._count("", "rejected")
        return [self._answering.answer(header, "CR" if enhanced else "AR", self._clock.now(), flaw)]

    async def _original(self, content: bytes, message: Message, header: Header) -> list[bytes]:
        """One answer, for all: kept, applied and answered in one transaction."""
        blind = self.letters.blind(header)

        async def unit(conn: AsyncConnection) -> _Applied:
            known = await self.letters.known(conn, blind)
            if known is not None:
                return await self._replayed(conn, known, content, message)
            letter = await self.letters.add(conn, header, content, blind=blind, now=self._clock.now())
            return await self._apply(conn, letter, message, header, 1)

        try:
            done = await self._db.write(unit)
        except IntegrityError:
            done = await self._db.write(lambda conn: self._unfit(conn, content, message, header, blind))
        self._tell(header, done)
        return [done.answer]

    async def _enhanced(self, content: bytes, message: Message, header: Header) -> list[bytes]:
        """Two answers: that the message is kept, and what came of it; each if the sender wants to hear it."""
        blind = self.letters.blind(header)
        commit = self._answering.answer(message.header, "CA", self._clock.now())

        async def keep(conn: AsyncConnection) -> tuple[str, _Applied | None, list[bytes]]:
            known = await self.letters.known(conn, blind)
            if known is None:
                added = await self.letters.add(conn, header, content, blind=blind, now=self._clock.now(), commit=commit)
                return added, None, [commit]
            if known.digest != self.letters.digest(content):
                return known.id, _Applied(self._duplicate(message, "CE"), "refused"), []
            first = await self.letters.open(conn, known, "commit")
            again = await self.letters.open(conn, known, "answer")
            return known.id, _Applied(again or b"", "replayed"), [first] if first is not None else []

        letter, known, commits = await self._db.write(keep)
        if known is not None and known.outcome == "refused":
            self._tell(header, known)
            return [known.answer]
        done = known
        if done is None:
            try:
                done = await self._db.write(lambda conn: self._waiting(conn, letter, message, header))
            except Exception as error:
                # It is kept: it waits for the next round (`catch_up`).
                say(_log, "hl7_waits", logging.WARNING, letter=letter, error=error)
                done = _Applied(b"", "unsaved")
        self._tell(header, done)
        good = done.outcome != "failed"
        answers = list(commits) if header.accept in ("AL", "SU") else []
        if done.answer and (header.application == "AL" or header.application == ("SU" if good else "ER")):
            answers.append(done.answer)
        return answers

    async def _waiting(self, conn: AsyncConnection, letter: str, message: Message, header: Header) -> _Applied:
        row = await self.letters.to_apply(conn, letter, ("waiting",))
        if row is None:
            return _Applied(b"", "replayed")
        return await self._apply(conn, letter, message, header, 1)

    async def _apply(
        self, conn: AsyncConnection, letter: str, message: Message, header: Header, attempts: int
    ) -> _Applied:
        """Apply a message that is kept, or note why it could not be; either way with its answer."""
        now = self._clock.now()
        try:
            async with undoable(conn):
                done = await self._applier.apply(conn, message, header)
        except (StorageError, SQLAlchemyError, OSError):
            # The database's: the whole unit is run again, or fails.
            raise
        except Flaw as found:
            flaw = found
        except HubError as error:
            flaw = Flaw(Fault.INTERNAL, "", error.code)
        except Exception as error:
            say(_log, "hl7_broke", logging.ERROR, letter=letter, error=error)
            flaw = Flaw(Fault.INTERNAL, "", "broke")
        else:
            answer = self._answering.answer(message.header, "AA", now)
            await self.letters.applied(conn, letter, answer, now, news=done.news, attempts=attempts)
            return _Applied(answer, "applied" if done.news else "older", done.threads)
        answer = self._answering.answer(message.header, "AE", now, flaw)
        await self.letters.failed(conn, letter, answer, now, flaw, attempts=attempts)
        say(
            _log,
            "hl7_failed",
            logging.WARNING,
            letter=letter,
            kind=header.name,
            code=int(flaw.fault),
            place=flaw.place,
            reason=flaw.reason,
        )
        return _Applied(answer, "failed")

    async def _unfit(
        self, conn: AsyncConnection, content: bytes, message: Message, header: Header, blind: bytes
    ) -> _Applied:
        """Keep a message that the database will not have applied, however often it is tried, as one that failed."""
        known = await self.letters.known(conn, blind)
        if known is not None:
            return await self._replayed(conn, known, content, message)
        now, flaw = self._clock.now(), Flaw(Fault.INTERNAL, "", "refused")
        letter = await self.letters.add(conn, header, content, blind=blind, now=now)
        answer = self._answering.answer(message.header, "AE", now, flaw)
        await self.letters.failed(conn, letter, answer, now, flaw)
        return _Applied(answer, "failed")

    async def _replayed(self, conn: AsyncConnection, known: Any, content: bytes, message: Message) -> _Applied:
        """The answer that a message got when it came first; another one under its name is refused."""
        if known.digest != self.letters.digest(content):
            return _Applied(self._duplicate(message, "AE"), "refused")
        answer = await self.letters.open(conn, known, "answer")
        if answer is None:
            raise StorageError("the message is still being applied: send it again")
        return _Applied(answer, "replayed")

    def _duplicate(self, message: Message, code: Code) -> bytes:
        flaw = Flaw(Fault.DUPLICATE_KEY, "MSH-10", "other_content")
        return self._answering.answer(message.header, code, self._clock.now(), flaw)

    # --- again

    async def _again(self, letter: str, states: Sequence[Literal["failed", "waiting"]]) -> Outcome | None:
        async def unit(conn: AsyncConnection) -> tuple[Header, _Applied] | None:
            row = await self.letters.to_apply(conn, letter, states)
            content = await self.letters.open(conn, row, "body") if row is not None else None
            if content is None:
                return None
            message = read(content)
            header = checked(
                message.header,
                zone=self._parts.settings.timezone,
                # As it was then: what came since is newer.
                received=row.received_at,
                processing=message.header.text(11),
            )
            return header, await self._apply(conn, letter, message, header, row.attempts + 1)

        done = await self._db.write(unit)
        if done is None:
            return None
        header, applied = done
        self._tell(header, applied)
        return applied.outcome

    # --- telling

    def _tell(self, header: Header, done: _Applied) -> None:
        self._count(header.name, done.outcome)
        say(_log, "hl7_taken", kind=header.name, outcome=done.outcome)
        if done.outcome == "failed":
            self._parts.metrics.hl7_failed.inc()
        if done.threads:
            self._parts.live.wakeups.ring(Topic.ACCEPTED, done.threads)
        if done.outcome == "applied":
            self._parts.bell.ring()

    def _count(self, kind: str, outcome: Outcome) -> None:
        self._parts.metrics.hl7_messages.labels(kind, outcome).inc()
