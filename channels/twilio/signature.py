"""Whether a webhook was signed with the account's token.

Twilio's scheme signs the address followed by every name and value, sorted and joined with nothing between them, so
that `A=BC` and `AB=C` have the same signature. What is verified is therefore not yet what was meant: `form_of`
refuses names that no provider sends, and a parser must insist on every field that it acts on, exactly once.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection
from functools import lru_cache
from operator import itemgetter
from urllib.parse import parse_qs, urlsplit

from multidict import MultiDictProxy, istr
from twilio.request_validator import (  # type: ignore[import-untyped]
    RequestValidator,
    add_port,
    remove_port,
)

from hub.errors import PayloadInvalid, SignatureInvalid
from hub.types import Webhook

__all__ = ["SignatureCheck", "form_of", "storable"]

HEADER = istr("X-Twilio-Signature")
LONGEST_NAME = 64
_NAME = itemgetter(0)


class SignatureCheck:
    """Checks `X-Twilio-Signature` against the account's auth token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._validator = RequestValidator(token)

    def __call__(self, hook: Webhook) -> None:
        """Nothing, if `hook` is signed. A body that is not a form must be covered by `bodySHA256` in the address.

        Raises: SignatureInvalid.
        Source: twilio.com/docs/usage/webhooks/webhooks-security.
        """
        given = hook.headers.getall(HEADER, [])
        if len(given) != 1 or not given[0]:
            raise SignatureInvalid("the request carries no signature")
        if not hook.form and hook.body and not _covers(hook.url, hook.body):
            raise SignatureInvalid("the request's body is not covered by its signature")
        signature = given[0].encode("utf-8", "replace")
        if not self._matches(hook.url, hook, signature) and not any(
            self._matches(url, hook, signature) for url in _other_spellings(hook.url)
        ):
            raise SignatureInvalid("the request's signature does not match")

    def _matches(self, url: str, hook: Webhook, signature: bytes) -> bool:
        try:
            return hmac.compare_digest(self._expected(url, hook.form), signature)
        except UnicodeEncodeError:  # half a surrogate pair: nothing that Twilio could have signed
            return False

    def _expected(self, url: str, form: MultiDictProxy[str]) -> bytes:
        """The signature that Twilio would have given.

        Where no name repeats, the scheme is one sort and one HMAC, and is done here: the package's general way costs
        five times as much on every webhook. A property test holds the two against each other.
        """
        if len(set(form)) < len(form):
            return str(self._validator.compute_signature(url, form)).encode("ascii")
        signed = url + "".join([name + value for name, value in sorted(form.items(), key=_NAME)])
        return base64.b64encode(hmac.digest(self._token, signed.encode(), "sha1"))


def _other_spellings(url: str) -> set[str]:
    """`url` with and without its port: Twilio has signed either."""
    parts = urlsplit(url)
    return {remove_port(parts), add_port(parts)} - {url}


def _covers(url: str, body: bytes) -> bool:
    promised = parse_qs(urlsplit(url).query).get("bodySHA256", [])
    return len(promised) == 1 and hmac.compare_digest(
        hashlib.sha256(body).hexdigest().encode("ascii"), promised[0].encode("utf-8", "replace")
    )


def form_of(hook: Webhook, single: Collection[str]) -> dict[str, str]:
    """The form's first value by name, once no name is malformed and none of `single` is there twice.

    Names that are not known are kept: Twilio adds fields without notice.

    Raises: PayloadInvalid.
    """
    form = dict(hook.form.items())
    if len(form) == len(hook.form) and all(map(_is_name, form)):
        return form
    form = {}
    for name, value in hook.form.items():
        if name in form:
            if name in single:
                raise PayloadInvalid(f"{name} is there more than once")
            continue
        if not _is_name(name):
            raise PayloadInvalid("a field's name is malformed")
        form[name] = value
    return form


@lru_cache(maxsize=512)
def _is_name(name: str) -> bool:
    """Whether a provider could have named a field so; the same few names come all day."""
    return name.isascii() and name.isidentifier() and len(name) <= LONGEST_NAME


def storable(text: str) -> str:
    """`text` as it can be written in UTF-8: half a surrogate pair becomes U+FFFD, all else stays as it is."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
