"""Whether a relay that the operator trusts vouches for a mail's sender.

Anybody can write `Authentication-Results`. The relay that hands mail to the hub writes its own above everything that
came from outside, so only the topmost ones count, and only where they bear the name that the operator gave.

Source: RFC 8601 §2.2, §5; RFC 7489 §3.1 (alignment).
"""

import re
from collections.abc import Iterator, Sequence

_METHOD = re.compile(r"\s*([a-z][a-z0-9-]*)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_MARKS = re.compile(r"[;=\s()\"]")


def vouched(results: Sequence[tuple[str, str]], senders: Sequence[str], authserv_id: str) -> bool:
    """Whether the relay called `authserv_id` says that the one sender is who they say they are.

    results: `Authentication-Results` and `Received` headers as (name, value), topmost first.
    """
    if not authserv_id or len(senders) != 1:
        return False
    domain = senders[0].rpartition("@")[2]
    methods = [method for value in _relays(results, authserv_id) for method in _methods(value)]
    dmarc = [(verdict, told) for name, verdict, told in methods if name == "dmarc"]
    if dmarc:
        # DMARC speaks the last word where it speaks: it has looked at both of the others.
        return all(verdict == "pass" and told.get("header.from", "") == domain for verdict, told in dmarc)
    return any(
        verdict == "pass" and _aligned(domain, told, name) for name, verdict, told in methods if name in ("dkim", "spf")
    )


def _relays(results: Sequence[tuple[str, str]], authserv_id: str) -> Iterator[str]:
    """What the relay's own headers say: the topmost of their kind, and those that follow without a gap."""
    begun = False
    for name, value in results:
        if name != "authentication-results":
            if begun:
                return
            continue
        plain = _uncommented(value)
        first, _, rest = plain.partition(";")
        if first.split()[:1] != [authserv_id] and first.strip().lower().split(" ")[0] != authserv_id:
            return
        begun = True
        yield rest


def _uncommented(value: str) -> str:
    """`value` without comments, and with nothing in its quoted strings that could pass for a verdict.

    What a stranger chose, such as the sender of the envelope, stands there in quotes. "" where a quotation or a
    comment does not end: then nothing of it can be believed. Source: RFC 5322 §3.2.2, §3.2.4.
    """
    out: list[str] = []
    depth = 0
    quoted: list[str] | None = None
    escaped = False
    for each in value:
        if escaped:
            escaped = False
            if quoted is not None:
                quoted.append(each)
        elif each == "\\" and (depth or quoted is not None):
            escaped = True
        elif quoted is not None:
            if each == '"':
                out.append(_MARKS.sub("_", "".join(quoted)))
                quoted = None
            else:
                quoted.append(each)
        elif each == "(":
            depth += 1
        elif each == ")" and depth:
            depth -= 1
            out.append(" ")
        elif depth == 0:
            if each == '"':
                quoted = []
            else:
                out.append(each)
    return "" if depth or quoted is not None else "".join(out)


def _methods(rest: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each method with its verdict and what it looked at, in lower case."""
    for each in rest.split(";"):
        found = _METHOD.match(each)
        if found:
            told = {name.lower(): value.lower() for name, value in _PROPERTY.findall(each)}
            yield found[1].lower(), found[2].lower(), told


def _aligned(domain: str, told: dict[str, str], method: str) -> bool:
    """Whether what was proved is the sender's own domain, or one above or below it."""
    if method == "dkim":
        proved = told.get("header.d") or told.get("header.i", "").rpartition("@")[2]
    else:
        proved = told.get("smtp.mailfrom", "").rpartition("@")[2]
    if "." not in proved:
        return False
    return domain == proved or domain.endswith(f".{proved}") or proved.endswith(f".{domain}")
