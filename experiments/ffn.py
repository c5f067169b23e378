"""Deep feed-forward networks with and without local stability.

Herranz-Celotti and Rouat (2023), https://arxiv.org/abs/2308.12075, figure 2: thirty
layers of 128 units with sine, cosine or relu name images at seven learning rates, as
Glorot or He would start them, or brought to the spectral radius 1 before training.

The digits are read from the folder $KERAS_NONNORMAL_DATA/mnist, or come, as the
CIFAR images do, through tensorflow-datasets.

  python experiments/ffn.py                                     small, with and without
  python experiments/ffn.py --preset demo --activation cos      the same of another one
  python experiments/ffn.py --preset fig2/mnist-sin-lsc --pretrain controller
  python experiments/ffn.py --comments findLSC_radius_adabelief --lr 1e-3
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments import recipes
from experiments.recipes.run_strings import published_flags

main = published_flags(recipes.script("ffn", __doc__))


if __name__ == "__main__":
    raise SystemExit(main())
