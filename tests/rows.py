"""Many rows of one rule, held in one test.

@every("key", KEYS)
def test_an_english_text_is_plain(key: str) -> None: ...

For rules over hundreds of rows that take no time and touch nothing: as a test of its own each row would cost more to be
collected, by every worker, than to be held. All are held, whichever fail; each that fails is named with what it said.
Where a row needs something of its own (a folder, a database, a changed setting), it is `pytest.mark.parametrize` still.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["every"]

_TOLD = 20


def every(
    names: str, rows: Iterable[Any], ids: Callable[[Any], str] = repr
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hold a test for each of `rows`, which are values of the parameters `names` (one, or tuples of several).

    Raises: ValueError if there is no row, for then nothing would be held.
    """
    params = [name.strip() for name in names.split(",")]
    values = list(rows)
    if not values:
        raise ValueError(f"there are no rows of {names}")

    def over(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def held(**fixtures: Any) -> None:
            failed = []
            for row in values:
                given = dict(zip(params, (row,) if len(params) == 1 else row, strict=True))
                try:
                    test(**fixtures, **given)
                except Exception as error:
                    failed.append(f"{ids(row)}: {type(error).__name__}: {error}")
            if failed:
                more = f"\n… and {len(failed) - _TOLD} more" if len(failed) > _TOLD else ""
                raise AssertionError(f"{len(failed)} of {len(values)} rows:\n" + "\n".join(failed[:_TOLD]) + more)

        signature = inspect.signature(test)
        kept = [one for name, one in signature.parameters.items() if name not in params]
        held.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return held

    return over
