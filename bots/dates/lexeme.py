"""A word of the line with what it may mean for time: what the lexer makes and the grammar reads.

Kinds are short strings, the same for both languages: `weekday` (0 is Monday), `month`, `day` (0 is today),
`num`, `ord`, `clock`, `part`, `unit`, `at`, `after`, `or`, `not`, … A trailing `?` marks a word that is mostly
something else ("sat", "may") and needs support from its neighbours.
"""

from dataclasses import dataclass, field

AT_LATEST = ("a mas tardar", "maximo", "como maximo", "como muy tarde", "a lo mas tarde")
"""What may stand behind a time that ends the wish."""
BEGINS = ("empieza", "comienza", "inicia", "arranca", "va")
"""By which Spanish tells a week by its first day."""
Value = int | str | tuple[int, ...]
Sense = tuple[str, Value]


@dataclass(slots=True)
class Lexeme:
    """One word, number or sign; `start` and `end` are its character range.

    digits: how many digits it was written with, 0 when in words; zero: it was written with a leading zero.
    """

    start: int
    end: int
    kind: str
    value: Value = 0
    word: str = field(default="", repr=False)
    digits: int = 0
    zero: bool = False

    @property
    def number(self) -> int:
        """The value of a kind that holds one number."""
        return self.value if isinstance(self.value, int) else 0

    @property
    def name(self) -> str:
        """The value of a kind that holds a name."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def parts(self) -> tuple[int, ...]:
        """The value of a kind that holds several numbers."""
        return self.value if isinstance(self.value, tuple) else ()


def words(line: str) -> frozenset[str]:
    """The words of a line, as a set."""
    return frozenset(line.split())


def lexicon(senses: dict[Sense, str]) -> tuple[dict[str, Sense], dict[str, Sense]]:
    """The single words and the phrases of a table that lists, for each sense, its words after commas."""
    entries = {entry: sense for sense, line in senses.items() for entry in line.split(", ")}
    single = {entry: sense for entry, sense in entries.items() if " " not in entry}
    return single, {entry: sense for entry, sense in entries.items() if " " in entry}
