"""What a round measured, and how rounds are told."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of one side.

    per_second: messages; p50, p99: milliseconds; cpu: microseconds of the measured process for each message.
    idle, after: resident MB of the measured process, ready and after the load; ready: seconds from start to ready.
    load: the machine's load average before the round; more than the bench's own work disturbs it.
    """

    side: str
    messages: int
    per_second: float
    p50: float
    p99: float
    cpu: float = math.nan
    idle: float = math.nan
    after: float = math.nan
    ready: float = math.nan
    load: float = math.nan
    remark: str = ""


def measured(one: Round) -> dict[str, Any]:
    """The figures of a round by name, without those that were not measured."""
    return {name: value for name, value in asdict(one).items() if value == value}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, by nearest rank; not a number for none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(rounds: Sequence[Round], side: str) -> dict[str, float]:
    """The median over the rounds of one side, figure by figure."""
    mine = [asdict(one) for one in rounds if one.side == side]
    names = ("per_second", "p50", "p99", "cpu", "idle", "after", "ready")
    found = {name: [one[name] for one in mine if not math.isnan(one[name])] for name in names}
    return {name: statistics.median(values) if values else math.nan for name, values in found.items()}


def ratios(rounds: Sequence[Round]) -> list[float]:
    """Product ÷ floor of each pair of neighbours."""
    floor = [one.per_second for one in rounds if one.side == "floor"]
    product = [one.per_second for one in rounds if one.side == "product"]
    return [ours / bare for ours, bare in zip(product, floor, strict=False) if bare]


_COLUMNS = ("messages", "/s", "p50 ms", "p99 ms", "CPU µs", "idle MB", "after MB", "ready s")
HEAD = " " * 16 + "".join(f"{name:>9}" for name in _COLUMNS) + f"{'load':>7}"


def line(label: str, figures: dict[str, Any]) -> str:
    """One line of the table; what was not measured stays empty."""
    cells = [f"{label:<16}{figures.get('messages', ''):>9}"]
    for name, digits in (
        ("per_second", 1),
        ("p50", 1),
        ("p99", 1),
        ("cpu", 0),
        ("idle", 1),
        ("after", 1),
        ("ready", 2),
    ):
        cells.append(_cell(figures.get(name, math.nan), digits, 9))
    cells.append(_cell(figures.get("load", math.nan), 2, 7))
    remark = figures.get("remark")
    return "".join(cells) + (f"  {remark}" if remark else "")


def _cell(value: float, digits: int, width: int) -> str:
    return " " * width if math.isnan(value) else f"{value:>{width},.{digits}f}"


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """The medians of both sides and the ratio, as plain values."""
    found: dict[str, Any] = {}
    for side in ("floor", "product"):
        if any(one.side == side for one in rounds):
            found[side] = {k: v for k, v in median(rounds, side).items() if not math.isnan(v)}
    if pairs := ratios(rounds):
        found["ratios"] = pairs
        found["ratio"] = statistics.median(pairs)
        if "cpu" in found["floor"] and found["product"].get("cpu"):
            found["cpu_ratio"] = found["floor"]["cpu"] / found["product"]["cpu"]
    return found


def tell_summary(rounds: Sequence[Round], tell: Tell) -> None:
    """Print the medians and the ratio."""
    for side in ("floor", "product"):
        if any(one.side == side for one in rounds):
            tell(line(f"{side}, median", median(rounds, side)))
    if pairs := ratios(rounds):
        each = ", ".join(f"{ratio:.2f}" for ratio in pairs)
        by_processor = summary(rounds).get("cpu_ratio")
        more = "" if by_processor is None else f"; by processor time {by_processor:.2f}"
        tell(f"product ÷ floor: {statistics.median(pairs):.2f} (rounds: {each}){more}")
