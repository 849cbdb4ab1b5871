"""Which passwords are taken, and how they are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.accounts.passwords import LONGEST, Passwords, weakness

OWN = ("Nora Quinn", "nora.quinn@example.org", "Maple Street Clinic")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("tulip ferry", "short"),
        ("x" * (LONGEST + 1), "long"),
        ("password1234", "common"),
        ("P@ssw0rd2026!", "common"),
        ("Welcome2026!!!!", "common"),
        ("qwertyuiop12", "common"),
        ("123456789012", "common"),
        ("aaaaaaaaaaaaaa", "common"),
        ("abcabcabcabc", "common"),
        ("Contraseña2026", "common"),
        ("NoraQuinn2026!", "personal"),
        ("maple street 1", "personal"),
        ("tulip ferry nineteen", None),
        ("nora rides a green llama", None),
        ("Ünïcödé words are fine", None),
        ("x" * 64 + "y z q w" * 9, None),
    ],
)
def test_what_anybody_would_guess_is_refused(password: str, why: str | None) -> None:
    assert weakness(password, second=False, own=OWN) == why


def test_with_a_second_factor_eight_characters_will_do() -> None:
    assert weakness("vuk7-lar", second=True) is None
    assert weakness("vuk7-lar", second=False) == "short"
    assert weakness("vuk7-la", second=True) == "short"


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_text_gets_an_answer(password: str) -> None:
    assert weakness(password, second=False, own=OWN) in ("short", "long", "common", "personal", None)


async def test_a_password_is_known_again_however_a_keyboard_writes_it() -> None:
    passwords = Passwords(1)
    kept = await passwords.hash("contrase\u00f1a de flores")

    assert kept.startswith("$argon2id$")
    assert await passwords.check(kept, "contrasen\u0303a de flores")
    assert not await passwords.check(kept, "contrasena de flores")


async def test_without_a_password_nobody_has_the_right_one() -> None:
    passwords = Passwords(1)

    assert not await passwords.check(None, "nobody has this password")
    assert not await passwords.check("no hash at all", "whatever")


async def test_a_hash_of_other_parameters_is_outdated() -> None:
    kept = await Passwords(1).hash("tulip ferry nineteen")

    assert not Passwords(1).outdated(kept)
    assert Passwords(2).outdated(kept)
