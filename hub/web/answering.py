"""Answers that depend on their request: what a provider is told to do next, as on a call."""

from channels.base import Answer, Answering, Channel, Known, Say
from hub.parts import Parts
from hub.types import Address, ChannelKind, Language, Webhook
from templates import render

__all__ = ["answer"]


async def answer(parts: Parts, channel: Answering, hook: Webhook) -> Answer:
    """What `channel` answers to a verified `hook` whose content is durable. Raises: PayloadInvalid, StorageError."""
    needs = channel.needs(hook)
    language = await _language(parts, needs.caller) if needs.caller is not None else None
    part = await parts.outbox.part(needs.delivery) if needs.delivery else None
    kind = channel.kind if isinstance(channel, Channel) else ChannelKind.VOICE
    return channel.answer(hook, Known(say=_words(parts, kind), language=language, part=part))


def _words(parts: Parts, kind: ChannelKind) -> Say:
    def say(key: str, language: Language, /, **params: object) -> str:
        return render(key, params, language, kind, parts.settings.timezone).text

    return say


async def _language(parts: Parts, caller: Address) -> Language | None:
    """The language of those who share the caller's address, if they have one in common."""
    async with parts.db.glance() as conn:
        return await parts.senders.language(conn, caller)
