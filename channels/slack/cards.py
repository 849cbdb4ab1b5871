"""A post, drawn out of Block Kit. All text that is put in is escaped: Slack shows it as text.

Source: docs.slack.dev/reference/block-kit, docs.slack.dev/messaging/formatting-message-text#escaping.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Button", "Card", "Choice", "blocks", "escaped", "fallback", "moment", "quoted"]

LONGEST = 2900
"""Characters of one text: a section takes 3,000."""
_HEADLINE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button: what it is called in interactions, what stands on it; with `url`, it opens that."""

    action: str
    label: str
    url: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A menu: one of `options`, each as (value, label), is picked."""

    action: str
    label: str
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a post shows. `headline` is plain text; `lines` and `footer` are markup, made by the functions here."""

    headline: str
    lines: Sequence[str]
    footer: str = ""
    controls: Sequence[Button | Choice] = ()


def escaped(text: str) -> str:
    """`text` for markup: no link, mention or command comes of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(said: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """What was said, as (by whom, words), each quoted. Nothing in it is markup, and long words are cut."""
    elements: list[dict[str, Any]] = []
    for who, words in said:
        whole = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
        heading = {"type": "text", "text": who, "style": {"bold": True}}
        elements.append({"type": "rich_text_section", "elements": [heading]})
        elements.append({"type": "rich_text_quote", "elements": [{"type": "text", "text": whole or "—"}]})
    return [{"type": "rich_text", "elements": elements}]


def moment(at: datetime, shape: str, otherwise: str) -> str:
    """A moment that each reader sees in their own zone, such as `{time}` or `{ago}`; `otherwise` where it cannot be."""
    return f"<!date^{int(at.timestamp())}^{shape}|{escaped(otherwise)}>"


def fallback(card: Card) -> str:
    """What notifications show of a card: its headline."""
    return escaped(card.headline)[:LONGEST]


def blocks(card: Card) -> list[dict[str, Any]]:
    """The card as Slack takes it."""
    headline = {"type": "plain_text", "text": card.headline[:_HEADLINE], "emoji": True}
    made: list[dict[str, Any]] = [{"type": "header", "text": headline}]
    if card.lines:
        made.append({"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(card.lines)[:LONGEST]}})
    if card.controls:
        made.append({"type": "actions", "elements": [_control(one) for one in card.controls]})
    if card.footer:
        made.append({"type": "context", "elements": [{"type": "mrkdwn", "text": card.footer[:LONGEST]}]})
    return made


def _control(one: Button | Choice) -> dict[str, Any]:
    label = {"type": "plain_text", "text": one.label}
    if isinstance(one, Choice):
        options = [{"text": {"type": "plain_text", "text": text}, "value": value} for value, text in one.options]
        return {"type": "static_select", "action_id": one.action, "placeholder": label, "options": options}
    drawn: dict[str, Any] = {"type": "button", "action_id": one.action, "text": label}
    if one.url:
        drawn["url"] = one.url
    if one.style:
        drawn["style"] = one.style
    return drawn
