"""The sign-in at an EHR: the token endpoint of the test verifies every claim."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from hub.ehr import BackendServices, Client, SigningKeys
from hub.ehr.errors import EhrDown, EhrRefused, EhrUnknown
from hub.ehr.opening import client as opened
from hub.ehr.published import routes
from hub.errors import SettingsError
from hub.settings import Secret, Settings
from tests.rsa_keys import rsa_key
from tests.servers.ehr import SmallEhr, small_ehr
from tests.servers.tokens import CLIENT, TokenEndpoint

EC = ECKey.generate_key("P-384").as_pem(private=True).decode()


def rsa_pem(bits: int = 2048) -> str:
    """An RSA key of so many bits."""
    return rsa_key(bits).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(params=["ES384", "RS384"])
def keys(request: pytest.FixtureRequest) -> SigningKeys:
    """The hub's keys, of either kind."""
    return SigningKeys(EC if request.param == "ES384" else rsa_pem())


@pytest.fixture
async def secured(keys: SigningKeys) -> AsyncIterator[SmallEhr]:
    """An EHR that answers only who signed in."""
    async with small_ehr(TokenEndpoint(keys.published())) as made:
        yield made


class Watch:
    """A time that is moved by hand, in seconds."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def signed_in(ehr: SmallEhr, keys: SigningKeys, since: Watch | None = None, client_id: str = CLIENT) -> Client:
    """A client of an EHR that signs in."""
    return Client(
        ehr.url,
        BackendServices(
            base_url=ehr.url, client_id=client_id, keys=keys, scopes="system/Slot.read", since=since or Watch()
        ),
    )


def tokens(ehr: SmallEhr) -> TokenEndpoint:
    """The EHR's token endpoint."""
    assert ehr.tokens is not None
    return ehr.tokens


async def test_a_signed_claim_gives_a_token_that_is_used_until_it_ends(secured: SmallEhr, keys: SigningKeys) -> None:
    watch = Watch()
    client = signed_in(secured, keys, watch)

    await client.capabilities()
    await client.capabilities()
    given_at_first = tokens(secured).given
    watch.at += 271  # less than thirty seconds are left of 300
    await client.capabilities()

    assert given_at_first == 1
    assert tokens(secured).given == 2
    assert tokens(secured).scopes == ["system/Slot.read"] * 2
    assert tokens(secured).refused == []
    await client.close()


async def test_a_token_that_the_ehr_refuses_is_got_anew_once(secured: SmallEhr, keys: SigningKeys) -> None:
    client = signed_in(secured, keys)
    await client.capabilities()
    tokens(secured).token = "revoked meanwhile"

    await client.capabilities()

    assert tokens(secured).given == 2
    await client.close()


async def test_an_ehr_that_refuses_every_token_is_told_of(secured: SmallEhr, keys: SigningKeys) -> None:
    client = signed_in(secured, keys)
    secured.between = lambda method, kind: setattr(tokens(secured), "token", "another")

    with pytest.raises(EhrRefused, match="hub doctor"):
        await client.capabilities()

    assert tokens(secured).given <= 4
    await client.close()


async def test_another_key_or_another_client_gets_nothing(secured: SmallEhr, keys: SigningKeys) -> None:
    stranger = SigningKeys(ECKey.generate_key("P-384").as_pem(private=True).decode())

    for client in (signed_in(secured, stranger), signed_in(secured, keys, client_id="somebody")):
        with pytest.raises(EhrRefused, match=r"jwks\.json"):
            await client.capabilities()
        await client.close()

    assert tokens(secured).refused == ["signature", "client"]


async def test_an_endpoint_that_gives_no_token_is_told_of(secured: SmallEhr, keys: SigningKeys) -> None:
    tokens(secured).good_for = "soon"
    client = signed_in(secured, keys)
    await client.capabilities()
    await client.capabilities()
    await client.close()
    nowhere = Client(
        secured.url,
        BackendServices(
            base_url=secured.url, client_id=CLIENT, keys=keys, scopes="", token_url=f"{secured.url}/metadata"
        ),
    )

    # A token whose end nobody knows is used once.
    assert tokens(secured).given == 2
    with pytest.raises((EhrRefused, EhrUnknown)):
        await nowhere.capabilities()
    await nowhere.close()


async def test_a_token_endpoint_that_is_away_is_told_of(keys: SigningKeys) -> None:
    away = BackendServices(
        base_url="http://127.0.0.1:9", client_id=CLIENT, keys=keys, scopes="", token_url="http://127.0.0.1:9/token"
    )

    async with ClientSession() as session:
        with pytest.raises(EhrDown, match="does not answer"):
            await away.token(session)


async def test_a_new_key_is_published_beside_the_old_one_before_it_signs() -> None:
    old, new = SigningKeys(EC), SigningKeys(f"{EC}\n{rsa_pem()}")

    assert new.algorithm == "ES384"
    assert [one["alg"] for one in new.published()["keys"]] == ["ES384", "RS384"]
    assert new.published()["keys"][0] == old.published()["keys"][0]
    assert not any(name in one for one in new.published()["keys"] for name in ("d", "p", "q"))


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "private key as PEM"),
        ("a-key", "private key as PEM"),
        (ECKey.generate_key("P-256").as_pem(private=True).decode(), "P-384"),
        (ECKey.generate_key("P-384").as_pem(private=False).decode(), "private key as PEM"),
        ("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----", "without a password"),
    ],
    ids=["none", "no PEM", "another curve", "public", "broken"],
)
def test_a_key_that_cannot_sign_is_refused_with_what_it_must_be(pem: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SigningKeys(pem)


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="2048 bits"):
        SigningKeys(rsa_pem(1024))


def test_settings_with_such_a_key_are_refused() -> None:
    settings = Settings(
        scheduling="fhir:https://ehr.example/fhir", fhir_client_id="hub", fhir_private_key=Secret("a-key")
    )

    with pytest.raises(SettingsError) as refused:
        opened(settings)
    with pytest.raises(SettingsError):
        routes(settings)

    assert refused.value.problems[0].startswith("HUB_FHIR_PRIVATE_KEY must be")


def test_a_key_on_one_line_is_read_as_well() -> None:
    """As `.env` files and many hosts keep it."""
    assert SigningKeys(EC.replace("\n", "\\n")).published() == SigningKeys(EC).published()
