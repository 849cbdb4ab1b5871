"""What the register comes to, in a line for whoever runs the hub. Pure."""

from typing import Literal

from hub.vendors.agreements import CHANNELS, Standing, carries

__all__ = ["told"]

_SAID = {
    Standing.OWN: "is the clinic's own",
    Standing.SIGNED: "an agreement is on file",
    Standing.ENDING: "the agreement ends within 60 days: renew it, and record it anew",
    Standing.UNRECORDED: "NO AGREEMENT IS RECORDED; it was in use before there was a register",
    Standing.EXPIRED: "the agreement has EXPIRED",
    Standing.NONE: "it is recorded WITHOUT AN AGREEMENT",
    Standing.MISSING: "NO VENDOR IS RECORDED",
}
_LEVELS: dict[Standing, Literal["ok", "note"]] = {
    Standing.OWN: "ok",
    Standing.SIGNED: "ok",
    Standing.ENDING: "note",
    Standing.UNRECORDED: "note",
}


def told(service: str, host: str, found: Standing, enforcing: str) -> tuple[str, str, str]:
    """A finding of `hub doctor`: its state (ok, note or wrong), what it is about, and what is to be done."""
    words = f"{service} ({host}): {_SAID[found]}"
    level = _LEVELS.get(found, "wrong")
    if level == "ok" or found is Standing.ENDING:
        return level, "vendors", words
    words += ": `hub vendors record` once a business associate agreement is signed"
    if service in CHANNELS:
        passes = carries(found, "no" if enforcing == "no" else "yes" if enforcing == "yes" else "auto")
        words += "; it still carries protected content" if passes else "; until then it carries links alone"
    return level, "vendors", words
