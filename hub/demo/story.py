"""The scene that goes over every channel: one conversation, by text, by mail, in the portal and on the phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from bots.dialogue import Phase
from hub.demo.clinic import patient
from hub.demo.devices import Browser, CallLine, MailLine
from hub.demo.proofs import Proofs
from hub.demo.scenes import Stage, must
from hub.demo.sending import invite
from hub.types import ChannelKind, Language

__all__ = ["STORIES", "english", "spanish"]

_IN, _OUT = "inbound", "outbound"
_OFFERS = ("slots.offer", "slots.offer_nearest", "slots.offer_with", "slots.nearest_with")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What the person says at each turn."""

    begin: str
    when: str
    second: str
    yes: str
    booked: str
    move: str
    soonest: str


_SAID: Mapping[Language, _Words] = {
    "en": _Words(
        begin="I need a check-up",
        when="next week after 2",
        second="Thank you! I think the second one could work for me.",
        yes="YES",
        booked="What do I have booked?",
        move="Can I move it to another day?",
        soonest="The soonest",
    ),
    "es": _Words(
        begin="Hola, necesito un chequeo",
        when="la próxima semana después de las 2",
        second="¡Gracias! Creo que la segunda me podría servir.",
        yes="SÍ",
        booked="¿Qué citas tengo?",
        move="¿Puedo cambiarla a otro día?",
        soonest="Lo antes posible",
    ),
}


async def english(stage: Stage) -> str:
    """Nora begins by text, answers by mail, says yes in the portal, and moves the visit on the phone."""
    return await _play(stage, "nora")


async def spanish(stage: Stage) -> str:
    """Carmen does the same in Spanish."""
    return await _play(stage, "carmen")


class _Step(NamedTuple):
    """Where the conversation stands: the one thread, and what the assistant waits for."""

    thread_id: str
    phase: Phase


async def _play(stage: Stage, key: str) -> str:
    one, proofs = patient(key), stage.proofs
    person_id, said = await proofs.person_id(one), _SAID[one.language]
    line = await stage.line(key)
    mails = MailLine(stage.outside, one, line.say_so("mail"), line.patience)
    base = proofs.parts.settings.base_url

    await invite(proofs.parts, [one])
    invitation = await mails.hear()
    must(f"{base}/portal" in invitation.text, "the clinic's mail leads to the portal")

    # By text: times are offered.
    offers = await line.ask(said.begin)
    if line.is_said("book.ask_when", offers):
        offers = await line.ask(said.when)
    must(any(line.is_said(offer, offers) for offer in _OFFERS), "times are offered")
    first = await _step(proofs, person_id)
    must(first.phase is Phase.CHOOSE_SLOT, "the assistant waits for one of them")
    table = await proofs.offered(person_id)

    # By mail: the second of the times that were sent by text. It is asked back, for it was no bare pick.
    answer = await mails.reply(invitation, said.second)
    must(line.is_said("slots.propose", answer.text), "it is asked whether to book")
    must(await proofs.offered(person_id) == table[1:2], "what is asked about is the second of the times")
    second = await _step(proofs, person_id)
    must(second == (first.thread_id, Phase.CONFIRM_SLOT), "in the same thread the assistant waits for a yes")

    # In the portal: yes.
    async with Browser(base, one, line.say_so("portal")) as browser:
        await browser.sign_in(line)
        must(await _step(proofs, person_id) == second, "signing in changes nothing about it")
        await browser.press(said.yes)
        await proofs.until(lambda: proofs.booked(person_id), "no visit was booked")
        (visit,) = await proofs.visits(person_id)
        must((visit.start, visit.provider) == (table[1].start, table[1].provider), "the visit is the one from the text")
        words = proofs.words("book.booked", visit, one.language, ChannelKind.PORTAL)
        await proofs.until(lambda: browser.reads(words), "the portal does not say what was booked")
    must((await _step(proofs, person_id)).thread_id == first.thread_id, "it is the same thread")

    # By phone: read back, and moved.
    call = await CallLine.dial(stage.outside, one, line.say_so("call"))
    told = await call.say(said.booked)
    must(call.aloud(proofs.words("visits.one", visit, one.language, ChannelKind.VOICE)) in told, "it is read back")
    asked = await call.say(said.move)
    if line.is_said("move.ask_when", asked) or await _phase(proofs, person_id) is Phase.WHEN:
        await call.say(said.soonest)
    must(await _phase(proofs, person_id) is Phase.CHOOSE_SLOT, "other times are read out")
    done = await call.press("1")
    (moved,) = await proofs.visits(person_id)
    must(moved.start != visit.start, "the visit is at another time")
    must(call.aloud(proofs.words("move.moved", moved, one.language, ChannelKind.VOICE)) in done, "and it is said so")
    await call.call.hangs_up()

    await proofs.arrived([person_id])
    return await _proved(proofs, person_id, first.thread_id)


async def _proved(proofs: Proofs, person_id: str, thread_id: str) -> str:
    """Read the whole of it: one thread, every turn in order, on its channel, and one visit."""
    must(await proofs.threads(person_id) == [thread_id], "all of it is in one thread")
    ways = await proofs.ways(person_id)
    order = list(dict.fromkeys(channel for direction, channel in ways if direction == _IN))
    must(order == ["sms", "email", "portal", "voice"], "the turns are in the order in which they were taken")
    answers = [
        (after, channel) for (direction, channel), (way, after) in pairwise(ways) if (direction, way) == (_IN, _OUT)
    ]
    must(all(after == channel for after, channel in answers), "each is answered on the channel that it came by")
    turns = sum(direction == _IN for direction, _ in ways)
    must(len(answers) == turns, "each is answered once")
    return f"one thread, {turns} turns over {' → '.join(order)}, each answered where it was asked; one visit, moved"


async def _step(proofs: Proofs, person_id: str) -> _Step:
    (thread_id,) = await proofs.threads(person_id)
    return _Step(thread_id, await _phase(proofs, person_id))


async def _phase(proofs: Proofs, person_id: str) -> Phase:
    return (await proofs.state(person_id)).phase


STORIES = (("A story over four channels", english), ("The same in Spanish", spanish))
