"""What kinds of jobs there are, and what each may be given."""

import hashlib
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec

from hub.errors import InputError

_NAME = re.compile(r"[a-z]+(\.[a-z]+)+")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/-]{0,200}")
"""What a text among the arguments may be: an id, a code, a path. Without spaces, `@` and `+` it is no sentence and no
address."""
LONGEST = timedelta(hours=6)
"""The longest that a job may be allowed to take."""
_SCALARS = (str, int, float, bool, type(None))


class Where(StrEnum):
    """Where a job's function runs."""

    LOOP = "loop"
    """In the worker's event loop: an `async def` that is given the hub's parts first."""
    THREAD = "thread"
    """In a thread, for what blocks briefly: a `def` that is given the parts. It cannot be stopped half-way."""
    PROCESS = "process"
    """In a process of its own, for what takes the processor: a `def` that is given the data folder. Stopped for good
    when its time is up, and with the worker."""


class Unique(StrEnum):
    """What makes two jobs the same, so that the second is not queued while the first waits or runs."""

    NO = "no"
    NAME = "name"
    ARGS = "args"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often, and when, a job that failed is tried again."""

    count: int = 3
    first: timedelta = timedelta(seconds=5)
    most: timedelta = timedelta(minutes=10)

    def pause(self, failures: int) -> timedelta:
        """How long to wait after so many failures (1 or more): each pause is twice the last one, up to `most`."""
        doubled: int = 2 ** min(failures - 1, 30)
        return min(self.most, self.first * doubled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: a function under a name, and how it is run.

    The function takes its arguments by name; their annotations say what they may be: `str`, `int`, `float`, `bool`,
    `None`, and lists and dictionaries of them. It returns None, or counts and lists of numbers. It may be run again
    after it was done in part or in whole, and must then come to the same end.
    """

    name: str
    do: Callable[..., Any]
    where: Where = Where.LOOP
    retries: Retries = field(default_factory=Retries)
    timeout: timedelta = timedelta(minutes=5)
    unique: Unique = Unique.NO
    cron: str | None = None
    """Five fields of cron, in the clinic's zone."""

    def checked(self, args: Mapping[str, object]) -> dict[str, Any]:
        """`args` as they are kept. Raises: InputError, which says what is wrong and repeats no value."""
        try:
            given = msgspec.convert(dict(args), _shape(self), strict=True)
        except msgspec.ValidationError as error:
            raise InputError(f"these arguments do not fit the job {self.name}: {error}") from None
        kept: dict[str, Any] = msgspec.to_builtins(given)
        if not all(_PLAIN.fullmatch(text) for text in _texts(kept)):
            raise InputError(f"an argument of the job {self.name} is no id and no plain value: a job takes no text")
        return kept

    def key(self, args: Mapping[str, object]) -> str | None:
        """What no other job may have while one waits or runs; holds nothing of the arguments that can be read."""
        if self.unique is Unique.NO:
            return None
        if self.unique is Unique.NAME:
            return self.name
        digest = hashlib.sha256(msgspec.json.encode(args, order="sorted")).hexdigest()
        return f"{self.name}:{digest[:32]}"


class Registry:
    """Every kind of job, by name."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            if not _NAME.fullmatch(kind.name) or len(kind.name) > 48:
                raise ValueError(f"{kind.name!r} is no name for a job: write it as noun.verb")
            if kind.name in self._kinds:
                raise ValueError(f"there are two jobs {kind.name}")
            if not timedelta() < kind.timeout <= LONGEST:
                raise ValueError(f"the job {kind.name} may take {LONGEST} at most")
            _shape(kind)
            self._kinds[kind.name] = kind

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def get(self, name: str) -> Kind | None:
        """The kind of that name, None when this release knows none."""
        return self._kinds.get(name)

    def named(self, name: str) -> Kind:
        """The kind of that name. Raises: InputError."""
        if name not in self._kinds:
            raise InputError(f"there is no job of this name; there are {', '.join(sorted(self._kinds))}")
        return self._kinds[name]


def _shape(kind: Kind) -> type[msgspec.Struct]:
    """The arguments of a kind as a type. Raises: TypeError when they are more than plain values."""
    if inspect.iscoroutinefunction(kind.do) is not (kind.where is Where.LOOP):
        raise TypeError(f"the job {kind.name} runs in the {kind.where}: its function must be of that kind")
    hints = typing.get_type_hints(kind.do)
    _first, *parameters = inspect.signature(kind.do).parameters.values()
    fields: list[Any] = []
    for one in parameters:
        if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) or not _is_plain(hints.get(one.name)):
            raise TypeError(f"the parameter {one.name} of the job {kind.name} is no plain value")
        without = one.default is one.empty
        fields.append((one.name, hints[one.name]) if without else (one.name, hints[one.name], one.default))
    return msgspec.defstruct(f"Arguments of {kind.name}", fields, kw_only=True, forbid_unknown_fields=True)


def _is_plain(hint: Any) -> bool:
    if hint in _SCALARS:
        return True
    of, inner = typing.get_origin(hint), typing.get_args(hint)
    if of in (types.UnionType, typing.Union, list):
        return bool(inner) and all(_is_plain(one) for one in inner)
    if of is dict:
        return bool(inner) and inner[0] is str and _is_plain(inner[1])
    return of is typing.Literal


def _texts(value: object) -> Iterator[str]:
    """Every text in `value`, those of its keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
