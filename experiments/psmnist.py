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
from experiments.networks.experiment import Networks
from experiments.networks.gamma_rows import PROGRAMS
from experiments.networks.presets import PSMNIST as PSMNIST_NETWORKS
from experiments.networks.presets import PSMNIST_DEMO
from experiments.networks.presets import PSMNIST_QUICK as PSMNIST_NETWORKS_QUICK
from experiments.networks.results import psmnist_results
from experiments.networks.task_options import RoundOptions
from experiments.networks.transform_options import TransformOptions
from experiments.options import OptionError, changed, option
from experiments.presets import PSMNIST, PSMNIST_OUTCOME, PSMNIST_QUICK
from experiments.settings import TrainingOptions
from experiments.starts import Starts

PIXELS = 784


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
    from keras_nonnormal.datasets import Splits, psmnist_task

    seed = options.permutation_seed
    task = psmnist_task(
        permute=options.permute,
        permutation_seed=options.seed if seed is None else seed,
        validation=options.validation_size,
    )

    splits = Splits(
        train=_first(task.splits.train, options.train_size),
        validation=_first(
            task.splits.validation, options.validation_size or options.test_size
        ),
        test=_first(task.splits.test, options.test_size),
    )
    return dataclasses.replace(task, splits=splits)


def _first(examples, count):
    """The first of stored examples."""
    return type(examples)(examples.inputs[:count], examples.targets[:count])


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


NETWORKS_DESCRIPTION = """Sequential MNIST, permuted or not, for nnRNN, expRNN, EURNN
and their competitors: Kerg et al. (2019), https://arxiv.org/abs/1905.12080; and for
ANRU and networks with the non-linearity gamma: https://arxiv.org/abs/2006.12253.

The 784 pixels of a digit come one per step; after the last the digit is to be named.
The order of the pixels and the digits held out are those of seed 1234, whatever the
seed of the run; in the presets gamma/ they are those of the run's seed. The model with
the best validation accuracy is tested. With --test, a run is tested again.

  python experiments/psmnist.py --net-type nnRNN               small, a minute
  python experiments/psmnist.py --preset doc/nnRNN-512         the published setting
  python experiments/psmnist.py --net-type LSTM --permute --nhid 128 --epochs 10
  python experiments/psmnist.py --preset stair1/sRNN-512 --stair expn --rounds 5
  python experiments/psmnist.py --net-type ANRU                small, a minute
  python experiments/psmnist.py --preset gamma/ANRU-400        the published setting
  python experiments/psmnist.py --net-type RNN --nonlin gamma2 --nhid 400 -p
  python experiments/psmnist.py --test --out runs/psmnist/... --transform drive
"""


@dataclass(frozen=True)
class PsmnistNetworkOptions(TransformOptions, RoundOptions):
    """Options of sequential MNIST of networks."""

    nhid: int = changed(RoundOptions, "nhid", 512)
    batch: int = changed(RoundOptions, "batch", 100)
    Tdecay: float = changed(RoundOptions, "Tdecay", 0.0)
    max_steps: int | None = changed(RoundOptions, "max_steps", None, alias="bptt")
    epochs: int = option(100, "passes over the training digits", low=1, role="length")
    permute: bool = option(
        False, "read the pixels in a fixed random order", alias="-p", paired=True
    )
    split_seed: int | None = option(
        1234,
        "decides the order of the pixels and the digits held out; none takes the run's "
        "seed",
        low=0,
        high=2**32 - 1,
    )
    one_split: bool = option(
        True, "hold the same digits out with and without --permute"
    )
    shuffle: bool = option(
        False, "another order of the digits every epoch; published is always the same"
    )
    save_freq: int | None = option(
        50, "keep the model after every so many epochs, or none", low=1, role="label"
    )
    train_size: int = option(50_000, "digits to train on", low=1, high=50_000)
    validation_size: int = option(10_000, "digits held out", low=1, high=10_000)
    test_size: int = option(10_000, "digits to test on", low=1, high=10_000)
    verbose: bool = option(
        False,
        "lines of progress, where there is no progress bar",
        alias="-v",
        role="shown",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.batch > self.train_size:
            raise OptionError(
                f"--batch: expected at most --train-size, {self.train_size}, received "
                f"{self.batch}"
            )

    @property
    def report_every(self) -> int | None:
        """Updates between lines of progress."""
        return 50 if self.verbose else None

    @property
    def longest(self):
        return PIXELS

    @property
    def widths(self):
        return {"input_width": 1, "output_width": 10}


def digits(options: PsmnistNetworkOptions):
    from keras_nonnormal.datasets import SineAugmentation, Splits, split_mnist_task

    task = split_mnist_task(
        permute=options.permute,
        seed=options.seed if options.split_seed is None else options.split_seed,
        shuffle=options.shuffle,
        one_split=options.one_split,
    )
    splits = Splits(
        train=_first(task.splits.train, options.train_size),
        validation=_first(task.splits.validation, options.validation_size),
        test=_first(task.splits.test, options.test_size),
    )
    augment = SineAugmentation(ratio=options.transform_ratio)
    return dataclasses.replace(
        task, splits=splits, augment=augment if augment.ratio else None
    )


NETWORKS = Networks(
    name="psmnist",
    description=NETWORKS_DESCRIPTION,
    options=PsmnistNetworkOptions,
    presets=PSMNIST_NETWORKS,
    quick=PSMNIST_NETWORKS_QUICK,
    data=digits,
    demos=PSMNIST_DEMO,
    scores=("accuracy",),
    results=psmnist_results,
    gamma_program=PROGRAMS["psmnist"],
    schedule={"monitor": "val_accuracy", "keep_best": True},
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT, NETWORKS], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
