"""A library that cannot be used is refused when it is read, with the place of the mistake."""

from pathlib import Path

import pytest

from hub.errors import TemplateError
from templates import load

GOOD = '["a"]\nversion = 1\nlevel = "none"\ntext = "hello"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("[", r"en/x\.toml", id="not TOML"),
        pytest.param(GOOD.replace("version = 1\n", ""), "version", id="no version"),
        pytest.param(GOOD.replace('"none"', '"some"'), "level must be", id="unknown level"),
        pytest.param(GOOD.replace('text = "hello"\n', ""), "text is missing", id="no text"),
        pytest.param(GOOD + 'fax = "hello"\n', "unknown field 'fax'", id="unknown channel"),
        pytest.param(GOOD.replace("hello", "{name}"), r"\{name\} is not among", id="undeclared variable"),
        pytest.param(GOOD + 'voice = "{name}"\n', r"\{name\} is not among", id="undeclared in a channel"),
        pytest.param(GOOD + 'variables = { name = "colour" }\n', "unknown kind 'colour'", id="unknown kind"),
        pytest.param(GOOD.replace("hello", "{name"), r"\[a\]", id="open brace"),
        pytest.param(GOOD.replace("hello", "{name.x}"), "nothing more", id="attribute access"),
        pytest.param(GOOD.replace("hello", "{name:>9}"), "nothing more", id="format"),
    ],
)
def test_a_broken_template_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "x.toml").write_text(text)

    with pytest.raises(TemplateError, match=complaint):
        load(tmp_path)


def test_the_same_key_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    for name in ("x.toml", "y.toml"):
        (tmp_path / "en" / name).write_text(GOOD)

    with pytest.raises(TemplateError, match=r"en/y\.toml \[a\]: this key was given before"):
        load(tmp_path)


def test_a_catalog_lists_keys_by_language(tmp_path: Path) -> None:
    for language, key in (("en", "a"), ("en", "b"), ("es", "a")):
        (tmp_path / language).mkdir(exist_ok=True)
        (tmp_path / language / f"{key}.toml").write_text(GOOD.replace('["a"]', f'["{key}"]'))

    catalog = load(tmp_path)

    assert catalog.keys() == ("a", "b")
    assert catalog.keys("es") == ("a",)
