"""Slack as a provider: what is asked of its API, and what it tells. It is no way to patients, so no `Channel`.

1. `signatures` checks that a request is Slack's own.
2. `reading` understands what it says: a reply under a post, a button, or nothing that matters. `plain` takes a reply's
   text out of Slack's markup.
3. `cards` draws a post out of Block Kit, and escapes what is put into it.
4. `client` asks Slack's API by slack-sdk, and says what went wrong in the terms of `hub.errors`.

Nothing here stores anything, or knows what a thread is.
"""

from channels.slack.cards import Button, Card, Choice, blocks, escaped, fallback, moment, quoted
from channels.slack.client import Member, SlackClient
from channels.slack.reading import ACTIONS, Challenge, Ignored, Pressed, Said, interaction, told
from channels.slack.signatures import verify

__all__ = [
    "ACTIONS",
    "Button",
    "Card",
    "Challenge",
    "Choice",
    "Ignored",
    "Member",
    "Pressed",
    "Said",
    "SlackClient",
    "blocks",
    "escaped",
    "fallback",
    "interaction",
    "moment",
    "quoted",
    "told",
    "verify",
]
