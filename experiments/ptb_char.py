"""Penn Treebank characters: the next character of each of many columns of a text.

Networks of Kerg et al. (2019), https://arxiv.org/abs/1905.12080; with ANRU and the
non-linearity gamma: https://arxiv.org/abs/2006.12253. Gradients go back to the
beginning of a chunk of --bptt characters. The model with the lowest validation loss is
tested.

The characters are read from the folder $KERAS_NONNORMAL_DATA/ptb, or, with --data, any
text from a folder with train.txt, valid.txt and test.txt.

  python experiments/ptb_char.py                                small, a minute
  python experiments/ptb_char.py --preset doc/nnRNN-1024-bptt150      as published
  python experiments/ptb_char.py --preset demo --stair expn     a factor per time step
  python experiments/ptb_char.py --preset demo --net-type ANRU  an adaptive network
  python experiments/ptb_char.py --preset gamma/RNN-600               as published
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments.recipes import script

main = script("ptb_char", __doc__)

if __name__ == "__main__":
    raise SystemExit(main())
