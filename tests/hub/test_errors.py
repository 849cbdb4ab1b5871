"""The tree of errors is the one that is drawn, and each says what to do without telling what it saw."""

import re
from datetime import timedelta

import pytest

from hub import errors
from hub.errors import ChannelError, HubError, Overloaded, Rejected, SettingsError, Throttled

CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, HubError)]
DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z][A-Za-z]+)(?:\(\w+\))? *(?P<words>.*)$")


def drawn() -> list[tuple[str, str | None, str]]:
    """(name, parent, words) of each line of the drawing."""
    found: list[tuple[str, str | None, str]] = []
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines()[2:]:
        row = DRAWN.match(line)
        assert row, f"not a line of the tree: {line}"
        depth = len(row["indent"])
        while path and path[-1][0] >= depth:
            path.pop()
        found.append((row["name"], path[-1][1] if path else None, row["words"]))
        path.append((depth, row["name"]))
    return found


def made(kind: type[HubError]) -> HubError:
    if kind is SettingsError:
        return SettingsError(["HUB_PORT must be a whole number"])
    if kind is Throttled:
        return Throttled(timedelta(seconds=3))
    if issubclass(kind, ChannelError) or kind is Overloaded:
        return kind()
    return kind("what to mend")


def test_the_tree_that_is_drawn_is_the_real_one() -> None:
    real = {one.__name__: None if one is HubError else one.__bases__[0].__name__ for one in CLASSES}

    assert {name: parent for name, parent, _ in drawn()} == real


def test_every_error_is_public() -> None:
    assert sorted(errors.__all__) == sorted(one.__name__ for one in CLASSES)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [one.__dict__["code"] for one in CLASSES]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@pytest.mark.parametrize(
    ("name", "words"), [pytest.param(n, w, id=n) for n, parent, w in drawn() if parent == "ChannelError"]
)
def test_a_channel_errors_policy_is_the_one_that_is_drawn(name: str, words: str) -> None:
    kind = getattr(errors, name)

    assert kind.retry is ("retry" in words and "no retry" not in words)
    assert kind.alert is ("alert" in words)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_something_in_one_line(kind: type[HubError]) -> None:
    error = made(kind)

    assert str(error)
    assert "\n" not in str(error)
    assert isinstance(error.retry, bool)
    assert isinstance(error.alert, bool)


def test_settings_errors_list_every_problem() -> None:
    error = SettingsError(["one is wrong", "two is wrong"])

    assert error.problems == ["one is wrong", "two is wrong"]
    assert str(error) == "one is wrong; two is wrong"


def test_an_overload_says_when_to_come_back() -> None:
    assert Overloaded().after == timedelta(seconds=1)
    assert Overloaded(timedelta(seconds=7)).after == timedelta(seconds=7)
    assert Throttled(timedelta(seconds=9), provider_code="20429").after == timedelta(seconds=9)


def test_a_channel_error_keeps_the_providers_code_beside_its_words() -> None:
    error = Rejected(provider_code="30007")

    assert (str(error), error.provider_code) == ("rejected", "30007")
    assert str(Rejected("the carrier filters this text", provider_code="30007")) == "the carrier filters this text"
