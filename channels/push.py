"""Notifications on a person's devices: browsers by Web Push, apps through FCM or APNs.

One channel, and the address says which way: see `channels.pushing`. A notification announces that there is something
to read in the portal, and never says what.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from channels.base import Channel, Limits
from channels.pushing import notice, outcome, subscription
from channels.pushing.subscription import Apns, Fcm, Web
from hub.errors import ChannelError, ConfigInvalid, PayloadInvalid, SettingsError, SignatureInvalid
from hub.settings import Settings
from hub.types import Address, AddressKind, ChannelKind, Inbound, Part, Receipt, Status, Webhook

if TYPE_CHECKING:
    from channels.pushing.apns import ApnsPush
    from channels.pushing.fcm import FcmPush
    from channels.pushing.web import WebPush

__all__ = ["PushChannel"]

Way = TypeVar("Way")


class PushChannel(Channel):
    """Notices by whichever of the three ways are set up; `clinic` is the name that they show.

    No push service drops a second request, but each replaces: a notice with the tag of one that waits or is shown
    takes its place. A request made twice thus shows once, so that an unknown outcome may simply be sent again.
    """

    kind: ClassVar[ChannelKind] = ChannelKind.PUSH
    limits: ClassVar[Limits] = Limits(max_characters=None, deduplicates=True)
    secrets: ClassVar[tuple[str, ...]] = ("vapid_private_key",)

    def __init__(
        self,
        clinic: str,
        *,
        web: "WebPush | None" = None,
        fcm: "FcmPush | None" = None,
        apns: "ApnsPush | None" = None,
    ) -> None:
        self._clinic = clinic
        self._web, self._fcm, self._apns = web, fcm, apns

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The channel, if at least one way is set up. Raises: SettingsError when a key cannot be used."""
        problems: list[str] = []
        web = _made(_web, settings, problems)
        fcm = _made(_fcm, settings, problems)
        apns = _made(_apns, settings, problems)
        if problems:
            raise SettingsError(problems)
        return cls(settings.told_name, web=web, fcm=fcm, apns=apns) if web or fcm or apns else None

    @property
    def sender(self) -> Address:
        """The clinic, of which push services know no more than its keys."""
        return Address(AddressKind.PUSH, "clinic")

    @property
    def handed_to(self) -> str:
        """The push services of browsers and phones, whichever a device is signed up with."""
        return "push services"

    @property
    def public_key(self) -> str | None:
        """What a browser subscribes with (`applicationServerKey`, base64url); None without Web Push."""
        return self._web.key.public if self._web else None

    async def send(self, part: Part) -> Receipt:
        """The push service's word that it took a notice of `part`, asked for with one request.

        Raises: see `channels.pushing.outcome.raise_for`; AddressInvalid when the address is no subscription,
        ConfigInvalid when its way is not set up, Unreachable, OutcomeUnknown, ReplyUnreadable.
        """
        announced = notice.of(part, self._clinic)
        match subscription.read(part.recipient.value):
            case Web() as to if self._web:
                provider_id = await self._web.send(announced, to)
            case Fcm() as to if self._fcm:
                provider_id = await self._fcm.send(announced, to)
            case Apns() as to if self._apns:
                provider_id = await self._apns.send(announced, to)
            case _:
                raise ConfigInvalid("the device's kind of push is not set up (see HUB_VAPID_…, HUB_FCM_…, HUB_APNS_…)")
        return Receipt(provider_id=provider_id)

    def verify(self, hook: Webhook) -> None:
        """Never: push services call nobody back. Raises: SignatureInvalid."""
        raise SignatureInvalid("no push service calls back")

    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """Never: push services call nobody back. Raises: PayloadInvalid."""
        raise PayloadInvalid("no push service calls back")

    def explain(self, code: str | None) -> str:
        """What a push service's `code` means, in one sentence that a nurse understands."""
        return outcome.explain(code)

    def fault(self, code: str | None) -> type[ChannelError]:
        """The kind of error that `code` stands for."""
        return outcome.fault(code)

    def told(self) -> str:
        """Which ways are set up."""
        ways = {"Web Push": self._web, "FCM": self._fcm, "APNs": self._apns}
        return "set up for " + ", ".join(name for name, way in ways.items() if way)

    async def check(self) -> None:
        """Nothing, if Google and Apple take our credentials. Browsers' services cannot be asked.

        Raises: one of the `ChannelError` family.
        """
        for way in (self._fcm, self._apns):
            if way is not None:
                await way.check()

    async def close(self) -> None:
        """Close the connections to all push services."""
        for way in (self._web, self._fcm, self._apns):
            if way is not None:
                await way.close()


# Each way's libraries are loaded only where it is set up.


def _made(make: Callable[[Settings], Way | None], settings: Settings, problems: list[str]) -> Way | None:
    """One way as it is set up; what is wrong with its key goes to `problems`."""
    try:
        return make(settings)
    except ValueError as error:
        problems.append(str(error))
        return None


def _web(settings: Settings) -> "WebPush | None":
    if not settings.vapid_private_key:
        return None
    from channels.pushing.vapid import VapidKey
    from channels.pushing.web import WebPush

    try:
        key = VapidKey.read(settings.vapid_private_key.reveal())
    except ValueError:
        raise ValueError("HUB_VAPID_PRIVATE_KEY is not a key as `hub keys vapid` makes it") from None
    return WebPush(key, settings.vapid_subject or settings.base_url)


def _fcm(settings: Settings) -> "FcmPush | None":
    if settings.fcm_credentials_file is None:
        return None
    from channels.pushing.fcm import Credentials, FcmPush

    try:
        return FcmPush(Credentials.read(settings.fcm_credentials_file))
    except ValueError as error:
        raise ValueError(f"HUB_FCM_CREDENTIALS_FILE {error}") from None


def _apns(settings: Settings) -> "ApnsPush | None":
    if settings.apns_key_file is None:
        return None
    from channels.pushing.apns import ApnsPush, read_key

    try:
        key = read_key(settings.apns_key_file)
    except ValueError as error:
        raise ValueError(f"HUB_APNS_KEY_FILE {error}") from None
    return ApnsPush(key, settings.apns_key_id, settings.apns_team_id, settings.apns_topic)
