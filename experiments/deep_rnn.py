"""Deep recurrent networks with and without local stability.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075: networks of 2 or 5
recurrent layers, brought to a spectral radius of their transitions before training, or
trained as they are drawn. Words of the Penn Treebank are scored by perplexity, digits
that are spoken or spiking by the class that the mean of all steps votes for.

The files are read from the folders ptb, heidelberg and mnist of $KERAS_NONNORMAL_DATA,
or come through tensorflow-datasets, but for the words, which are not free to pass on.

  python experiments/deep_rnn.py                                small, with and without
  python experiments/deep_rnn.py --task wordptb --net GRU       the same of another one
  python experiments/deep_rnn.py --preset fig3/sl_mnist-LSTM-5-half
  python experiments/deep_rnn.py --task wordptb --net LSTM --stack 500:300 \\
      --pretrain controller --target 0.5 --dropout 0.3
  python experiments/deep_rnn.py --task sl_mnist --net GRU --stack 5 \\
      --comments allns_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments.launch import launch
from experiments.lsc.data import sequences
from experiments.lsc.experiment import Stabilized
from experiments.lsc.presets import (
    RECURRENT,
    RECURRENT_DEMOS,
    RECURRENT_NAMES,
    RECURRENT_QUICK,
)
from experiments.lsc.recurrent_options import DeepRnnOptions


def network(task, options: DeepRnnOptions, *, carried: bool = False):
    from experiments.lsc.models import recurrent_network

    return recurrent_network(task, options, carried=carried)


EXPERIMENT = Stabilized(
    name="deep_rnn",
    description=__doc__,
    options=DeepRnnOptions,
    presets=RECURRENT,
    quick=RECURRENT_QUICK,
    data=sequences,
    network=network,
    demos=RECURRENT_DEMOS,
    preset_names=RECURRENT_NAMES,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs an experiment; returns the exit code."""
    return launch([EXPERIMENT], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
