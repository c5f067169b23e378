"""The words of the Penn Treebank, from the user's files."""

import dataclasses
from pathlib import Path

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets._files import DataFile, DataFolder
from keras_nonnormal.datasets._layout import check_layout
from keras_nonnormal.datasets.corpus import Corpus
from keras_nonnormal.datasets.ptb import ORIGIN, OTHERWISE, read_corpus
from keras_nonnormal.datasets.text_task import TextTask, text_task

PTB_WORDS = DataFolder(
    title="Penn Treebank (words)",
    folder="ptb",
    files=(
        DataFile(
            "ptb.train.txt",
            "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
        ),
        DataFile(
            "ptb.valid.txt",
            "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
        ),
        DataFile(
            "ptb.test.txt",
            "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
        ),
    ),
    origin=ORIGIN,
    otherwise=OTHERWISE,
)


def PennTreebankWords(
    *,
    window: int = 100,
    repeat: int = 1,
    layout: str = "corrected",
    folder: str | Path | None = None,
) -> TextTask:
    """Predicting the next word of the Penn Treebank, ready for training.

    The corpus is the one of Mikolov: lower case, no punctuation, numbers replaced by
    `N`, rare words by `<unk>`. The end of a line is a token, so that there are 10,000
    different ones, numbered in alphabetical order, the end of the line first; 929,589
    to train on, 73,760 to validate, 82,430 to test.

    Batches are those of a `TextTask`: a text is cut into as many contiguous columns as
    a batch has sequences, and these into windows that come in order. A network's state
    goes from window to window; it is cleared at the beginning of every epoch and of
    every evaluation. The mean of an evaluation is over all tokens, and
    `keras_nonnormal.Perplexity` is the exponential of just that mean.

    The files `ptb.train.txt`, `ptb.valid.txt` and `ptb.test.txt` are read from the
    folder `ptb` in the folder that the environment variable `KERAS_NONNORMAL_DATA`
    names, and their checksums are verified. The licence of the text does not allow to
    pass it on, so nothing can be downloaded.

    Args:
        window: Tokens per window and sequence.
        repeat: How many steps in a row show a token, with the same target: sequences
            have `window * repeat` steps.
        layout: `"corrected"` shows every token; the last window of a pass is padded,
            with weights of 0. `"published"` leaves out that window and the two before
            it, in all splits.
        folder: A folder with `train.txt`, `valid.txt` and `test.txt` to read instead:
            the same words under other names, or any text of that form (see `Corpus`).
            Nothing is verified then.

    Returns:
        A `TextTask` named `"ptb_words"`. For token corruption as in the paper's Table
        1, see `corrupted`.

    Raises:
        DatasetError: If the files are missing or damaged.
        ValueError: If an argument is out of range.

    Reference:
        - Mikolov, Karafiat, Burget, Cernocky and Khudanpur, "Recurrent neural network
          based language model", Interspeech 2010
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    check_layout(layout)
    check_integer("window", window, minimum=1)
    check_integer("repeat", repeat, minimum=1)
    corpus = load_ptb_words() if folder is None else Corpus.from_folder(folder)
    task = text_task(
        corpus.alphabetical(), bptt=window, repeat=repeat, name="ptb_words"
    )
    if layout == "published":
        task = dataclasses.replace(task, left_out=2)
    return task


def load_ptb_words() -> Corpus:
    """Loads the words of the Penn Treebank, in the order of their first appearance.

    Raises:
        DatasetError: If the files are missing or damaged; see `PennTreebankWords`.
    """
    return read_corpus(PTB_WORDS)
