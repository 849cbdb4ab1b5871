"""What the words of a variable mean: each parser gives a value, or raises a ValueError that says what it must be."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hub.settings.secret import Secret

Network = IPv4Network | IPv6Network
Value = TypeVar("Value")

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that are this machine."""


def text(raw: str) -> str:
    """Any text."""
    return raw.strip()


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number between two."""

    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw.strip()) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def rate(raw: str) -> float:
    """A number above 0."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", raw.strip()) or float(raw) <= 0:
        raise ValueError("must be a number above 0, such as 1 or 0.5")
    return float(raw)


def span(raw: str) -> timedelta:
    """A length of time."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", raw.strip())
    if not found:
        raise ValueError("must be a length of time such as 30s, 15m, 4h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def pairs(names: Sequence[str], parse: Callable[[str], Value]) -> Callable[[str], Mapping[str, Value]]:
    """A parser of `NAME=VALUE` pairs with spaces between them; each of the `names` at most once."""

    def each(raw: str) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for pair in raw.split():
            name, _, value = pair.partition("=")
            if name not in names or name in found:
                raise ValueError(f"must be pairs such as {names[0]}=…, each of {', '.join(names)} at most once")
            try:
                found[name] = parse(value)
            except ValueError as wrong:
                raise ValueError(f"{name} {wrong}") from None
        return MappingProxyType(found)

    return each


def web_address(raw: str) -> str:
    """An address of the web, without a slash at its end."""
    value = raw.strip().rstrip("/")
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://hub.example.org")
    return value


def networks(raw: str) -> tuple[Network, ...]:
    """Addresses and networks, with commas between them."""
    try:
        return tuple(ip_network(one.strip()) for one in raw.split(",") if one.strip())
    except ValueError:
        raise ValueError("must be addresses or networks such as 127.0.0.1, 10.0.0.0/8") from None


def zone(raw: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(raw.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError("must be an IANA time zone such as America/New_York") from None


def region(raw: str) -> str:
    """A country by its two letters."""
    if not re.fullmatch(r"[A-Z]{2}", raw.strip()):
        raise ValueError("must be a two-letter country code such as US")
    return raw.strip()


def state(raw: str) -> str:
    """A state of the region by its two letters."""
    if not re.fullmatch(r"[A-Za-z]{2}", raw.strip()):
        raise ValueError("must be a two-letter state such as NY")
    return raw.strip().upper()


def phone(raw: str) -> str:
    """A number, or a short code."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{5,6}", raw.strip()):
        raise ValueError("must be a number such as +12025550100, or a short code")
    return raw.strip()


def number(raw: str) -> str:
    """A number in full."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", raw.strip()):
        raise ValueError("must be a number such as +12025550100")
    return raw.strip()


def sender(raw: str) -> str:
    """What texts leave from: a number, a short code or a messaging service."""
    if re.fullmatch(r"MG[0-9a-fA-F]{32}", raw.strip()):
        return raw.strip()
    try:
        return phone(raw)
    except ValueError:
        raise ValueError("must be a number such as +12025550100, a short code, or a messaging service (MG…)") from None


def subject(raw: str) -> str:
    """How an operator is reached."""
    if not re.fullmatch(r"mailto:[^\s@<>]+@[^\s@<>]+|https://[^\s/]+(/\S*)?", raw.strip()):
        raise ValueError("must be mailto: and a mailbox, or an https address")
    return raw.strip()


def named(letters: str, example: str) -> Callable[[str], str]:
    """A parser of names of those `letters` (a class of a regular expression)."""

    def parse(raw: str) -> str:
        if not re.fullmatch(rf"[{letters}]{{1,255}}", raw.strip()):
            raise ValueError(f"must be a name such as {example}")
        return raw.strip()

    return parse


def database(raw: str) -> str:
    """The address of a database of a kind that the hub knows."""
    value = raw.strip()
    if value.startswith("sqlite+aiosqlite:///"):
        return value
    if re.fullmatch(r"postgresql\+asyncpg://[^\s/]+/[^\s/?]+(\?\S*)?", value):
        return value
    raise ValueError("must be sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME")


def redis(raw: str) -> Secret:
    """The address of a Redis or Valkey, which may hold its password."""
    value = raw.strip()
    try:
        parts = urlsplit(value)
        there = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
        known = parts.scheme in ("redis", "rediss", "unix")
    except ValueError:
        there = known = False
    if not (known and there):
        raise ValueError(
            "must be an address such as redis://:PASSWORD@redis.example.org:6379/0 (or rediss://, unix://)"
        )
    return Secret(value)


_KEY_SERVICES = re.compile(
    r"aws:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+"
    r"|gcp:projects/[^\s/]+/locations/[^\s/]+/keyRings/[^\s/]+/cryptoKeys/[^\s/:]+"
    r"|vault:https?://[^\s/?#@]+(/[A-Za-z0-9._-]+){2,}"
)


def key_service(raw: str) -> str:
    """A key service and its key."""
    value = raw.strip()
    if not _KEY_SERVICES.fullmatch(value):
        raise ValueError(
            "must be aws:arn:aws:kms:REGION:ACCOUNT:key/ID, gcp:projects/P/locations/L/keyRings/R/cryptoKeys/K "
            "or vault:https://HOST/MOUNT/KEY"
        )
    if value.startswith("vault:http://") and urlsplit(value.removeprefix("vault:")).hostname not in LOOPBACK:
        raise ValueError("must begin with vault:https:// where Vault is not on this machine")
    return value


def scanner(raw: str) -> str:
    """Where a virus scanner listens."""
    value = raw.strip()
    if not re.fullmatch(r"unix:///\S+|tcp://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", value):
        raise ValueError("must be tcp://HOST:PORT or unix:///PATH")
    return value


def server(what: str, example: str, *schemes: str) -> Callable[[str], Secret]:
    """A server with credentials in its address; in plain text only on this machine."""

    def parse(raw: str) -> Secret:
        value = raw.strip()
        try:
            parts = urlsplit(value)
            whole = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(f"must be {what} such as {example}")
        sealed = parts.scheme.endswith("s") or "starttls=1" in parts.query.split("&")
        if not sealed and parts.hostname not in LOOPBACK:
            raise ValueError(f"must be encrypted: begin it with {schemes[1]}:// or end it with ?starttls=1")
        return Secret(value)

    return parse


def mailbox(raw: str) -> str:
    """A mailbox alone, in lower case."""
    value = raw.strip().lower()
    if not re.fullmatch(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", value) or len(value) > 254:
        raise ValueError("must be a mailbox such as hello@clinic.example.org")
    return value


def label(raw: str) -> str:
    """A name as the DNS has them."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}", raw.strip()):
        raise ValueError("must be a name of letters, digits, dots and hyphens")
    return raw.strip().lower()


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of some words."""

    def parse(raw: str) -> str:
        if raw.strip() not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return raw.strip()

    return parse


def scheduling(raw: str) -> str:
    """`local`, or `fhir:` and a web address; in plain text only on this machine."""
    value = raw.strip()
    if value == "local":
        return value
    try:
        address = web_address(value.removeprefix("fhir:")) if value.startswith("fhir:") else ""
    except ValueError:
        address = ""
    if not address or (address.startswith("http:") and urlsplit(address).hostname not in LOOPBACK):
        raise ValueError("must be local, or fhir: and an address such as fhir:https://ehr.example.org/fhir/R4")
    return f"fhir:{address}"


def slack_token(raw: str) -> Secret:
    """The token of a Slack app's bot."""
    if not re.fullmatch(r"xoxb-[A-Za-z0-9-]{8,250}", raw.strip()):
        raise ValueError("must be a bot's token, which begins with xoxb-")
    return Secret(raw.strip())


def slack_channel(raw: str) -> str:
    """A Slack channel by its id."""
    if not re.fullmatch(r"[CG][A-Z0-9]{6,22}", raw.strip()):
        raise ValueError("must be a channel's id such as C0123ABCDEF: it stands at the end of the channel's details")
    return raw.strip()


def path(raw: str) -> Path:
    """A path; `~` is the user's home."""
    try:
        return Path(raw.strip()).expanduser()
    except RuntimeError:
        raise ValueError("starts with ~ and a user whose home folder is not known") from None


def secret(raw: str) -> Secret:
    """What is not to be shown."""
    return Secret(raw.strip())
