"""`hub templates`: every text the hub says, looked through and shown."""

import json
import sys

import click

from hub.errors import InputError

_LANGUAGES = ("en", "es")


@click.group()
def templates() -> None:
    """Check the texts that the hub says, and show one as it comes out.

    \b
    Example:
      hub templates check
    """


@templates.command()
@click.option("--strict", is_flag=True, help="Exit 1 for warnings, too.")
def check(strict: bool) -> None:
    """Print what is wrong with any text, one JSON object a line; exit 1 where one must not be said so.

    \b
    Example:
      hub templates check
    """
    from templates import shipped
    from templates.checking import problems

    found = sorted(problems(shipped()), key=lambda one: (one.severity, one.key, one.language))
    for one in found:
        row = {"template": one.key, "language": one.language, "severity": one.severity, "problem": one.words}
        click.echo(json.dumps(row, ensure_ascii=False))
    errors = sum(one.severity == "error" for one in found)
    click.echo(f"{len(shipped().keys())} texts, {errors} errors, {len(found) - errors} warnings", err=True)
    if errors or (strict and found):
        sys.exit(1)


@templates.command()
@click.argument("name")
@click.option("--language", type=click.Choice(_LANGUAGES), default="en", show_default=True)
@click.option("--channel", type=click.Choice(("sms", "voice", "email", "push", "portal")), help="This one alone.")
def show(name: str, language: str, channel: str | None) -> None:
    """Print a text on each channel, filled in with long samples, with what it is billed as: one JSON object a line.

    \b
    Example:
      hub templates show reminder.appointment --language es --channel sms
    """
    from hub.types import ChannelKind
    from templates import shipped
    from templates.checking import measured

    found = shipped().written(name, language)  # type: ignore[arg-type]
    if found is None:
        raise InputError("there is no such text in this language; `hub templates check` lists what is missing")
    for kind in ChannelKind:
        if channel not in (None, kind.value):
            continue
        one = measured(found, kind)
        row = {
            "template": found.key,
            "language": found.language,
            "version": found.version,
            "state": found.state,
            "level": found.level,
            "channel": kind.value,
            "subject": one.rendered.subject if kind is ChannelKind.EMAIL else None,
            "text": one.rendered.text,
            "characters": len(one.rendered.text),
            "encoding": one.encoding,
            "segments": one.segments or None,
        }
        click.echo(json.dumps(row, ensure_ascii=False))
