"""The characters of the Penn Treebank, from the user's files."""

from pathlib import Path

from keras_nonnormal.datasets._files import DataFile, DataFolder
from keras_nonnormal.datasets.corpus import FILES, Corpus
from keras_nonnormal.datasets.text_task import TextTask, text_task

ORIGIN = "the folder data of T. Mikolov's simple-examples.tgz (RNNLM toolkit)"
OTHERWISE = (
    "The text is licensed by the Linguistic Data Consortium (LDC99T42) and may\n"
    "not be passed on: nothing is downloaded. Another corpus will do as well,\n"
    f"in a folder with {', '.join(FILES)} that is named explicitly."
)
PTB_CHARACTERS = DataFolder(
    title="Penn Treebank (characters)",
    folder="ptb",
    files=(
        DataFile(
            "ptb.char.train.txt",
            "e313d91425e06c4f0a8fb6e881dcce0c291f2a0e9f4dda54833069b122f91da9",
        ),
        DataFile(
            "ptb.char.valid.txt",
            "21661f63ec355085879458b6524644d4add5573541b4be14fb52ab2e2e995eb8",
        ),
        DataFile(
            "ptb.char.test.txt",
            "1ef5607ac3c463b16e38bfe7900dd3bfc91de5a96e0f21e7eab5188b465b8ebe",
        ),
    ),
    origin=ORIGIN,
    otherwise=OTHERWISE,
)


def ptb_char_task(*, bptt: int = 150, folder: str | Path | None = None) -> TextTask:
    """Predicting the next character of the Penn Treebank, ready for training.

    The corpus is the one of Mikolov: lower case, numbers replaced by `N`, rare words by
    `<unk>` (spelled out), characters separated by spaces, `_` for a blank. With the
    end of line there are 50 different tokens; 5,017,483 to train on, 393,043 to
    validate, 442,424 to test. (The files end with a space on a line of its own, which
    counts as a line here and in the literature.)

    The files `ptb.char.train.txt`, `ptb.char.valid.txt` and `ptb.char.test.txt` are
    read from the folder `ptb` in the folder that the environment variable
    `KERAS_NONNORMAL_DATA` names, and their checksums are verified. The licence of the
    text does not allow to pass it on, so nothing can be downloaded.

    Args:
        bptt: Characters per chunk, through which gradients are propagated. The paper
            has 150 and 300.
        folder: A folder with `train.txt`, `valid.txt` and `test.txt` to read instead:
            the same characters under other names, or any text of that form (see
            `Corpus`). Nothing is verified then.

    Returns:
        A `TextTask` named `"ptb_char"`.

    Raises:
        DatasetError: If the files are missing or damaged.
        ValueError: If `bptt` is not positive.

    Reference:
        - Mikolov, Sutskever, Deoras, Le, Kombrink and Cernocky, "Subword language
          modeling with neural networks", 2012
        - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080), section 4.3
    """
    corpus = load_ptb_characters() if folder is None else Corpus.from_folder(folder)
    return text_task(corpus, bptt=bptt, name="ptb_char")


def load_ptb_characters() -> Corpus:
    """Loads the characters of the Penn Treebank; see `ptb_char_task`.

    Raises:
        DatasetError: If the files are missing or damaged.
    """
    return read_corpus(PTB_CHARACTERS)


def read_corpus(data: DataFolder) -> Corpus:
    """The corpus of the three files of a data set."""
    return Corpus.from_texts(*(data.read(file).decode("ascii") for file in data.files))
