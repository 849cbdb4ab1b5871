"""How well mail is read: `python -m tests.mail [FOLDER]`, the folder of the measuring sets.

Prints, for each set of replies, how many bodies are found exactly (equal line for line; spaces at the ends of lines and
runs of blank lines do not count); for each set of broken mails, how many are read and how many kept as unreadable; and
the processor time of the dearest mail of each, and of mails made to cost much.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from channels.mail import limits, replies
from channels.mail.parsing import parse
from tests.mail.corpus import cases, same
from tests.mail.hostile import READ, REFUSED
from tests.shared import SHARED

T = TypeVar("T")
ASIDE = "mail-parser-reply"
BROKEN_SETS = {"mikel-mail": "*", "stalwart-mail-parser": "*.eml"}


def main(corpora: Path) -> None:
    """Print the figures."""
    print("reply extraction, exact body")
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    dearest: dict[str, float] = {}
    for case in cases(corpora):
        spent, found = _spent(lambda text=case.text: replies.extract(text))  # type: ignore[misc]
        total[case.set] += 1
        right[case.set] += same(found.text, case.wanted)
        dearest[case.set] = max(dearest.get(case.set, 0.0), spent)
    for name, count in total.items():
        told = " (63 % at its first measure)" if name == ASIDE else ""
        print(f"  {name:28} {right[name]:3} of {count:3} {right[name] / count:7.1%}  {dearest[name]:6.1f} ms{told}")
    print("broken and odd mails")
    for name, pattern in BROKEN_SETS.items():
        ends: Counter[str] = Counter()
        most = 0.0
        for path in _mails(corpora / name, pattern):
            raw = path.read_bytes()
            spent, how = _spent(lambda raw=raw: _read(raw))  # type: ignore[misc]
            ends[how] += 1
            most = max(most, spent)
        print(f"  {name:28} {dict(ends)}  {most:6.1f} ms")
    print("mails made to cost much, processor time")
    for name, make in [*((n, m) for n, (m, _) in REFUSED.items()), *READ.items()]:
        raw = make()
        spent, how = _spent(lambda raw=raw: _read(raw))  # type: ignore[misc]
        print(f"  {name:36} {how:10} {spent:7.1f} ms")


def _mails(folder: Path, pattern: str) -> Iterator[Path]:
    names = (path for path in sorted(folder.rglob(pattern)) if path.is_file())
    return (path for path in names if not path.name.upper().startswith(("LICENSE", "COPYING", "MIT-", "README")))


def _read(raw: bytes) -> str:
    try:
        parse(raw)
    except limits.TooMuch as refused:
        return refused.reason
    except Exception as broken:
        return f"kept ({type(broken).__name__})"
    return "read"


def _spent(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    result = work()
    return (time.process_time() - began) * 1000, result


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "data" / "corpora")
