"""What can break, drawn as a tree. A refusal is not here: it is a `Decision` with its reason.

HubError                       code · retry · alert · ids, never text or an address
 ├─ SettingsError              settings are missing or wrong; lists every problem
 ├─ StorageError               the database refused or is gone
 │   ├─ SchemaOutdated         run `hub migrate`
 │   ├─ MetAnother             somebody else changed it meanwhile: the unit of work is run again
 │   └─ Overloaded             the queue is full: answer 503 with Retry-After
 ├─ CryptoError
 │   ├─ KeyringMissing         no key-encryption key where sealed data exists
 │   ├─ KeyringWrong           the canary does not open
 │   ├─ KeyServiceAway         the service that seals the keyring cannot be asked   retry
 │   ├─ KeyServiceRefused      it says no: access, state of its key, another key
 │   ├─ KeyDestroyed           the person's key was destroyed: nothing to read
 │   └─ SealBroken             a sealed value was changed or moved
 ├─ WebhookError
 │   ├─ SignatureInvalid       403, nothing stored
 │   └─ PayloadInvalid         400, nothing stored
 ├─ ChannelError
 │   ├─ ConfigInvalid          missing or refused credentials        no retry, alert
 │   ├─ Unreachable            never connected, or 503               retry
 │   ├─ Throttled(after)       429                                   retry after that
 │   ├─ OutcomeUnknown         perhaps sent: reconcile first         alert
 │   ├─ AddressInvalid         bad number or mailbox: mark it        no retry
 │   │   └─ TextsRefused       a number that takes calls alone       no retry
 │   ├─ RecipientOptedOut      provider's block list: write ledger   no retry
 │   ├─ Rejected(code)         another refusal                       no retry
 │   └─ ReplyUnreadable        2xx that cannot be parsed             no retry, alert
 ├─ SchedulingError            the scheduling system did not answer as it must
 ├─ EngineFailed(reason)       the Rasa server or the embedding did not answer as it must: the engine without it does
 ├─ TemplateError              a template is missing or lacks a value
 ├─ ConsentError               a consent fact that cannot be recorded as given
 ├─ AuditBroken                the chain does not verify; names the first bad link
 ├─ RecordMerged               the record was merged into another one, under which the patient goes on
 └─ InputError                 a person's input cannot be used; the message says how to mend it
"""

from datetime import timedelta
from typing import ClassVar

__all__ = [
    "AddressInvalid",
    "AuditBroken",
    "ChannelError",
    "ConfigInvalid",
    "ConsentError",
    "CryptoError",
    "EngineFailed",
    "HubError",
    "InputError",
    "KeyDestroyed",
    "KeyServiceAway",
    "KeyServiceRefused",
    "KeyringMissing",
    "KeyringWrong",
    "MetAnother",
    "OutcomeUnknown",
    "Overloaded",
    "PayloadInvalid",
    "RecipientOptedOut",
    "RecordMerged",
    "Rejected",
    "ReplyUnreadable",
    "SchedulingError",
    "SchemaOutdated",
    "SealBroken",
    "SettingsError",
    "SignatureInvalid",
    "StorageError",
    "TemplateError",
    "TextsRefused",
    "Throttled",
    "Unreachable",
    "WebhookError",
]


class HubError(Exception):
    """Something broke. `str()` is one line that says what to mend and holds no protected content."""

    code: ClassVar[str] = "error"
    retry: ClassVar[bool] = False
    alert: ClassVar[bool] = True


class SettingsError(HubError):
    """Settings are missing or wrong; `problems` has one line for each."""

    code = "settings"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StorageError(HubError):
    """The database refused or is gone."""

    code = "storage"
    retry = True


class SchemaOutdated(StorageError):
    """The database is not at this version's schema: run `hub migrate`."""

    code = "schema_outdated"
    retry = False


class MetAnother(StorageError):
    """What a unit of work looked at was changed by another meanwhile; run again, it finds things as they are now."""

    code = "met_another"

    def __init__(self, message: str = "somebody else changed this in the same moment; try again") -> None:
        super().__init__(message)


class Overloaded(StorageError):
    """A bounded queue is full; nothing was stored. Ask again after `after`."""

    code = "overloaded"

    def __init__(self, after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__("too many requests are waiting; try again shortly")
        self.after = after


class CryptoError(HubError):
    """A key or a sealed value cannot be used."""

    code = "crypto"


class KeyringMissing(CryptoError):
    """No key-encryption key was found where sealed data exists."""

    code = "keyring_missing"


class KeyringWrong(CryptoError):
    """The keyring is not the one that this database was sealed with."""

    code = "keyring_wrong"


class KeyServiceAway(CryptoError):
    """The key service cannot be asked now: down, sealed, throttling, or out of reach."""

    code = "key_service_away"
    retry = True


class KeyServiceRefused(CryptoError):
    """The key service says no: no access, its key is disabled, or it did not wrap what it was given."""

    code = "key_service_refused"


class KeyDestroyed(CryptoError):
    """The data key was destroyed: what it sealed cannot be read again."""

    code = "key_destroyed"
    alert = False


class SealBroken(CryptoError):
    """A sealed value was changed, cut, or moved from where it was written."""

    code = "seal_broken"


class WebhookError(HubError):
    """A provider's request cannot be taken."""

    code = "webhook"
    alert = False


class SignatureInvalid(WebhookError):
    """The request is not signed by the provider."""

    code = "signature_invalid"


class PayloadInvalid(WebhookError):
    """The request is signed but does not hold what it must."""

    code = "payload_invalid"


class ChannelError(HubError):
    """A provider did not take a part."""

    code = "channel"
    provider_code: str | None = None

    def __init__(self, message: str = "", *, provider_code: str | None = None) -> None:
        super().__init__(message or self.code)
        self.provider_code = provider_code


class ConfigInvalid(ChannelError):
    """Credentials or sender are missing or refused."""

    code = "config_invalid"


class Unreachable(ChannelError):
    """The provider was never reached, or said 503: safe to try again."""

    code = "unreachable"
    retry = True
    alert = False


class Throttled(ChannelError):
    """The provider asks for patience: try again after `after`."""

    code = "throttled"
    retry = True
    alert = False

    def __init__(self, after: timedelta, *, provider_code: str | None = None) -> None:
        super().__init__(provider_code=provider_code)
        self.after = after


class OutcomeUnknown(ChannelError):
    """The request was written and no answer came: it may have been sent. Reconcile before a second attempt."""

    code = "outcome_unknown"


class AddressInvalid(ChannelError):
    """The number or mailbox cannot be reached; mark it."""

    code = "address_invalid"
    alert = False


class TextsRefused(AddressInvalid):
    """The number is no mobile phone: it takes calls, and no texts."""

    code = "no_texts"


class RecipientOptedOut(ChannelError):
    """The provider's own block list holds this address; write it to the ledger."""

    code = "recipient_opted_out"
    alert = False


class Rejected(ChannelError):
    """The provider refused for another reason; `provider_code` says which."""

    code = "rejected"
    alert = False


class ReplyUnreadable(ChannelError):
    """The provider took the part but its answer cannot be parsed."""

    code = "reply_unreadable"


class SchedulingError(HubError):
    """The scheduling system did not answer as it must; nothing may be called booked."""

    code = "scheduling"
    retry = True


class EngineFailed(HubError):
    """A Rasa server, or the embedding, did not answer as it must; `reason` is a code, such as `timeout`."""

    code = "engine"
    retry = True
    alert = False

    def __init__(self, reason: str) -> None:
        super().__init__(f"what was asked to understand a text did not answer as it must ({reason})")
        self.reason = reason


class TemplateError(HubError):
    """A template is missing or lacks a value."""

    code = "template"


class ConsentError(HubError):
    """A consent fact cannot be recorded as it was given."""

    code = "consent"
    alert = False


class AuditBroken(HubError):
    """The audit chain does not verify; the message names the first bad link."""

    code = "audit_broken"


class RecordMerged(HubError):
    """The record was merged into another one, under whose number the patient goes on."""

    code = "record_merged"
    alert = False

    def __init__(self, message: str = "this record was merged into another one: use that one's number") -> None:
        super().__init__(message)


class InputError(HubError):
    """A person's input cannot be used; the message says how to mend it."""

    code = "input"
    alert = False
