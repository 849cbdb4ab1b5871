"""AWS KMS, by its JSON protocol. Signing and finding credentials is the AWS Common Runtime's (`carehub[kms-aws]`).

Credentials are found as every AWS client does: environment, profile, web identity, container, instance.

Source: AWS KMS API Reference, `Encrypt`, `Decrypt`, `ReEncrypt`, "Common Errors"; version 2014-11-01.
"""

import asyncio
import base64
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.crypto.kms.calling import Answer, Caller, Signed
from hub.crypto.kms.port import KEY, Context, Wrapped
from hub.errors import KeyServiceAway, KeyServiceRefused, SettingsError

if TYPE_CHECKING:
    from awscrt.auth import AwsCredentialsProvider

__all__ = ["AwsKms"]

_JSON = "application/x-amz-json-1.1"
_THROTTLED = ("ThrottlingException", "LimitExceededException", "RequestLimitExceeded", "ThrottledException")
_INTERNAL = ("KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "ServiceUnavailable")
_STATE = ("KMSInvalidStateException", "DisabledException")
_UNSIGNED = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "IncompleteSignature",
    "MissingAuthenticationTokenException",
)


class AwsKms:
    """A symmetric key of AWS KMS, by its ARN or the ARN of an alias. endpoint: "" for the region's own.

    It tells the version of its key (the key material's id) only when it wraps anew.
    """

    def __init__(self, arn: str, caller: Caller, *, endpoint: str = "") -> None:
        try:
            import awscrt.auth  # noqa: F401
        except ModuleNotFoundError:
            raise SettingsError(["HUB_KMS needs the package awscrt: pip install 'carehub[kms-aws]'"]) from None
        self.name = f"aws:{arn}"
        self._arn, self._caller = arn, caller
        partition, self._region = arn.split(":")[1], arn.split(":")[3]
        domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self._endpoint = endpoint or f"https://kms.{self._region}.{domain}"
        self._provider: AwsCredentialsProvider | None = None

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """See `KeyService`."""
        plain = base64.b64encode(key).decode()
        answer = await self._call("Encrypt", KeyId=self._arn, Plaintext=plain, EncryptionContext=dict(context))
        return self._wrapped(answer, "")

    async def unwrap(self, blob: str, context: Context) -> bytes:
        """See `KeyService`."""
        answer = await self._call("Decrypt", KeyId=self._arn, CiphertextBlob=blob, EncryptionContext=dict(context))
        try:
            key = base64.b64decode(answer.text("Plaintext"), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY:
            raise KeyServiceRefused(f"{self.name} opens it, but what is in it is no key of the hub's")
        return key

    async def rewrap(self, blob: str, context: Context) -> Wrapped:
        """See `KeyService`. The key does not leave KMS."""
        answer = await self._call(
            "ReEncrypt",
            CiphertextBlob=blob,
            SourceKeyId=self._arn,
            SourceEncryptionContext=dict(context),
            DestinationKeyId=self._arn,
            DestinationEncryptionContext=dict(context),
        )
        return self._wrapped(answer, answer.text("DestinationKeyMaterialId")[:12])

    def _wrapped(self, answer: Answer, version: str) -> Wrapped:
        blob = answer.text("CiphertextBlob")
        if not blob:
            raise self._caller.away("answers what AWS KMS does not: check HUB_KMS_ENDPOINT")
        return Wrapped(blob, version)

    async def _call(self, operation: str, **body: Any) -> Answer:
        raw = json.dumps(body).encode()
        answer = await self._caller.post(
            lambda: self._signed(operation, raw), lambda answer: _code(answer) in (*_THROTTLED, *_INTERNAL)
        )
        if answer.status == 200:
            return answer
        raise self._fault(answer)

    async def _signed(self, operation: str, raw: bytes) -> Signed:
        """The request with its signature (SigV4), over its head and body as they are sent."""
        from awscrt import auth, http
        from awscrt.exceptions import AwsCrtError

        if self._provider is None:
            self._provider = await asyncio.to_thread(auth.AwsCredentialsProvider.new_default_chain)
        parts = urlsplit(self._endpoint)
        headers = [
            ("Host", parts.netloc),
            ("Content-Type", _JSON),
            ("X-Amz-Target", f"TrentService.{operation}"),
        ]
        request = http.HttpRequest("POST", "/", http.HttpHeaders(headers), io.BytesIO(raw))
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=self._provider,
            region=self._region,
            service="kms",
        )
        try:
            async with asyncio.timeout(self._caller.seconds):
                await asyncio.wrap_future(auth.aws_sign_request(request, config))
        except (AwsCrtError, TimeoutError):
            raise KeyServiceRefused(
                f"{self.name} cannot be asked: no AWS credentials in the environment, a profile or the instance"
            ) from None
        return Signed(f"{self._endpoint}/", dict(request.headers), raw)

    def _fault(self, answer: Answer) -> KeyServiceAway | KeyServiceRefused:
        code = _code(answer)
        if code in _THROTTLED or answer.status == 429:
            return self._caller.away("asks for fewer requests: try again shortly")
        if code in _STATE:
            return KeyServiceRefused(f"{self.name} is disabled or about to be deleted: enable the key, or cancel that")
        if code == "AccessDeniedException":
            return KeyServiceRefused(
                f"{self.name} refuses: allow kms:Encrypt, kms:Decrypt and kms:ReEncrypt* on it to the hub's role"
            )
        if code in _UNSIGNED:
            return KeyServiceRefused(f"{self.name} does not take the credentials: check them, and this machine's clock")
        if code in ("InvalidCiphertextException", "IncorrectKeyException"):
            return KeyServiceRefused(f"{self.name} does not open it: it was wrapped by another key, or was changed")
        if code == "NotFoundException":
            return KeyServiceRefused(f"{self.name} is not there: check the ARN in HUB_KMS")
        if answer.status < 500 and code not in _INTERNAL:
            return KeyServiceRefused(f"{self.name} refuses ({code[:60] or answer.status})")
        return self._caller.away(f"cannot serve now ({code[:60] or answer.status}): try again shortly")


def _code(answer: Answer) -> str:
    """Which error it is; "" for none."""
    return answer.text("__type").rpartition("#")[2].partition(":")[0]
