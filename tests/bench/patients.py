"""A process that is the world of the reply benchmark: patients who text, and the carrier that hears the answers.

Each patient plays one talk: the next text follows the answer to the one before. The answer to a text is the POST that
names the patient's number at the carrier, so that the time between is what a person waits, less the radio.
"""

import asyncio
import gc
import json
import random
import re
import sys
import time
from urllib.parse import unquote_plus

from tests.bench import webhooks
from tests.bench.carrier import Carrier
from tests.bench.figures import percentile
from tests.bench.processes import answer_lines, say
from tests.bench.wire import Client, connect

TALKS = (
    ("Hi, I'd like to book a check-up next week", "1", "yes", "thanks"),
    ("What are your hours on Saturday?", "And where do I find you?", "Thank you"),
    ("Can I get an appointment with Dr. Kim in the morning?", "2", "yes", "What do I have booked?"),
    ("What do I have booked?", "Are you open on Sunday?", "ok thanks"),
    ("I need a check-up next Tuesday after 3", "the first one", "yes", "great, thank you"),
)
PATIENCE = 10.0
CONNECTIONS = 32
_TO = re.compile(rb"(?:^|&)To=([^&]+)")


class World:
    """The patients and their carrier. `base` is the hub's address; patients beyond `people` are not known to it."""

    def __init__(self, base: str, people: int) -> None:
        self._base = base
        self._people = people
        self._next_person = 0
        self._next_sid = 0
        self._clients: list[Client] = []
        self._free: list[Client] = []
        self._waiting: list[bytes] = []
        self._awaited: dict[str, asyncio.Future[float]] = {}
        self.refused = 0

    async def connect(self, port: int) -> None:
        """Open the connections over which texts go to the hub."""
        self._clients = await connect(port, CONNECTIONS, self._taken)
        self._free = list(self._clients)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def heard(self, number: int, body: bytes) -> None:
        """A text from the hub: whoever waits for it has it now."""
        if (found := _TO.search(body)) is None:
            return
        waiting = self._awaited.pop(unquote_plus(found[1].decode()), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())

    def person(self) -> int:
        """The next patient who has not texted yet."""
        self._next_person += 1
        return self._next_person - 1

    @property
    def people_left(self) -> bool:
        """Whether there is one."""
        return self._next_person < self._people

    async def ask(self, person: int, text: str, since: float) -> float | None:
        """Seconds from `since` until the answer was at the carrier; None when none came in time."""
        number = webhooks.number(person)
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited[number] = answer
        self._waiting.append(webhooks.inbound(self._base, self._next_sid, number, text))
        self._next_sid += 1
        if self._free:
            self._post(self._free.pop())
        try:
            return await asyncio.wait_for(answer, PATIENCE) - since
        except TimeoutError:
            self._awaited.pop(number, None)
            return None

    def _post(self, client: Client) -> None:
        client.request = 0
        client.send(self._waiting.pop(0))

    def _taken(self, client: Client, status: int) -> None:
        client.request = -1
        self.refused += status != 200
        if client.lost:
            return
        if self._waiting:
            self._post(client)
        else:
            self._free.append(client)


async def closed(world: World, patients: int, seconds: float) -> dict[str, object]:
    """So many patients at once, each texting again as soon as they are answered."""
    waits: list[float] = []
    silent = 0
    began = time.perf_counter()

    async def lane(n: int) -> None:
        nonlocal silent
        turn = n
        while world.people_left and time.perf_counter() - began < seconds:
            person = world.person()
            for text in TALKS[turn % len(TALKS)]:
                if time.perf_counter() - began >= seconds:
                    return
                waited = await world.ask(person, text, time.perf_counter())
                if waited is None:
                    silent += 1
                    break
                waits.append(waited * 1000)
            turn += 1

    await asyncio.gather(*(lane(n) for n in range(patients)))
    return _told(world, waits, silent, time.perf_counter() - began)


async def opened(world: World, rate: float, seconds: float) -> dict[str, object]:
    """Texts at random moments, `rate` a second on average, whether or not the ones before were answered.

    Each is the next word of a patient who was answered; when none is free, a new one begins. What a text waits for is
    counted from the moment it was due, so that a stall of ours or of the hub's hides nothing.
    """
    waits: list[float] = []
    silent = 0
    idle: list[tuple[int, int, int]] = []
    chance = random.Random(7)
    running: set[asyncio.Task[None]] = set()
    began = due = time.perf_counter()

    async def turn(person: int, talk: int, step: int, since: float) -> None:
        nonlocal silent
        waited = await world.ask(person, TALKS[talk][step], since)
        if waited is None:
            silent += 1
            return
        waits.append(waited * 1000)
        if step + 1 < len(TALKS[talk]):
            idle.append((person, talk, step + 1))

    talk = 0
    while due - began < seconds:
        due += chance.expovariate(rate)
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        if len(idle) > CONNECTIONS or (idle and not world.people_left):
            person, which, step = idle.pop(0)
        elif world.people_left:
            talk += 1
            person, which, step = world.person(), talk % len(TALKS), 0
        else:
            break
        task = asyncio.create_task(turn(person, which, step, due))
        running.add(task)
        task.add_done_callback(running.discard)
    elapsed = time.perf_counter() - began
    await asyncio.gather(*running)
    return _told(world, waits, silent, elapsed)


def _told(world: World, waits: list[float], silent: int, elapsed: float) -> dict[str, object]:
    return {
        "messages": len(waits),
        "per_second": len(waits) / elapsed if elapsed else 0.0,
        "p50": percentile(waits, 0.5),
        "p99": percentile(waits, 0.99),
        "silent": silent,
        "refused": world.refused,
        "people_left": world.people_left,
    }


async def run(base: str, port: int, people: int) -> None:
    """Listen as the carrier, then play what is asked for on stdin."""
    world = World(base, people)
    carrier = Carrier(world.heard)
    tasks: set[asyncio.Task[None]] = set()
    gc.collect()
    gc.freeze()

    async def play(question: dict[str, float]) -> None:
        match question.pop("play"):
            case "connect":
                await world.connect(port)
                say(connected=True)
            case "closed":
                say(**await closed(world, int(question["patients"]), question["seconds"]))
            case _:
                say(**await opened(world, question["rate"], question["seconds"]))

    def asked(question: dict[str, float]) -> None:
        task = asyncio.ensure_future(play(question))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    answer_lines(asked)
    say(port=await carrier.start())
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))
