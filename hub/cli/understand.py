"""`hub understand`: what the engine makes of a text, for measuring and for tuning."""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from hub.cli.context import configured
from hub.cli.engines import ENGINES, engine_named
from hub.errors import InputError


@click.command()
@click.option("--engine", type=click.Choice(ENGINES), default="embedded", show_default=True)
@click.option("--explain", is_flag=True, help='Add "matched": what the screens heard, and by which version of what.')
def understand(engine: str, explain: bool) -> None:
    """Read one JSON object a line, {"text", "language"?, "now"?}, and write what each means, one a line.

    `now` is ISO 8601; without an offset it is the clinic's wall time.

    \b
    Example:
      echo '{"text": "can I come in tomorrow after 3?"}' | hub understand
    """
    asyncio.run(_answer(sys.stdin.buffer, engine, explain))


async def _answer(lines: Any, name: str, explain: bool) -> None:
    from bots.urgent import screen
    from consent.keywords import consent_word
    from hub.types import OptOutWord

    settings = configured()
    async with engine_named(name, settings) as engine:
        for number, row in _rows(lines):
            text, language = row["text"], row.get("language")
            meaning = await engine.understand(
                text, now=_moment(number, row.get("now"), settings.timezone), language=language
            )
            word, urgency = consent_word(text, language), screen(text)
            when = meaning.entities.when
            entities: dict[str, Any] = {
                "date": when.date.isoformat() if when.date else None,
                "time": when.time.strftime("%H:%M") if when.time else None,
                "part_of_day": when.part_of_day,
                "choice": meaning.entities.choice,
                "provider": meaning.entities.provider,
                "specialty": meaning.entities.specialty,
                "visit_type": meaning.entities.visit_type,
            }
            answer: dict[str, Any] = {
                "intent": meaning.intent,
                "confidence": round(meaning.confidence, 4),
                "entities": {name: value for name, value in entities.items() if value is not None},
                "emergency": urgency.level,
                "opt_out": word is not None and word.word is OptOutWord.STOP,
            }
            if explain:
                answer["matched"] = {
                    "understood_by": meaning.by,
                    "emergency": list(urgency.matched),
                    "denied": urgency.negated,
                    "past": urgency.history,
                    "emergency_version": urgency.list_version,
                    "opt_out": word.matched if word else None,
                    "opt_out_version": word.list_version if word else None,
                }
            click.echo(json.dumps(answer, ensure_ascii=False))


def _rows(lines: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError(f"line {number} is not JSON in UTF-8") from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise InputError(f'line {number} needs a "text"')
        if row.get("language") not in (None, "en", "es"):
            raise InputError(f'line {number}: "language" is en or es')
        yield number, row


def _moment(number: int, raw: object, zone: ZoneInfo) -> datetime:
    if raw is None:
        return datetime.now(zone)
    try:
        moment = datetime.fromisoformat(str(raw))
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        raise InputError(f'line {number}: "now" is not an ISO 8601 time') from None
