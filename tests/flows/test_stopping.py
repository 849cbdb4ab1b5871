"""A patient stops the texts, asks for help, and starts them again (invariant 3)."""

from consent.facts import ConsentState
from hub.types import AuthorKind, Purpose, Send, Skip
from tests.flows.clinic import ANA, ana
from tests.hub_rig import Rig, is_said


async def test_after_stop_nothing_leaves_but_its_confirmation_until_start(rig: Rig) -> None:
    person = await ana(rig)

    stopped = await rig.ask(ANA, "STOP")
    assert is_said("consent.stopped", stopped)
    assert await rig.consent(ANA) is ConsentState.REVOKE
    for author, purpose in ((AuthorKind.STAFF, Purpose.CARE), (AuthorKind.CAMPAIGN, Purpose.APPOINTMENT)):
        refused = await rig.send(person, "This must not arrive.", author=author, purpose=purpose)
        assert isinstance(refused.decision, Skip)
        assert refused.decision.reasons[0].startswith("This address opted out")
    await rig.tell(ANA, "what do I have booked?")
    await rig.quiet()
    assert rig.on_phone(ANA) == [stopped]

    started = await rig.ask(ANA, "START")
    assert is_said("consent.started", started)
    sent = await rig.send(person, "Welcome back.")
    assert isinstance(sent.decision, Send)
    assert await rig.hear(ANA) == "Welcome back."
    assert (await rig.facts(ANA))[-2:] == ["revoke", "grant"]
    assert await rig.audited("consent.stop") == 1
    assert await rig.audited("consent.start") == 1


async def test_help_names_the_clinic_its_phone_and_the_emergency_numbers(rig: Rig) -> None:
    await ana(rig)

    said = await rig.ask(ANA, "HELP")

    assert is_said("consent.help", said)
    assert rig.parts.settings.clinic_name in said
    assert "911" in said
    assert "988" in said
