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
from experiments.networks.experiment import Networks
from experiments.networks.gamma_rows import PROGRAMS
from experiments.networks.presets import ADDING_DEMO, ADDING_QUICK
from experiments.networks.results import adding_results
from experiments.networks.task_options import UpdateOptions
from experiments.options import OptionError, changed, option
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


NETWORKS_DESCRIPTION = """The adding problem for nnRNN, expRNN, EURNN and their
competitors: Kerg et al. (2019), https://arxiv.org/abs/1905.12080 (in its program, not
in the paper).

Of c-length random numbers two are marked, one in either half; after the last step their
sum is to be given. Always answering 1 has the trivial loss 1/6. Every update has
sequences of its own.

  python experiments/addition.py --net-type nnRNN              40 steps, seconds
  python experiments/addition.py --net-type expRNN --c-length 100 --batch 20
"""


@dataclass(frozen=True)
class AddingNetworkOptions(UpdateOptions):
    """Options of the adding problem of networks."""

    c_length: int = option(20, "time steps per sequence", low=2)
    no_of_ones: int = option(2, "marked numbers", low=1)
    labels: int = option(8, "accepted, as by the published program; there are none")
    onehot: bool = option(False, "accepted likewise; numbers have no one-hot form")
    batch: int = changed(UpdateOptions, "batch", 1)
    updates: int | None = changed(UpdateOptions, "updates", 20_000)
    log_interval: int = changed(UpdateOptions, "log_interval", 100)

    usual_rinit = "cayley"

    def __post_init__(self):
        super().__post_init__()
        most = 2 * (self.c_length // 2)
        if self.no_of_ones > most:
            raise OptionError(
                f"--no-of-ones: expected at most {most}, as there are {self.c_length} "
                f"steps, received {self.no_of_ones}"
            )

    @property
    def longest(self):
        return self.c_length

    @property
    def widths(self):
        return {"input_width": 2, "output_width": 1}

    def remarks(self, given):
        yield from super().remarks(given)
        for name in ("labels", "onehot"):
            if name in given:
                yield f"--{name} has no effect: the task has no symbols"


def stream(options: AddingNetworkOptions):
    from keras_nonnormal.datasets import addition_stream_task

    return addition_stream_task(
        options.c_length,
        ones=options.no_of_ones,
        updates_per_epoch=options.updates_per_epoch,
    )


NETWORKS = Networks(
    name="addition",
    description=NETWORKS_DESCRIPTION,
    options=AddingNetworkOptions,
    presets={},
    quick=ADDING_QUICK,
    data=stream,
    demos=ADDING_DEMO,
    scores=("tolerance_accuracy",),
    results=adding_results,
    gamma_program=PROGRAMS["adding"],
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT, NETWORKS], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
