"""Deep recurrent networks with and without local stability.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075: networks of 2 or 5
recurrent layers, brought to a spectral radius of their transitions before training, or
trained as they are drawn. Words of the Penn Treebank are scored by perplexity, digits
that are spoken or spiking by the class that the mean of all steps votes for.

The files are read from the folders ptb, shd and mnist of $KERAS_NONNORMAL_DATA, or come
through tensorflow-datasets, but for the words, which are not free to pass on.

  python experiments/deep_rnn.py                                small, with and without
  python experiments/deep_rnn.py --preset demo --task wordptb --net GRU
  python experiments/deep_rnn.py --preset fig3/sl_mnist-LSTM-5-half
  python experiments/deep_rnn.py --task wordptb --net LSTM --stack 500:300 \\
      --pretrain controller --target 0.5 --dropout 0.3
  python experiments/deep_rnn.py with task_name=sl_mnist net_name=GRU stack=5 \\
      comments=allns_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments import recipes
from experiments.recipes.run_strings import published_flags

main = published_flags(recipes.script("deep_rnn", __doc__))


if __name__ == "__main__":
    raise SystemExit(main())
