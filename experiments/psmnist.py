"""Permuted sequential MNIST of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715.

The 784 pixels of a digit come one per step, in one random order for all digits; after
the last the digit is to be named. Guessing has the trivial loss ln(10); success is
half of that. The digits are read from the folder $KERAS_NONNORMAL_DATA/mnist, or come
through tensorflow-datasets.

  python experiments/psmnist.py                  chain against orthogonal, a minute
  python experiments/psmnist.py --preset paper   the published setting, half an hour
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import dataclasses
from dataclasses import dataclass

from experiments.launch import launch
from experiments.options import OptionError, option
from experiments.presets import PSMNIST, PSMNIST_OUTCOME, PSMNIST_QUICK
from experiments.settings import TrainingOptions
from experiments.starts import Starts


@dataclass(frozen=True)
class PsmnistOptions(TrainingOptions):
    """Options of permuted sequential MNIST; the sizes cut the data set short."""

    train_size: int = option(
        60_000, "digits to train on, of those not held out", low=1, high=60_000
    )
    validation_size: int = option(
        10_000,
        "training digits held out; 0 validates on the test digits, as published",
        low=0,
        high=59_999,
    )
    test_size: int = option(10_000, "digits to test on", low=1, high=10_000)
    stop_below: float | None = option(
        None, "stop after an epoch with a validation loss below this, or none"
    )
    permute: bool = option(
        True, "shuffle the pixels; else the image is read row by row"
    )
    permutation_seed: int | None = option(
        0,
        "decides the order of the pixels; none takes the run's seed, as published",
        low=0,
        high=2**32 - 1,
    )

    def __post_init__(self):
        super().__post_init__()
        left = 60_000 - self.validation_size
        if self.batch_size > left:
            raise OptionError(
                f"--batch-size: expected at most the {left} digits that are not held "
                f"out, received {self.batch_size}"
            )


def data(options: PsmnistOptions):
    from keras_nonnormal.datasets import Examples, Splits, psmnist_task

    seed = options.permutation_seed
    task = psmnist_task(
        permute=options.permute,
        permutation_seed=options.seed if seed is None else seed,
        validation=options.validation_size,
    )

    def first(examples, count):
        return Examples(examples.inputs[:count], examples.targets[:count])

    splits = Splits(
        train=first(task.splits.train, options.train_size),
        validation=first(
            task.splits.validation, options.validation_size or options.test_size
        ),
        test=first(task.splits.test, options.test_size),
    )
    return dataclasses.replace(task, splits=splits)


EXPERIMENT = Starts(
    name="psmnist",
    description=__doc__,
    options=PsmnistOptions,
    presets=PSMNIST,
    quick=PSMNIST_QUICK,
    data=data,
    activation="elu",
    accuracy="accuracy",
    outcome=PSMNIST_OUTCOME,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
