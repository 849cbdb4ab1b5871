"""`hub search`: the index that words of messages and names are found by."""

import asyncio
import sys

import click

from hub.cli.context import opened


@click.group()
def search() -> None:
    """Build the index that messages and persons are found by.

    \b
    Example:
      hub search rebuild
    """


@search.command()
def rebuild() -> None:
    """Forget the index and build it anew, from every message and every person; a running hub goes on meanwhile.

    Until it is done, search does not find what was not reached yet, and says so. It is needed after a restored backup
    that is older than a day; whatever else a hub missed it makes up for by itself.

    \b
    Example:
      hub search rebuild
    """
    asyncio.run(_rebuild())


async def _rebuild() -> None:
    import sqlalchemy as sa

    from hub.db.tables import message, person

    async with opened() as parts:
        async with parts.db.read() as conn:
            total = 0
            for table in (message, person):
                total += (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
        if not sys.stderr.isatty():
            done = await parts.indexer.rebuild()
        else:
            with click.progressbar(length=total, label="Indexing", file=sys.stderr) as bar:
                done = await parts.indexer.rebuild(lambda count: bar.update(count - bar.pos))
    click.echo(f"{done} messages and persons indexed", err=True)
