"""The copy task of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715.

Ten symbols are shown, then T - 11 blanks and a sign, then they are to be repeated in
order. A network that remembers nothing has the trivial loss 10 ln(8) / T; success is
half of that.

  python experiments/copy.py                  chain against orthogonal, under a minute
  python experiments/copy.py --preset paper   the published setting, an hour or two
  python experiments/copy.py --T 100 --init fbchain --epochs 20
"""

from dataclasses import dataclass

from experiments.launch import launch
from experiments.options import option
from experiments.presets import COPY, COPY_OUTCOME, QUICK
from experiments.settings import DrawnTaskOptions
from experiments.starts import Starts


@dataclass(frozen=True)
class CopyOptions(DrawnTaskOptions):
    """Options of the copy task."""

    T: int = option(500, "time steps per sequence, the recall included", low=21)


def data(options: CopyOptions):
    from keras_nonnormal.datasets import copying_task

    return copying_task(
        options.T,
        train=options.train_size,
        validation=options.validation_size,
        test=options.test_size,
        seed=options.seed,
        legacy=options.legacy_data,
    )


EXPERIMENT = Starts(
    name="copy",
    description=__doc__,
    options=CopyOptions,
    presets=COPY,
    quick=QUICK,
    data=data,
    activation="elu",
    accuracy="recall_accuracy",
    outcome=COPY_OUTCOME,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT], arguments)
