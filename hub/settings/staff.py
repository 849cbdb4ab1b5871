"""Settings of the staff: how they sign in, and what they work with."""

from dataclasses import dataclass
from pathlib import Path

from hub.settings import parsing
from hub.settings.declaring import setting
from hub.settings.secret import Secret


@dataclass(frozen=True, kw_only=True)
class StaffSettings:
    """How staff come in, what their desk does, and their channel in Slack."""

    second_factor: str = setting(
        "HUB_SECOND_FACTOR",
        "whether staff must show a second factor, or a passkey, to sign in: `required` or `optional`",
        parsing.one_of("required", "optional"),
        "required",
    )
    password_memory: int = setting(
        "HUB_PASSWORD_MEMORY",
        "MiB of memory that checking a password of staff takes (Argon2id), twice at a time at most",
        parsing.whole(19, 4096),
        64,
    )
    oidc_issuer: str = setting(
        "HUB_OIDC_ISSUER",
        "the OpenID provider that staff may sign in with, as it names itself",
        parsing.web_address,
        "",
        shown="unset: off",
    )
    oidc_client_id: str = setting(
        "HUB_OIDC_CLIENT_ID", "how the provider knows the hub", parsing.text, "", shown="unset"
    )
    oidc_client_secret: Secret = setting(
        "HUB_OIDC_CLIENT_SECRET", "by which the hub proves itself to it", parsing.secret, Secret(""), shown="unset"
    )
    oidc_label: str = setting(
        "HUB_OIDC_LABEL", "how staff know the provider, on the button", parsing.text, "", shown="its host"
    )
    access_rules_file: Path | None = setting(
        "HUB_ACCESS_RULES",
        "TOML: from when on a look at a record is unusual and somebody is asked about it",
        parsing.path,
        None,
        shown="unset: the hub's own rules",
    )
    undo_seconds: int = setting(
        "HUB_UNDO_SECONDS",
        "seconds in which staff can take back what they sent; 0 sends at once",
        parsing.whole(0, 60),
        5,
    )
    sms_cost: int | None = setting(
        "HUB_SMS_COST",
        "what one segment of a text costs, in thousandths of your currency: shown to staff before they send",
        parsing.whole(0, 1_000_000),
        None,
        shown="unset: not shown",
    )
    sensitive_team: str = setting(
        "HUB_SENSITIVE_TEAM",
        "the private team that has all threads labelled 42 CFR Part 2: nobody else of the staff sees them, but by "
        "breaking the glass",
        parsing.text,
        "",
        shown="unset: they stay where they are",
    )
    default_team: str = setting(
        "HUB_DEFAULT_TEAM",
        "the team, by name, that threads go to which come to the staff",
        parsing.text,
        "",
        shown="unset: the oldest team",
    )
    satisfaction: str = setting(
        "HUB_SATISFACTION",
        "`on`: whoever agreed to surveys is asked how it was once staff close a conversation; `off`: nobody is",
        parsing.one_of("on", "off"),
        "on",
    )
    slack_bot_token: Secret = setting(
        "HUB_SLACK_BOT_TOKEN", "the Slack app's bot token", parsing.slack_token, Secret(""), shown="unset: off"
    )
    slack_signing_secret: Secret = setting(
        "HUB_SLACK_SIGNING_SECRET", "what Slack signs its requests with", parsing.secret, Secret(""), shown="unset"
    )
    slack_channel: str = setting(
        "HUB_SLACK_CHANNEL", "the id of the channel that staff answer in", parsing.slack_channel, "", shown="unset"
    )
    slack_api_url: str = setting(
        "HUB_SLACK_API_URL", "where Slack's API answers", parsing.web_address, "https://slack.com/api"
    )
    slack_agreement: str = setting(
        "HUB_SLACK_AGREEMENT",
        "`yes`: an agreement with Slack covers patients' data, and what patients write is shown there in full",
        parsing.one_of("yes", "no"),
        "no",
    )
