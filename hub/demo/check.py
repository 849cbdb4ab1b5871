"""`hub demo --check`: plays every scene over the signed webhooks, prints what was said, and proves how each ended."""

import sys
import time
from typing import TextIO

from channels.carrier import Carrier
from hub.demo.clinic import PHONES
from hub.demo.line import FIRST, PATIENCE, Line, SceneFailed
from hub.demo.proofs import Proofs
from hub.demo.scenes import SCENES, Stage
from hub.errors import HubError
from hub.parts import Parts

WEBHOOK = "/webhooks/twilio/sms"


async def check(parts: Parts, carrier: Carrier, base_url: str, out: TextIO | None = None) -> int:
    """0 if every scene ended as it must, else 1; the transcript goes to `out` (stdout when None).

    Needs a freshly seeded clinic, started, with `carrier` as its account; `base_url` is where its web server listens.
    It waits for what it expects and never for a fixed time, so a carrier without delays and a high `HUB_SMS_RATE`
    make it quick.
    """
    out = out or sys.stdout
    carrier.webhook = base_url.rstrip("/") + WEBHOOK
    proofs = Proofs(parts)
    phones = {phone.key: phone for phone in PHONES}
    patience = FIRST

    async def line(key: str) -> Line:
        phone = phones[key]
        name = phone.label.split(" ")[0] if key != "unknown" else "Unknown"
        ready = Line(
            carrier=carrier,
            clinic=parts.settings.sms_from,
            name=name,
            number=phone.number,
            language=phone.language,
            out=out,
            patience=patience,
        )
        await ready.pick_up()
        return ready

    started = time.monotonic()
    failed = 0
    for title, scene in SCENES:
        print(f"\n{title}: {(scene.__doc__ or '').strip()}", file=out)
        try:
            print(f"  ✓ {await scene(Stage(line, proofs))}", file=out)
        except (SceneFailed, HubError) as problem:
            failed += 1
            print(f"  ✗ {problem}", file=out)
        patience = PATIENCE
    failed += await _closing(proofs, out)
    total = len(SCENES) + 1
    verdict = "All ended as they must" if not failed else f"{failed} of {total} did not end as they must"
    print(f"\n{'✗' if failed else '✓'} {verdict} ({time.monotonic() - started:.1f} s).", file=out)
    return 1 if failed else 0


async def _closing(proofs: Proofs, out: TextIO) -> int:
    """1 if something was left over, or the audit chain does not verify."""
    print("\nAfterwards: nothing is left over, and everything done is on record.", file=out)
    try:
        waiting = await proofs.unfinished()
        chain = await proofs.audit()
    except HubError as problem:
        print(f"  ✗ {problem}", file=out)
        return 1
    if waiting:
        print(f"  ✗ {waiting} texts were not dealt with", file=out)
        return 1
    print(f"  ✓ every text dealt with; audit chain of {chain.links} links verifies, signed", file=out)
    return 0
