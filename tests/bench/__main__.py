"""`python -m tests.bench accept|reply|dispatch`: measure, print, and exit 0 whatever came out."""

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.bench import accept, dispatch, figures, processes, reply


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("work", choices=("accept", "reply", "dispatch"))
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each side is under load, each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout; the table goes to stderr")
    parser.add_argument("--dir", type=Path, help="a folder on a real disk to work in (default: the temporary one)")
    parser.add_argument("--messages", type=int, default=3000, help="dispatch: deliveries a round")
    parser.add_argument("--callbacks", action="store_true", help="dispatch: with status callbacks, to `hub serve`")
    parser.add_argument("--rasa", metavar="URL", help="reply: a Rasa server whose REST channel is measured too")
    options = parser.parse_args()

    def tell(words: str) -> None:
        print(words, file=sys.stderr if options.json else sys.stdout, flush=True)

    with tempfile.TemporaryDirectory(prefix="carehub-bench-", dir=options.dir) as folder:
        bench = processes.Bench(Path(folder))
        kind = processes.filesystem(bench.folder)
        tell(f"{options.work} on {kind}" + (": NOT A DISK, commits cost nothing here" if kind == "tmpfs" else ""))
        rounds: list[figures.Round] = []
        try:
            rounds = _WORK[options.work](bench, options, tell)
        except Exception:
            tell("the benchmark broke:\n" + traceback.format_exc())
        finally:
            bench.end_children()
    figures.tell_summary(rounds, tell)
    if options.json:
        found = {"work": options.work, "filesystem": kind, "rounds": [asdict(one) for one in rounds]}
        print(json.dumps(found | figures.summary(rounds)))


Work = Callable[[processes.Bench, argparse.Namespace, figures.Tell], list[figures.Round]]


def _accept(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return accept.run(bench, seconds=options.seconds, rounds=options.rounds, tell=tell)


def _dispatch(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return dispatch.run(
        bench, messages=options.messages, rounds=options.rounds, callbacks=options.callbacks, tell=tell
    )


def _reply(bench: processes.Bench, options: argparse.Namespace, tell: figures.Tell) -> list[figures.Round]:
    return reply.run(bench, seconds=options.seconds, rounds=options.rounds, rasa=options.rasa, tell=tell)


_WORK: dict[str, Work] = {"accept": _accept, "dispatch": _dispatch, "reply": _reply}


if __name__ == "__main__":
    main()
