"""The texts on which language models are compared, by name."""

from collections.abc import Callable
from pathlib import Path

from keras_nonnormal.datasets._files import data_root
from keras_nonnormal.datasets._texts import ENWIK8, SPLITS, WIKITEXT_2, PublishedText
from keras_nonnormal.datasets._tfds import through_tfds
from keras_nonnormal.datasets.corpus import Corpus
from keras_nonnormal.datasets.ptb import load_ptb_characters
from keras_nonnormal.datasets.ptb_words import load_ptb_words


def load_corpus(name: str, folder: str | Path | None = None) -> Corpus:
    """Loads a text in the form in which language models are compared on it.

    | name | tokens | different | train | validation | test |
    |---|---|---|---|---|---|
    | `"ptb-char"` | characters | 50 | 5,017,483 | 393,043 | 442,424 |
    | `"ptb-word"` | words | 10,000 | 929,589 | 73,760 | 82,430 |
    | `"wikitext-2"` | words | 33,278 | 2,088,628 | 217,646 | 245,569 |
    | `"enwik8"` | bytes | 205 | 90,000,000 | 5,000,000 | 5,000,000 |

    With the environment variable `KERAS_NONNORMAL_DATA` set, the published files are
    read from the folders `ptb`, `wikitext-2` and `enwik8` in there, their checksums are
    verified, and the network is never touched. Otherwise WikiText-2 and enwik8 come
    through tensorflow-datasets; the Penn Treebank is not free to pass on.

    Args:
        name: One of the names above.
        folder: A folder with `train.txt`, `valid.txt` and `test.txt` to read instead,
            any UTF-8 text. Its tokens are what white space separates, and bytes for
            `"enwik8"`. Nothing is verified then.

    Raises:
        DatasetError: If the text is missing, damaged, or out of reach.
        ValueError: If the name is another one.

    Reference:
        - Mikolov, Karafiat, Burget, Cernocky and Khudanpur, "Recurrent neural network
          based language model", Interspeech 2010
        - [Merity et al., 2016](https://arxiv.org/abs/1609.07843): WikiText-2
        - M. Mahoney, "Large text compression benchmark": enwik8
    """
    if name not in CORPORA:
        raise ValueError(
            f"Expected a corpus {', '.join(map(repr, CORPORA))}. Received: {name!r}"
        )
    if folder is None:
        return CORPORA[name]()
    return Corpus.from_folder(folder, bytewise=name == "enwik8")


def _read(text: PublishedText) -> tuple[bytes, bytes, bytes]:
    """The texts to train, to validate, and to test on, from files or a download."""
    if data_root() is not None:
        return text.split(*map(text.data.read, text.data.files))
    from keras_nonnormal.datasets import _text_builders  # noqa: F401 - known by name

    train, validation, test = through_tfds(
        text.builder, text.data, text.archive, _joined, SPLITS
    )
    return train, validation, test


def _joined(pieces) -> bytes:
    return b"".join(piece["text"] for piece in pieces.as_numpy_iterator())


def _wikitext_2() -> Corpus:
    return Corpus.from_texts(*(text.decode("utf-8") for text in _read(WIKITEXT_2)))


def _enwik8() -> Corpus:
    return Corpus.from_bytes(*_read(ENWIK8))


CORPORA: dict[str, Callable[[], Corpus]] = {
    "ptb-char": load_ptb_characters,
    "ptb-word": load_ptb_words,
    "wikitext-2": _wikitext_2,
    "enwik8": _enwik8,
}
