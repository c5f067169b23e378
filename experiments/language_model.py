"""Language models of recurrent layers that start non-normal.

Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715, in the manner of Merity,
Keskar and Socher (2017), https://arxiv.org/abs/1708.02182. A text is read from
beginning to end in --batch columns, in chunks of random length around --bptt, and the
next token of each is to be predicted. The model with the lowest validation loss is
tested.

The Penn Treebank is read from the folder $KERAS_NONNORMAL_DATA/ptb, WikiText-2 and
enwik8 from there, too, or they are downloaded; with --data, any text from a folder with
train.txt, valid.txt and test.txt.

  python experiments/language_model.py                             small, two minutes
  python experiments/language_model.py --preset short/ptb-char-rnn-chain
  python experiments/language_model.py --preset paper/ptb-word-lstm-mixed
  python experiments/language_model.py --generate 500 --out RUN    text of a trained run
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments import recipes
from experiments.recipes.generate import asked_for, generate


def main(arguments: list[str] | None = None) -> int:
    """Trains a model, or has one write; returns the exit code."""
    if asked_for(arguments):
        return generate("language_model", arguments)
    return recipes.script("language_model", __doc__)(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
