"""What a browser gets, bit for bit: RFC 8291 (encryption) and RFC 8292 (signature); and what an address holds."""

import base64
import json
import os

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from channels.pushing.subscription import Apns, Fcm, Web, from_browser, octets, read, write
from channels.pushing.vapid import LASTS, VapidKey
from channels.pushing.web import sealed
from hub.errors import AddressInvalid, InputError
from tests.channels.push_services import Device, encoded, pem

# RFC 8291 appendix A
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

ENDPOINT = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"


class TestEncryption:
    def test_the_body_is_that_of_rfc_8291_bit_for_bit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its salt and its sender's key are chosen here; all else is as in earnest."""
        sender = ec.derive_private_key(int.from_bytes(octets(SENDER_PRIVATE), "big"), ec.SECP256R1())
        monkeypatch.setattr(ec, "generate_private_key", lambda *_: sender)
        monkeypatch.setattr(os, "urandom", lambda count: octets(SALT)[:count])

        body = sealed(PLAINTEXT, Web(ENDPOINT, RECEIVER_PUBLIC, AUTH))

        assert encoded(body) == BODY

    def test_no_two_bodies_are_alike(self) -> None:
        to = Web(ENDPOINT, RECEIVER_PUBLIC, AUTH)

        bodies = [sealed(PLAINTEXT, to) for _ in range(20)]

        assert len({body[:16] for body in bodies}) == len({body[21:86] for body in bodies}) == 20

    @given(st.binary(min_size=1, max_size=3900))
    def test_the_device_reads_what_was_sealed_for_it(self, plaintext: bytes) -> None:
        device = Device()

        body = sealed(plaintext, Web(ENDPOINT, encoded(device.point), encoded(device.secret)))

        assert device.opened(body) == plaintext

    def test_a_key_that_is_no_point_of_the_curve_is_a_bad_address(self) -> None:
        with pytest.raises(AddressInvalid):
            sealed(PLAINTEXT, Web(ENDPOINT, encoded(b"\x04" + b"\x01" * 64), AUTH))


class TestSignature:
    """RFC 8292 section 2 and 3."""

    def test_it_is_for_one_origin_in_our_name_for_half_a_day(self) -> None:
        key = VapidKey.create()

        header = key.authorization(URL(ENDPOINT), "mailto:it@clinic.example.org", now=1_700_000_000.5)

        token = header.removeprefix("vapid t=").partition(", k=")[0]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(key.public))
        claims = jwt.decode(token, public, algorithms=["ES256"], options={"verify_exp": False, "verify_aud": False})
        assert header == f"vapid t={token}, k={key.public}"
        assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "ES256"}
        assert claims == {
            "aud": "https://push.example.net",
            "exp": 1_700_000_000 + LASTS,
            "sub": "mailto:it@clinic.example.org",
        }

    def test_the_example_of_the_rfc_is_one_that_we_would_take(self) -> None:
        """Section 2.4: the same claims and key format, read by the same means."""
        token = (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3Njgs"
            "InN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtm"
            "ysazNjjvW2L9OkSSHzvoD1oA"
        )
        public = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(public))

        claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False, "verify_aud": False})

        assert claims == {"aud": "https://push.example.net", "exp": 1453523768, "sub": "mailto:push@example.com"}

    def test_a_token_is_used_again_until_half_its_time_is_over(self) -> None:
        key = VapidKey.create()

        headers = [key.authorization(URL(ENDPOINT), "https://hub.example.org", now=at) for at in (0, LASTS / 2 - 1)]
        later = key.authorization(URL(ENDPOINT), "https://hub.example.org", now=LASTS / 2)

        assert headers[0] == headers[1] != later

    def test_tokens_of_many_origins_do_not_pile_up(self) -> None:
        key = VapidKey.create()

        for number in range(500):
            key.authorization(URL(f"https://push{number}.example.net/x"), "https://hub.example.org", now=1.0)

        assert len(key._tokens) == 64

    def test_a_key_is_read_as_it_was_written(self) -> None:
        key = VapidKey.create()

        again, from_pem = VapidKey.read(key.private + "\n"), VapidKey.read(pem(key._private))

        assert again.public == from_pem.public == key.public
        assert len(octets(key.private)) == 32
        assert key.private not in repr(key)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "x",
            "é" * 43,
            encoded(b"\x00" * 32),
            encoded(b"\xff" * 32),
            encoded(b"\x01" * 31),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            pem(ec.derive_private_key(7, ec.SECP384R1())),
        ],
    )
    def test_what_is_no_key_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError):
            VapidKey.read(text)


class TestSubscription:
    def test_a_browsers_own_words_become_an_address(self) -> None:
        said = {
            "endpoint": ENDPOINT,
            "expirationTime": None,
            "keys": {"p256dh": RECEIVER_PUBLIC + "=", "auth": AUTH + "=="},
        }

        value = from_browser(json.dumps(said, indent=2))

        assert read(value) == Web(ENDPOINT, RECEIVER_PUBLIC, AUTH)
        assert json.loads(value) == {"way": "web", "endpoint": ENDPOINT, "p256dh": RECEIVER_PUBLIC, "auth": AUTH}

    @pytest.mark.parametrize("subscription", [Web(ENDPOINT, RECEIVER_PUBLIC, AUTH), Fcm("x" * 140), Apns("0a" * 32)])
    def test_an_address_is_read_as_it_was_written_and_shows_nothing(self, subscription: Web | Fcm | Apns) -> None:
        value = write(subscription)

        assert read(value) == subscription
        assert write(read(value)) == value
        assert "…" in repr(subscription)
        assert len(repr(subscription)) < 10

    @pytest.mark.parametrize(
        "keys",
        [
            {},
            {"p256dh": RECEIVER_PUBLIC},
            {"p256dh": RECEIVER_PUBLIC, "auth": AUTH[:-2]},
            {"p256dh": RECEIVER_PUBLIC[:-2], "auth": AUTH},
            {"p256dh": base64.urlsafe_b64encode(b"\x03" + b"\x01" * 64).decode(), "auth": AUTH},
            {"p256dh": RECEIVER_PUBLIC, "auth": "!" * 22},
            {"p256dh": RECEIVER_PUBLIC, "auth": 7},
        ],
    )
    def test_keys_that_are_none_are_refused(self, keys: dict[str, object]) -> None:
        with pytest.raises(InputError):
            from_browser(json.dumps({"endpoint": ENDPOINT, "keys": keys}))

    def test_one_as_long_as_a_book_is_refused(self) -> None:
        with pytest.raises(InputError):
            from_browser(
                json.dumps({"endpoint": ENDPOINT + "x" * 5000, "keys": {"p256dh": RECEIVER_PUBLIC, "auth": AUTH}})
            )

    @given(st.text(max_size=200))
    def test_any_other_text_is_a_bad_address(self, text: str) -> None:
        with pytest.raises(AddressInvalid):
            read(text)
