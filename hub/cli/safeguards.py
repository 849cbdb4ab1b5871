"""`hub safeguards`: how each safeguard stands now, and what shows it."""

import asyncio
from typing import TYPE_CHECKING

import click

from hub.cli.context import opened

if TYPE_CHECKING:
    from hub.parts import Parts
    from hub.safeguards import Result


@click.command()
@click.option("--json", "as_lines", is_flag=True, help="Print the report as one JSON object.")
@click.option("--wrong", is_flag=True, help="Only what is missing or needs attention.")
def safeguards(as_lines: bool, wrong: bool) -> None:
    """Look at every safeguard now and print what shows it; exit 1 if one is missing.

    Each line has its state, its name, the law, and what is to be done. That it was looked at is audited.

    \b
    Example:
      hub safeguards
      hub safeguards --wrong
    """
    if asyncio.run(_looked(as_lines, wrong)):
        raise SystemExit(1)


async def _looked(as_lines: bool, wrong: bool) -> bool:
    """Whether something is missing."""
    import msgspec

    from hub.audit import Actor, Entry
    from hub.safeguards import State, assess
    from hub.staff.safeguards_told import also, as_json, counts

    async with opened() as parts:
        entry = Entry(action="safeguards.read", actor=Actor("system", "cli"))
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        results = await assess(parts, also())
        if as_lines:
            report = as_json(results, parts.clock.now(), parts.settings.clinic_name, _release())
            click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        else:
            _print(parts, results, wrong)
    told = counts(results)
    click.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in told.items()), err=True)
    return told[State.MISSING.value] > 0


def _print(parts: "Parts", results: "list[Result]", wrong: bool) -> None:
    from hub.staff.safeguards_told import told

    for one in told(results, "en", parts.settings.timezone):
        if wrong and one.state not in ("missing", "attention"):
            continue
        click.echo(f"{one.state.replace('_', ' '):<10} {one.name:<17} {one.title} [{one.law}]")
        if one.mend:
            click.echo(f"{'':<28} {one.mend}")
        if one.evidence:
            click.echo(f"{'':<28} {'; '.join(f'{label}: {value}' for label, value in one.evidence)}")


def _release() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("carehub")
    except PackageNotFoundError:
        return ""
