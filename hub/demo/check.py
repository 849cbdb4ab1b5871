"""`hub demo --check`: plays every scene over the real ways in, prints what was said, and proves how each ended."""

import time
from collections.abc import Callable

from hub.demo.clinic import PHONES, STRANGER
from hub.demo.line import FIRST, PATIENCE, Line, SceneFailed
from hub.demo.outside import Outside
from hub.demo.proofs import Proofs
from hub.demo.scenes import SCENES, Stage
from hub.demo.story import STORIES
from hub.errors import HubError
from hub.parts import Parts

Tell = Callable[[str], None]
ALL = (*SCENES, *STORIES)
"""Every scene by its title."""


async def check(parts: Parts, outside: Outside, tell: Tell) -> int:
    """0 if every scene ended as it must, else 1; the transcript is told line by line.

    Needs a freshly seeded clinic, started and connected with `outside`. It waits for what it expects and never for a
    fixed time, so a carrier without delays and a high `HUB_SMS_RATE` make it quick.
    """
    proofs = Proofs(parts)
    phones = {phone.key: phone for phone in PHONES}
    patience = FIRST

    async def line(key: str) -> Line:
        phone = phones[key]
        ready = Line(
            carrier=outside.carrier,
            clinic=parts.settings.sms_from,
            name="Unknown" if phone is STRANGER else phone.label.split(" ")[0],
            number=phone.number,
            language=phone.language,
            tell=tell,
            patience=patience,
        )
        await ready.pick_up()
        return ready

    tell("✓✓ the hub took the text    ✓ it is on the phone")
    started = time.monotonic()
    failed = 0
    for title, scene in ALL:
        tell(f"\n{title}: {(scene.__doc__ or '').strip()}")
        try:
            tell(f"  ✓ {await scene(Stage(line, outside, proofs, tell))}")
        except (SceneFailed, HubError) as problem:
            failed += 1
            tell(f"  ✗ {problem}")
        patience = PATIENCE
    failed += await _afterwards(proofs, tell)
    total = len(ALL) + 1
    verdict = "All ended as they must" if not failed else f"{failed} of {total} did not end as they must"
    tell(f"\n{'✗' if failed else '✓'} {verdict} ({time.monotonic() - started:.1f} s).")
    return 1 if failed else 0


async def _afterwards(proofs: Proofs, tell: Tell) -> int:
    """1 if something was left over, or the audit chain does not verify."""
    tell("\nAfterwards: nothing is left over, and everything done is on record.")
    try:
        waiting = await proofs.unfinished()
        chain = await proofs.audit()
    except HubError as problem:
        tell(f"  ✗ {problem}")
        return 1
    if waiting:
        tell(f"  ✗ {waiting} texts were not dealt with")
        return 1
    tell(f"  ✓ every text dealt with; the audit chain of {chain.links} links verifies, and is signed")
    return 0
