"""The addition task of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715.

Of T random numbers two are marked, one in either half; after the last step their sum
is to be given. Always answering 1 has the trivial loss 1/6; success is half of that.
In the short version every start succeeds: the advantage of the chain was reported for
T = 750, each start at its best setting.

  python experiments/addition.py                  a short version, under a minute
  python experiments/addition.py --preset paper   the published setting, an hour or two
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from dataclasses import dataclass

from experiments.launch import launch
from experiments.options import option
from experiments.presets import ADDITION, ADDITION_OUTCOME, QUICK
from experiments.settings import DrawnTaskOptions
from experiments.starts import Starts


@dataclass(frozen=True)
class AdditionOptions(DrawnTaskOptions):
    """Options of the addition task."""

    T: int = option(750, "time steps per sequence", low=2)


def data(options: AdditionOptions):
    from keras_nonnormal.datasets import addition_task

    return addition_task(
        options.T,
        train=options.train_size,
        validation=options.validation_size,
        test=options.test_size,
        seed=options.seed,
        legacy=options.legacy_data,
    )


EXPERIMENT = Starts(
    name="addition",
    description=__doc__,
    options=AdditionOptions,
    presets=ADDITION,
    quick=QUICK,
    data=data,
    activation="relu",  # what is to be remembered is positive
    accuracy="tolerance_accuracy",
    outcome=ADDITION_OUTCOME,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
