"""A kind of job says what it takes; what does not fit, or could be a text, is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from hub.errors import InputError
from hub.jobs import REGISTRY, Kind, Registry, Retries, Unique, Where
from hub.parts import Parts


async def takes(
    parts: Parts,
    id: str,
    count: int = 1,
    share: float | None = None,
    flags: list[bool] | None = None,
    numbers: dict[str, int] | None = None,
    mode: Literal["a", "b"] = "a",
) -> None: ...


async def takes_nothing(parts: Parts) -> None: ...


async def takes_a_path(parts: Parts, path: Path) -> None: ...


async def takes_anything(parts: Parts, it: Any) -> None: ...


async def takes_some(parts: Parts, *ids: str) -> None: ...


def blocks(parts: Parts) -> None: ...


KIND = Kind(name="some.kind", do=takes)


def test_arguments_are_kept_with_their_defaults() -> None:
    assert KIND.checked({"id": "a-1", "flags": [True], "numbers": {"x": 2}}) == {
        "id": "a-1",
        "count": 1,
        "share": None,
        "flags": [True],
        "numbers": {"x": 2},
        "mode": "a",
    }


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({}, id="one is missing"),
        pytest.param({"id": 5}, id="a number for a text"),
        pytest.param({"id": "a", "count": "5"}, id="a text for a number"),
        pytest.param({"id": "a", "count": 1.5}, id="a fraction for a whole number"),
        pytest.param({"id": "a", "flags": [1]}, id="a number in a list of flags"),
        pytest.param({"id": "a", "mode": "c"}, id="none of the words"),
        pytest.param({"id": "a", "other": 1}, id="an unknown one"),
        pytest.param({"id": "Nora Quinn"}, id="a name"),
        pytest.param({"id": "+12025550141"}, id="a number to call"),
        pytest.param({"id": "nora@example.org"}, id="a mailbox"),
        pytest.param({"id": "a" * 201}, id="too long"),
        pytest.param({"id": "a", "numbers": {"Nora Quinn": 1}}, id="a name as a key"),
    ],
)
def test_what_does_not_fit_is_refused_without_repeating_it(args: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"some\.kind") as refused:
        KIND.checked(args)

    assert "Nora" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param({"do": takes_a_path}, id="a path object"),
        pytest.param({"do": takes_anything}, id="anything"),
        pytest.param({"do": takes_some}, id="any number"),
        pytest.param({"do": blocks}, id="a blocking function in the loop"),
        pytest.param({"do": takes_nothing, "where": Where.THREAD}, id="a coroutine in a thread"),
    ],
)
def test_a_function_that_takes_more_than_plain_values_or_runs_elsewhere_is_no_job(kind: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"some\.kind"):
        Registry([Kind(name="some.kind", **kind)])


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param([Kind(name="Nora Quinn", do=takes_nothing)], id="no name"),
        pytest.param([KIND, KIND], id="twice"),
        pytest.param([Kind(name="some.kind", do=takes_nothing, timeout=timedelta(days=1))], id="too long"),
    ],
)
def test_a_registry_refuses_what_it_could_not_run(kinds: list[Kind]) -> None:
    with pytest.raises(ValueError):
        Registry(kinds)


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(count=100, first=timedelta(seconds=5), most=timedelta(minutes=1))

    assert [retries.pause(n).total_seconds() for n in (1, 2, 3, 4, 5, 6, 10_000)] == [5, 10, 20, 40, 60, 60, 60]


def test_a_key_holds_nothing_of_the_arguments_that_can_be_read() -> None:
    one = Kind(name="some.kind", do=takes, unique=Unique.ARGS)

    key = one.key({"id": "patients.csv", "count": 1})

    assert key == one.key({"count": 1, "id": "patients.csv"}) != one.key({"id": "patients.csv", "count": 2})
    assert key is not None
    assert "patients" not in key
    assert Kind(name="some.kind", do=takes, unique=Unique.NAME).key({"id": "x"}) == "some.kind"
    assert KIND.key({"id": "x"}) is None


def test_the_hubs_own_jobs_fit_their_column_and_those_that_come_round_need_no_arguments() -> None:
    kinds = list(REGISTRY)

    assert {kind.name for kind in kinds} >= {"patients.import", "audit.checkpoint", "bot.train", "jobs.prune"}
    for kind in kinds:
        if kind.cron is not None:
            assert kind.checked({}) == {}
            assert kind.unique is Unique.NAME
