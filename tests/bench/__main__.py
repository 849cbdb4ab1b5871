"""`python -m tests.bench WORK`: measure, print, and exit 0 whatever came out."""

import argparse
import json
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import (
    accept,
    agents,
    campaign,
    dispatch,
    engines,
    figures,
    inbox,
    processes,
    reply,
    scale,
    search,
    understand,
)
from tests.bench.crowd import crowd
from tests.servers.postgresql import Postgres


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("work", choices=(*_WORK, *_DESK))
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="what the product runs on"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each side is under load, each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout; the table goes to stderr")
    parser.add_argument("--dir", type=Path, help="a folder on a real disk to work in (default: the temporary one)")
    parser.add_argument("--models", type=Path, help="keep the trained model in this folder, to train only once")
    parser.add_argument("--messages", type=int, default=3000, help="dispatch: deliveries a round")
    parser.add_argument("--callbacks", action="store_true", help="dispatch: with status callbacks, to `hub serve`")
    parser.add_argument("--floor-loop", choices=("asyncio", "uvloop"), default="asyncio", help="what the floor runs on")
    parser.add_argument("--wait", type=float, default=0.02, help="scale: seconds that the calendar takes for each call")
    parser.add_argument("--rasa", metavar="URL", help="reply: a Rasa server whose REST channel is measured too")
    parser.add_argument("--rasa-models", type=Path, help="engines: the folder of the trained Rasa model")
    parser.add_argument("--every", type=int, default=1, help="engines, understand: one text in so many")
    parser.add_argument(
        "--threads", type=int, default=100_000, help="inbox, search, agents: threads, ten messages each"
    )
    parser.add_argument("--agents", type=int, default=50, help="agents: how many of the staff are at work")
    parser.add_argument("--keep", type=Path, help="inbox, search, agents: keep the clinic that was made in this folder")
    parser.add_argument("--people", type=int, default=100_000, help="campaign: persons of the audience")
    options = parser.parse_args()

    def tell(words: str) -> None:
        print(words, file=sys.stderr if options.json else sys.stdout, flush=True)

    # Asked to end, it must still end what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found: dict[str, Any] = {"work": options.work}
    rounds: list[figures.Round] = []
    try:
        with tempfile.TemporaryDirectory(prefix="carehub-bench-", dir=options.dir) as folder:
            found["filesystem"] = kind = processes.filesystem(Path(folder))
            tell(f"{options.work} on {kind}" + (": NOT A DISK, commits cost nothing here" if kind == "tmpfs" else ""))
            postgres = None
            if options.database == "postgresql" or options.work == "scale":
                Path(folder).chmod(0o755)
                postgres = Postgres.start(durable=True, on=Path(folder))
            bench = processes.Bench(Path(folder), postgres)
            try:
                if options.work in _DESK:
                    found["figures"] = _DESK[options.work](bench, options, tell)
                else:
                    rounds = _WORK[options.work](bench, options, tell)
            finally:
                bench.end_children()
                if postgres is not None:
                    postgres.close()
    except KeyboardInterrupt:
        found["broke"] = "stopped"
    except Exception:
        found["broke"] = traceback.format_exc()
    if "broke" in found:
        tell(f"the benchmark broke: {found['broke']}")
    if rounds:
        figures.tell_summary(rounds, tell)
    if options.json:
        summary = figures.summary(rounds) if rounds else {}
        print(json.dumps(found | {"rounds": [figures.measured(one) for one in rounds]} | summary))


Work = Callable[[processes.Bench, argparse.Namespace, figures.Tell], list[figures.Round]]


def _accept(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return accept.run(bench, seconds=options.seconds, rounds=options.rounds, tell=tell, floor_loop=options.floor_loop)


def _dispatch(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return dispatch.run(
        bench,
        messages=options.messages,
        rounds=options.rounds,
        callbacks=options.callbacks,
        models=_models(bench, options),
        tell=tell,
        floor_loop=options.floor_loop,
    )


def _reply(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return reply.run(
        bench,
        seconds=options.seconds,
        rounds=options.rounds,
        models=_models(bench, options),
        rasa=options.rasa,
        tell=tell,
    )


def _scale(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return scale.run(
        bench,
        seconds=options.seconds,
        rounds=options.rounds,
        models=_models(bench, options),
        tell=tell,
        wait=options.wait,
    )


def _campaign(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return campaign.run(bench, people=options.people, rounds=options.rounds, tell=tell)


def _models(bench: processes.Bench, options: argparse.Namespace) -> Path:
    """Where the trained model is kept between the rounds."""
    models: Path = options.models or bench.folder / "models"
    return models.resolve()


def _inbox(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> dict[str, Any]:
    sizes = (max(20, options.threads // 10), options.threads)
    return inbox.run(_kept(bench, options), sizes=sizes, rounds=max(20, options.rounds * 40), tell=tell)


def _search(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> dict[str, Any]:
    database, data = inbox.place(_kept(bench, options), options.threads)
    made = crowd(database, data, options.threads, options.threads * 10, tell)
    return search.run(made, database, tell)


def _agents(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> dict[str, Any]:
    database, data = inbox.place(_kept(bench, options), options.threads)
    made = crowd(database, data, options.threads, options.threads * 10, tell)
    return dict(agents.run(bench, made, database, agents=options.agents, seconds=options.seconds, tell=tell))


def _engines(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> dict[str, Any]:
    if options.rasa_models is None:
        raise SystemExit("engines needs --rasa-models: what `hub bot train --engine rasa` says at its end")
    return engines.run(options.rasa_models, bench.folder, options.every, tell)


def _understand(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> dict[str, Any]:
    return understand.run(options.every, tell)


def _kept(bench: processes.Bench, options: argparse.Namespace) -> processes.Bench:
    """Where the clinic is made: in the folder that is kept, if one is; a server's database goes with the server."""
    if options.keep is None or bench.postgres is not None:
        return bench
    options.keep.mkdir(parents=True, exist_ok=True)
    return processes.Bench(options.keep.resolve())


_DESK: dict[str, Callable[[processes.Bench, argparse.Namespace, figures.Tell], dict[str, Any]]] = {
    "inbox": _inbox,
    "search": _search,
    "agents": _agents,
    "engines": _engines,
    "understand": _understand,
}
_WORK: dict[str, Work] = {
    "accept": _accept,
    "dispatch": _dispatch,
    "reply": _reply,
    "scale": _scale,
    "campaign": _campaign,
}


if __name__ == "__main__":
    main()
