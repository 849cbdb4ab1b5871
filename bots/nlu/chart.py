"""A trial as one picture: F1 of each intent, what was taken for what, and whether confidence can be trusted.

The picture is an SVG that stands alone: no script, no font, nothing from elsewhere; it reads in light and in dark.
Every mark has its figure beside it or in its title, so colour is never the only way to tell.
"""

from collections.abc import Mapping
from html import escape

from bots.nlu.score import Calibration
from bots.nlu.trial import Trial

_WIDTH = 980
_ROW = 22
_LEFT = 150
_BAR = 260
_SQUARE = 20
_STYLE = """
:root { color-scheme: light dark }
svg { background: #fff; font: 12px system-ui, sans-serif }
text { fill: #1c2430 } .soft { fill: #5b6675 } .bar, .mark { fill: #2563a8 } .weak { fill: #b45309 }
.rail { fill: #e6eaf0 } .cell { fill: #2563a8; stroke: #cdd5df; stroke-width: .5 } .wrong { fill: #b45309 }
.line { stroke: #5b6675; fill: none } .fit { stroke: #2563a8; fill: none; stroke-width: 2 }
.head { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  svg { background: #12161c } text { fill: #e7ecf3 } .soft { fill: #9aa7b8 } .rail { fill: #262d38 }
  .bar, .mark, .cell { fill: #6aa9ea } .cell { stroke: #39424f } .weak, .wrong { fill: #f0a04b }
  .line { stroke: #9aa7b8 } .fit { stroke: #6aa9ea }
}
""".strip()


def chart(trial: Trial, title: str) -> str:
    """The picture of `trial` as SVG text, under `title`."""
    parts: list[str] = []
    y = 34
    parts.append(_text(24, y, title, "head", 16))
    y += 24
    for line in _summary(trial):
        parts.append(_text(24, y, line, "soft"))
        y += 18
    y += 14
    if trial.score is not None:
        y = _bars(parts, y, trial.score.f1)
        y = _confusion(parts, y, trial.score.confusion)
    if trial.calibration is not None and trial.calibration.bins:
        y = _reliability(parts, y, trial.calibration)
    body = "\n".join(parts)
    size = f'viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>\n'
        f"<desc>{escape('; '.join(_summary(trial)))}</desc>\n<style>{_STYLE}</style>\n{body}\n</svg>\n"
    )


def _summary(trial: Trial) -> list[str]:
    said = [f"{trial.texts} texts"]
    if trial.score is not None:
        said += [f"accuracy {trial.score.accuracy:.3f}", f"accepted {trial.score.lenient:.3f}"]
        said += [f"macro-F1 {trial.score.macro_f1:.3f}"]
    if trial.rejection is not None:
        said.append(f"out-of-scope AUROC {trial.rejection:.3f}")
    more = [f"{name} {right} of {of}" for name, (right, of) in trial.slots.items()]
    more += [f"p50 {trial.p50:.2f} ms", f"p95 {trial.p95:.2f} ms"]
    return [" · ".join(said), " · ".join(more)]


def _bars(parts: list[str], y: int, f1: Mapping[str, float]) -> int:
    parts.append(_text(24, y, "F1 by intent", "head"))
    y += 10
    for name, value in sorted(f1.items(), key=lambda item: -item[1]):
        weak = " weak" if value < 0.8 else ""
        parts.append(_text(_LEFT - 8, y + 15, name, anchor="end"))
        parts.append(f'<rect class="rail" x="{_LEFT}" y="{y + 4}" width="{_BAR}" height="14" rx="2"/>')
        parts.append(
            f'<rect class="bar{weak}" x="{_LEFT}" y="{y + 4}" width="{_BAR * value:.1f}" height="14" rx="2">'
            f"<title>{escape(name)}: {value:.3f}</title></rect>"
        )
        parts.append(_text(_LEFT + _BAR + 8, y + 15, f"{value:.2f}"))
        y += _ROW
    return y + 26


def _confusion(parts: list[str], y: int, confusion: Mapping[tuple[str, str], int]) -> int:
    """Labels down, answers across; only what was wrong, darker where it was so more often."""
    parts.append(_text(24, y, "What was taken for what: the label at the left, the answer above", "head"))
    y += 8
    if not confusion:
        parts.append(_text(24, y + 16, "nothing was taken for anything else", "soft"))
        return y + 46
    labels = sorted({label for label, _ in confusion})
    answers = sorted({answer for _, answer in confusion})
    most = max(confusion.values())
    top = y + 112
    for column, answer in enumerate(answers):
        x = _LEFT + column * _SQUARE + 14
        parts.append(f'<text x="{x}" y="{top - 6}" transform="rotate(-60 {x} {top - 6})">{escape(answer)}</text>')
    for row, label in enumerate(labels):
        at = top + row * _SQUARE
        parts.append(_text(_LEFT - 8, at + 14, label, anchor="end"))
        for column, answer in enumerate(answers):
            count = confusion.get((label, answer), 0)
            strength = 0.04 if not count else 0.2 + 0.8 * count / most
            x = _LEFT + column * _SQUARE
            parts.append(
                f'<rect class="cell" x="{x}" y="{at}" width="{_SQUARE}" height="{_SQUARE}" '
                f'fill-opacity="{strength:.2f}">'
                f"<title>{escape(label)} taken for {escape(answer)}: {count}</title></rect>"
            )
            if count and count * 5 >= most:
                parts.append(_text(x + _SQUARE // 2, at + 14, str(count), anchor="middle", size=10))
    return top + len(labels) * _SQUARE + 40


def _reliability(parts: list[str], y: int, sure: Calibration) -> int:
    """How sure the answers were, and how many of them were right: on the diagonal the two are one."""
    side, left = 240, _LEFT
    parts.append(_text(24, y, f"Confidence: sure, and right (ECE {sure.ece:.3f})", "head"))
    top = y + 14
    bottom = top + side
    parts.append(f'<path class="line" d="M{left} {top}V{bottom}H{left + side}"/>')
    parts.append(f'<path class="line" stroke-dasharray="4 4" d="M{left} {bottom}L{left + side} {top}"/>')
    points = [(left + side * one.confidence, bottom - side * one.right, one) for one in sure.bins]
    parts.append(f'<polyline class="fit" points="{" ".join(f"{x:.1f},{v:.1f}" for x, v, _ in points)}"/>')
    most = max(one.answers for one in sure.bins)
    for x, v, one in points:
        radius = 3 + 6 * (one.answers / most) ** 0.5
        parts.append(
            f'<circle class="mark" cx="{x:.1f}" cy="{v:.1f}" r="{radius:.1f}"><title>{one.answers} answers: '
            f"{one.confidence:.2f} sure, {one.right:.2f} right</title></circle>"
        )
    for share in (0, 0.5, 1):
        parts.append(_text(int(left + side * share), bottom + 18, f"{share:g}", "soft", anchor="middle"))
        parts.append(_text(left - 8, int(bottom - side * share) + 4, f"{share:g}", "soft", anchor="end"))
    parts.append(_text(left + side // 2, bottom + 36, "sure", "soft", anchor="middle"))
    parts.append(_text(left - 34, top + side // 2, "right", "soft", anchor="end"))
    rows = left + side + 40
    for at, one in enumerate(sure.bins):
        said = f"{one.answers} answers: {one.confidence:.2f} sure, {one.right:.2f} right"
        parts.append(_text(rows, top + 16 + at * 18, said, "soft"))
    return bottom + 60


def _text(x: int, y: int, words: str, kind: str = "", size: int = 12, anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    scale = f' font-size="{size}"' if size != 12 else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{y}"{style}{scale}{place}>{escape(words)}</text>'
