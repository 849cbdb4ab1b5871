"""What proves a passkey, and what does not."""

import json
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.signin.ceremonies import Claim, Made, Party, claimed, made, party, signed, to_add, to_enter
from tests.hub.portal.authenticator import Authenticator

AT = Party("clinic.example.org", "https://clinic.example.org")
CHALLENGE = secrets.token_bytes(32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


def asked(challenge: bytes = CHALLENGE, at: Party = AT) -> str:
    return to_add(at, "Maple Street Clinic", "James", b"handle", challenge, ())


def known(phone: Authenticator) -> Made:
    found = made(AT, phone.make(asked()), CHALLENGE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://portal.clinic.example.org", ("portal.clinic.example.org", "https://portal.clinic.example.org")),
        ("https://Clinic.Example.org:8443/x", ("clinic.example.org", "https://clinic.example.org:8443")),
        ("https://clinic.example.org:443", ("clinic.example.org", "https://clinic.example.org")),
        ("http://127.0.0.1:8080", ("localhost", "http://localhost:8080")),
        ("http://localhost", ("localhost", "http://localhost")),
        ("http://clinic.example.org", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_are_made_for_the_host_of_the_public_address(url: str, found: tuple[str, str] | None) -> None:
    assert party(url) == (Party(*found) if found else None)


def test_a_browser_is_asked_for_a_verified_discoverable_passkey() -> None:
    said = json.loads(to_add(AT, "Maple Street Clinic", "James", b"handle", CHALLENGE, (b"one",)))

    assert said["rp"] == {"name": "Maple Street Clinic", "id": AT.host}
    assert said["authenticatorSelection"]["residentKey"] == "required"
    assert said["authenticatorSelection"]["userVerification"] == "required"
    assert len(said["excludeCredentials"]) == 1
    assert json.loads(to_enter(AT, CHALLENGE))["userVerification"] == "required"


def test_what_a_passkey_signed_is_proved_once_its_counter_grew() -> None:
    phone = Authenticator(AT.origin)
    one = known(phone)
    answer = phone.sign(to_enter(AT, CHALLENGE))

    assert signed(AT, answer, CHALLENGE, one) == 2
    assert signed(AT, answer, CHALLENGE, Made(one.credential, one.public_key, 2)) is None


def test_a_passkey_that_counts_nothing_is_good_again_and_again() -> None:
    phone = Authenticator(AT.origin, counts=False)
    one = known(phone)

    assert signed(AT, phone.sign(to_enter(AT, CHALLENGE)), CHALLENGE, one) == 0


@pytest.mark.parametrize(
    "phone",
    [
        pytest.param(Authenticator("https://evil.example"), id="another origin"),
        pytest.param(Authenticator("http://clinic.example.org"), id="no TLS"),
        pytest.param(Authenticator(AT.origin, verifies=False), id="user not verified"),
    ],
)
def test_nothing_else_is_proved(phone: Authenticator) -> None:
    assert made(AT, phone.make(asked()), CHALLENGE) is None


def test_another_challenge_host_or_key_proves_nothing() -> None:
    phone, other = Authenticator(AT.origin), Authenticator(AT.origin)
    one = known(phone)
    elsewhere = Party("evil.example", AT.origin)
    other.handle, other.host, other.credential = phone.handle, phone.host, phone.credential

    assert made(AT, phone.make(asked()), b"another") is None
    assert made(AT, phone.make(asked(at=elsewhere)), CHALLENGE) is None
    assert signed(AT, other.sign(to_enter(AT, CHALLENGE)), CHALLENGE, one) is None


@settings(max_examples=25)
@given(JSON, JSON)
def test_any_answer_can_be_read_and_proves_nothing(said: object, response: object) -> None:
    for answer in (json.dumps(said), json.dumps({"rawId": said, "response": response}), str(said)):
        assert isinstance(claimed(answer), Claim)
        assert made(AT, answer, CHALLENGE) is None
        assert signed(AT, answer, CHALLENGE, Made(b"", b"", 0)) is None
