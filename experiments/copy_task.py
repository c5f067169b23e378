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
from experiments.networks.experiment import Networks
from experiments.networks.gamma_rows import PROGRAMS
from experiments.networks.presets import COPY as COPY_NETWORKS
from experiments.networks.presets import COPY_DEMO, COPY_QUICK
from experiments.networks.results import copy_results
from experiments.networks.task_options import UpdateOptions
from experiments.options import OptionError, changed, option
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


NETWORKS_DESCRIPTION = """The copy task of nnRNN, expRNN, EURNN and their competitors:
Kerg et al. (2019), https://arxiv.org/abs/1905.12080.

Ten symbols are shown, then 199 blanks and a sign, then they are to be repeated in
order; every update has sequences of its own. A network that remembers nothing has the
trivial loss 10 ln(8) / (T + 20), 0.0945 at T = 200.

  python experiments/copy.py --net-type nnRNN                  T = 20, seconds
  python experiments/copy.py --preset doc/nnRNN-128            the published setting
  python experiments/copy.py --net-type expRNN --onehot --T 100 --lr 1e-3
  python experiments/copy.py --stair expn                      a factor per time step
"""

FEWEST_DELAYS = 2  # for --vari, which draws below T


@dataclass(frozen=True)
class CopyNetworkOptions(UpdateOptions):
    """Options of the copy task of networks."""

    T: int = option(200, "delay: steps from the last symbol to the sign", low=1)
    c_length: int = option(10, "symbols to remember", low=1)
    labels: int = option(8, "different symbols", low=1, high=254)
    onehot: bool = option(
        False, "symbols as one-hot vectors, as in all published results, not numbers"
    )
    vari: bool = option(False, "draw the delay of every update, from 1 to T - 1")
    max_steps: int | None = changed(UpdateOptions, "max_steps", None, alias="bptt")
    updates: int | None = changed(
        UpdateOptions,
        "updates",
        None,
        help="updates in all (default: 1500, or 200000 with --vari)",
    )

    def __post_init__(self):
        if self.updates is None:
            self._settle("updates", 200_000 if self.vari else 1500)
        super().__post_init__()
        if self.vari and self.T < FEWEST_DELAYS:
            raise OptionError(f"--T: --vari needs at least 2, received {self.T}")

    @property
    def longest(self):
        return self.T - self.vari + 2 * self.c_length

    @property
    def widths(self):
        width = self.labels + 2 if self.onehot else 1
        return {"input_width": width, "output_width": self.labels + 1}


def stream(options: CopyNetworkOptions):
    from keras_nonnormal.datasets import copying_stream_task

    return copying_stream_task(
        options.T,
        symbols=options.c_length,
        labels=options.labels,
        one_hot=options.onehot,
        vary_delay=options.vari,
        updates_per_epoch=options.updates_per_epoch,
    )


NETWORKS = Networks(
    name="copy",
    description=NETWORKS_DESCRIPTION,
    options=CopyNetworkOptions,
    presets=COPY_NETWORKS,
    quick=COPY_QUICK,
    data=stream,
    demos=COPY_DEMO,
    scores=("recall_accuracy",),
    results=copy_results,
    gamma_program=PROGRAMS["copy"],
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT, NETWORKS], arguments)
