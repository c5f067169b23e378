"""Sequential MNIST, permuted or not: the 784 pixels of a digit come one per step.

After the last the digit is to be named; guessing has the trivial loss ln(10). Starts of
Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715: success is half of that.
Networks of Kerg et al. (2019), https://arxiv.org/abs/1905.12080, and those with the
non-linearity gamma, https://arxiv.org/abs/2006.12253: the order of the pixels and the
digits held out are those of seed 1234, whatever the seed of the run; in the recipe
gamma they are those of the run's seed. With --test, a run is tested again.

The digits are read from the folder $KERAS_NONNORMAL_DATA/mnist, or come through
tensorflow-datasets.

  python experiments/psmnist.py                  chain against orthogonal, a minute
  python experiments/psmnist.py --preset paper   the published setting, half an hour
  python experiments/psmnist.py --preset demo --net-type nnRNN      small, a minute
  python experiments/psmnist.py --preset doc/nnRNN-512              as published
  python experiments/psmnist.py --net-type LSTM --permute --nhid 128 --epochs 10
  python experiments/psmnist.py --preset stair1/sRNN-512 --stair expn --rounds 5
  python experiments/psmnist.py --preset demo --net-type ANRU       small, a minute
  python experiments/psmnist.py --preset gamma/ANRU-400             as published
  python experiments/psmnist.py --net-type RNN --nonlin gamma2 --nhid 400 -p
  python experiments/psmnist.py --test --out runs/psmnist/... --transform drive
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments.recipes import script

main = script("psmnist", __doc__)

if __name__ == "__main__":
    raise SystemExit(main())
