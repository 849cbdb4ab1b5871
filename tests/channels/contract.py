"""What every channel must hold, whoever its provider is.

A channel's test module makes a `Rig` and inherits the suite:

    class TestSmsContract(ChannelContract):
        @pytest.fixture
        async def rig(self): ...
"""

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.base import Channel, Reconciling
from hub.errors import ChannelError, HubError, OutcomeUnknown, SignatureInvalid, Throttled, Unreachable
from hub.types import DeliveryState, Inbound, Part, Receipt, Status, Webhook

Mishap = Literal["throttled", "unavailable", "hang", "drop_untaken", "drop_taken", "broken_taken", "refused"]

SAID = "Canary words that stay between us"


class SendingRig(ABC):
    """A channel, its provider on this machine, and what may befall a part.

    channel: waits at most half a second for an answer.
    private: secrets and addresses that must never show.
    """

    channel: Channel
    private: tuple[str, ...]

    @abstractmethod
    def part(self, text: str = SAID) -> Part:
        """A part that the provider would take."""

    @abstractmethod
    def requests(self) -> int:
        """How many requests to send have reached the provider."""

    @abstractmethod
    def befall(self, mishap: Mishap) -> None:
        """Let `mishap` happen to the next part."""

    @abstractmethod
    def nowhere(self) -> Channel:
        """The same channel, set up for an address where nobody listens."""

    def hooks(self, part: Part) -> list[Webhook]:
        """Every kind of webhook that the provider sends: none, where it has other ways to tell."""
        return []


class Rig(SendingRig):
    """A channel whose provider tells what comes in, and what became of a part, by signed webhooks."""

    def hooks(self, part: Part) -> list[Webhook]:
        return [self.inbound(), *self.statuses(part)]

    @abstractmethod
    def inbound(self, text: str = SAID) -> Webhook:
        """A signed webhook in which a person says `text`."""

    @abstractmethod
    def statuses(self, part: Part) -> list[Webhook]:
        """The signed callbacks of `part` on its way, first to last, whether or not it was ever sent."""


def altered(hook: Webhook, **changes: object) -> Webhook:
    """`hook` with other values: `headers` and `form` as plain dictionaries."""
    values: dict[str, object] = {name: getattr(hook, name) for name in Webhook.__slots__}
    if isinstance(headers := changes.get("headers"), dict):
        changes["headers"] = CIMultiDictProxy(CIMultiDict(headers))
    if isinstance(form := changes.get("form"), dict):
        changes["form"] = MultiDictProxy(MultiDict(form))
    return Webhook(**{**values, **changes})  # type: ignore[arg-type]


class SendingContract:
    """The suite of whatever sends. Every test takes the fixture `rig`."""

    async def test_one_part_is_one_request(self, rig: SendingRig) -> None:
        receipt = await rig.channel.send(rig.part())

        assert receipt.provider_id
        assert receipt.state is DeliveryState.SENT
        assert rig.requests() == 1

    @pytest.mark.parametrize(
        ("mishap", "error"),
        [
            pytest.param("throttled", Throttled, id="429"),
            pytest.param("unavailable", Unreachable, id="503"),
            pytest.param("hang", OutcomeUnknown, id="hang"),
            pytest.param("drop_untaken", OutcomeUnknown, id="drop-before-accept"),
            pytest.param("drop_taken", OutcomeUnknown, id="drop-after-accept"),
            pytest.param("broken_taken", OutcomeUnknown, id="500-after-accept"),
        ],
    )
    async def test_a_mishap_is_one_request_and_one_error(
        self, rig: SendingRig, mishap: Mishap, error: type[ChannelError]
    ) -> None:
        rig.befall(mishap)

        with pytest.raises(error) as raised:
            await rig.channel.send(rig.part())

        assert type(raised.value) is error
        assert rig.requests() == 1

    async def test_patience_is_asked_for_in_time(self, rig: SendingRig) -> None:
        rig.befall("throttled")

        with pytest.raises(Throttled) as raised:
            await rig.channel.send(rig.part())

        assert timedelta(0) < raised.value.after <= timedelta(hours=1)

    async def test_where_nobody_listens_nothing_was_sent(self, rig: SendingRig) -> None:
        channel = rig.nowhere()

        with pytest.raises(Unreachable):
            await channel.send(rig.part())

        assert rig.requests() == 0
        await channel.close()

    async def test_after_a_mishap_the_next_part_goes_out(self, rig: SendingRig) -> None:
        rig.befall("drop_untaken")
        with pytest.raises(OutcomeUnknown):
            await rig.channel.send(rig.part())

        receipt = await rig.channel.send(rig.part())

        assert receipt.provider_id

    @pytest.mark.parametrize(
        ("mishap", "taken"), [("drop_taken", True), ("broken_taken", True), ("drop_untaken", False)]
    )
    async def test_an_unknown_outcome_is_settled_by_asking(self, rig: SendingRig, mishap: Mishap, taken: bool) -> None:
        if not isinstance(rig.channel, Reconciling):
            pytest.skip("this provider cannot be asked")
        since = datetime.now(UTC)
        part = rig.part()
        rig.befall(mishap)
        with pytest.raises(OutcomeUnknown):
            await rig.channel.send(part)

        found = await rig.channel.lookup(part, since)

        assert isinstance(found, Receipt) if taken else found is None
        assert rig.requests() == 1

    @pytest.mark.parametrize(
        "mishap",
        [None, "throttled", "unavailable", "hang", "drop_untaken", "drop_taken", "broken_taken", "refused"],
    )
    async def test_nothing_private_is_logged_or_in_an_error(
        self, rig: SendingRig, mishap: Mishap | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        part = rig.part()
        said: list[str] = [repr(part), repr(rig.channel)]
        if mishap:
            rig.befall(mishap)
        elsewhere = rig.nowhere()
        with pytest.raises(Unreachable) as raised:
            await elsewhere.send(part)
        await elsewhere.close()
        said += [str(raised.value), *traceback.format_exception(raised.value)]

        try:
            said.append(repr(await rig.channel.send(part)))
        except ChannelError as error:
            assert mishap
            said += [str(error), repr(error), *traceback.format_exception(error)]
        for hook in rig.hooks(part):
            said += [repr(hook), repr(rig.channel.parse(hook))]
            try:
                rig.channel.verify(altered(hook, url=hook.url + "/more"))
            except HubError as error:
                said += [str(error), *traceback.format_exception(error)]

        said += [record.getMessage() + str(record.__dict__) for record in caplog.records]
        for private in (*rig.private, SAID):
            assert not [line for line in said if private in line]


class ChannelContract(SendingContract):
    """The suite of a channel with webhooks."""

    def test_a_signed_webhook_is_let_in_and_understood(self, rig: Rig) -> None:
        hook = rig.inbound()

        rig.channel.verify(hook)
        (said,) = rig.channel.parse(hook)

        assert isinstance(said, Inbound)
        assert said.text == SAID
        assert said.channel is rig.channel.kind
        assert said.received_at == hook.received_at

    def test_a_duplicate_webhook_says_the_same_again(self, rig: Rig) -> None:
        hook = rig.inbound()

        rig.channel.verify(hook)
        first = rig.channel.parse(hook)
        rig.channel.verify(hook)

        assert rig.channel.parse(hook) == first

    def test_a_callback_before_the_receipt_names_our_delivery(self, rig: Rig) -> None:
        part = rig.part()

        for hook in rig.statuses(part):
            rig.channel.verify(hook)
            (said,) = rig.channel.parse(hook)

            assert isinstance(said, Status)
            assert said.delivery_id == part.reference

    def test_regressing_callbacks_are_reported_as_they_came(self, rig: Rig) -> None:
        """To order them is the hub's part: an adapter keeps no state to order them by."""
        hooks = rig.statuses(rig.part())
        forward = [rig.channel.parse(hook) for hook in hooks]

        backward = [rig.channel.parse(hook) for hook in reversed(hooks)]

        assert backward == forward[::-1]

    @pytest.mark.parametrize("forge", ["missing", "empty", "other", "repeated", "text", "address", "not_ascii"])
    def test_what_the_provider_did_not_sign_is_refused(self, rig: Rig, forge: str) -> None:
        hook = rig.inbound()
        (name,) = [each for each in hook.headers if "signature" in each.lower()]
        good = hook.headers[name]
        others = {k: v for k, v in hook.headers.items() if k != name}
        twice = CIMultiDict(others)
        twice.add(name, good)
        twice.add(name, good)
        forged: dict[str, Callable[[], Webhook]] = {
            "missing": lambda: altered(hook, headers=others),
            "empty": lambda: altered(hook, headers=others | {name: ""}),
            "other": lambda: altered(hook, headers=others | {name: good[::-1]}),
            "repeated": lambda: altered(hook, headers=CIMultiDictProxy(twice)),
            "text": lambda: altered(rig.inbound("other words"), headers=hook.headers),
            "address": lambda: altered(hook, url=hook.url + "/more"),
            "not_ascii": lambda: altered(hook, headers=others | {name: "é\udcff" * 14}),
        }

        with pytest.raises(SignatureInvalid):
            rig.channel.verify(forged[forge]())

    def test_a_body_of_a_megabyte_is_judged_by_its_signature_alone(self, rig: Rig) -> None:
        """How much may come in at all is for the hub's web server to say."""
        big = rig.inbound("x" * 1_000_000)

        rig.channel.verify(big)

        with pytest.raises(SignatureInvalid):
            rig.channel.verify(altered(big, headers=rig.inbound().headers))

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("caf\ufffd au lait", id="replaced-bytes"),
            pytest.param("half \ud83d a pair", id="lone-high-surrogate"),
            pytest.param("half \ude00 a pair", id="lone-low-surrogate"),
        ],
    )
    def test_malformed_utf_8_is_refused_or_made_storable(self, rig: Rig, text: str) -> None:
        hook = rig.inbound()
        names = [name for name, value in hook.form.items() if value == SAID]
        hook = altered(hook, form={**hook.form, **dict.fromkeys(names, text)})

        with pytest.raises(SignatureInvalid):
            rig.channel.verify(hook)
        (said,) = rig.channel.parse(hook)

        assert isinstance(said, Inbound)
        assert "\ufffd" in said.text
        said.text.encode("utf-8")
