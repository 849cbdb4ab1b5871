"""`hub bot test`: how well an engine understands labelled texts."""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from hub.cli.context import configured
from hub.cli.engines import ENGINES, engine_named
from hub.errors import InputError

if TYPE_CHECKING:
    from bots.nlu.score import Labelled
    from bots.nlu.trial import Trial
    from hub.settings import Settings

_CONFUSIONS = 12


@click.command("test")
@click.argument("file", type=click.File("rb"))
@click.option("--engine", type=click.Choice(ENGINES), default="embedded", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
@click.option("--chart", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Write an SVG picture, too.")
def test(file: BinaryIO, engine: str, as_json: bool, picture: Path | None) -> None:
    """Score the engine on FILE: labelled texts, one JSON object a line ("-" for stdin).

    A row has a "text" and what it means: "intent", "date", "time", "part_of_day", as far as labelled; docs/bot.md tells
    the rest. Told are accuracy, F1, what was taken for what, calibration, slots and milliseconds a text.

    \b
    Example:
      hub bot test labelled.jsonl --chart understanding.svg
    """
    from bots.nlu.chart import chart
    from bots.nlu.labelled import read_labelled

    settings = configured()
    try:
        rows = read_labelled(file, settings.timezone)
    except ValueError as wrong:
        raise InputError(str(wrong)) from None
    if not rows:
        raise InputError("the file holds no rows: one JSON object a line is looked for")
    trial = asyncio.run(_tried(engine, settings, rows))
    if picture is not None:
        try:
            picture.write_text(chart(trial, f"Understanding: the {engine} engine"), encoding="utf-8")
        except OSError as error:
            raise InputError(f"the picture cannot be written: {error.strerror}") from None
        click.echo(f"the picture is in {picture}", err=True)
    if as_json:
        click.echo(json.dumps({"engine": engine, **trial.plain()}))
    else:
        _tell(engine, trial)


async def _tried(name: str, settings: "Settings", rows: "list[Labelled]") -> "Trial":
    from bots.nlu.trial import tried

    async with engine_named(name, settings) as engine:
        # What is read for the first time is read from disk: no text of the file must wait for that.
        now = datetime.now(settings.timezone)
        await engine.understand("may I come tomorrow at 9?", now=now)
        with click.progressbar(rows, file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True) as shown:
            return await tried(engine, shown, now)


def _tell(engine: str, trial: "Trial") -> None:
    click.echo(f"{engine}: {trial.texts} texts, {trial.p50:.2f} ms each (95 % within {trial.p95:.2f} ms)")
    if trial.score is not None:
        result = trial.score
        click.echo(f"accuracy    {result.accuracy:.3f}   accepted {result.lenient:.3f} ({result.rows} have an intent)")
        click.echo(f"macro-F1    {result.macro_f1:.3f}   accepted {result.macro_f1_lenient:.3f}")
    if trial.rejection is not None:
        click.echo(f"out-of-scope AUROC {trial.rejection:.3f}")
    for name, (right, of) in trial.slots.items():
        click.echo(f"{name:<12}{right / of:.3f}   {right} of {of} exactly as labelled")
    if trial.calibration is not None:
        click.echo(f"\ncalibration: expected error {trial.calibration.ece:.3f}\n{'answers':>9}{'sure':>7}{'right':>7}")
        for one in trial.calibration.bins:
            click.echo(f"{one.answers:>9}{one.confidence:>7.2f}{one.right:>7.2f}")
    if trial.score is not None:
        click.echo("\nF1 by intent")
        for intent, value in sorted(trial.score.f1.items(), key=lambda item: item[1]):
            click.echo(f"  {intent:<20}{value:.3f}")
        if trial.score.confusion:
            click.echo("\ntaken for another, most often")
        for (label, answer), count in list(trial.score.confusion.items())[:_CONFUSIONS]:
            click.echo(f"{count:>6}  {label} → {answer}")
