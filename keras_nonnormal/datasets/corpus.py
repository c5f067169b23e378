"""Text as numbers: a vocabulary, three splits, and columns to read side by side."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets._files import DatasetError

END_OF_LINE = "<eos>"
FILES = ("train.txt", "valid.txt", "test.txt")


@dataclass(frozen=True, eq=False)
class Corpus:
    """Three texts and the vocabulary they share, tokens in order of first appearance.

    Tokens are what white space separates; a character corpus has its characters
    separated by spaces, and a blank written as `_`. After each line comes the token
    `"<eos>"`, after an empty one as well.

    Args:
        vocabulary: The tokens; the place of a token is its number.
        train: Numbers of the tokens, int32 of shape `(tokens,)`.
        validation: The same of the validation split.
        test: The same of the test split.

    Example:

    >>> corpus = Corpus.from_texts("a _ b", "b a", "c")
    >>> corpus.vocabulary
    ('a', '_', 'b', '<eos>', 'c')
    >>> corpus.validation.tolist()
    [2, 0, 3]
    """

    vocabulary: tuple[str, ...]
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @classmethod
    def from_texts(cls, train: str, validation: str, test: str) -> "Corpus":
        """Numbers the tokens of three texts.

        The vocabulary is that of all three: in the order of train, validation, test, as
        in the published programs.

        Args:
            train: Text to train on.
            validation: Text to choose hyper-parameters and stopping times with.
            test: Text that is looked at once.
        """
        splits = [_tokens(text) for text in (train, validation, test)]
        numbers: dict[str, int] = {}
        for tokens in splits:
            for token in dict.fromkeys(tokens):
                numbers.setdefault(token, len(numbers))
        return cls(
            tuple(numbers),
            *(
                np.fromiter(map(numbers.__getitem__, tokens), np.int32, len(tokens))
                for tokens in splits
            ),
        )

    @classmethod
    def from_folder(cls, folder: str | Path, *, bytewise: bool = False) -> "Corpus":
        """Numbers the tokens of `train.txt`, `valid.txt` and `test.txt` in a folder.

        Args:
            folder: The folder; the files are UTF-8 text.
            bytewise: Whether tokens are bytes, see `from_bytes`.

        Raises:
            DatasetError: If a file is missing, unreadable, or not text.
        """
        texts = [_read(Path(folder), name) for name in FILES]
        if bytewise:
            return cls.from_bytes(*(text.encode() for text in texts))
        return cls.from_texts(*texts)

    @classmethod
    def from_bytes(cls, train: bytes, validation: bytes, test: bytes) -> "Corpus":
        """Numbers the bytes of three texts, in the order of their values.

        A token is the character that Latin-1 has for a byte; the end of a line is one
        of them.

        Args:
            train: Text to train on.
            validation: Text to choose hyper-parameters and stopping times with.
            test: Text that is looked at once.

        Example:

        >>> corpus = Corpus.from_bytes(b"ba", b"a", b"c")
        >>> corpus.vocabulary, corpus.train.tolist()
        (('a', 'b', 'c'), [1, 0])
        """
        splits = [np.frombuffer(text, np.uint8) for text in (train, validation, test)]
        occurs = sum(np.bincount(values, minlength=256) for values in splits)
        kinds = np.flatnonzero(occurs)
        numbers = np.zeros(256, np.int32)
        numbers[kinds] = np.arange(len(kinds))
        return cls(tuple(map(chr, kinds)), *(numbers[values] for values in splits))

    def alphabetical(self) -> "Corpus":
        """The same texts with their tokens in alphabetical order, `"<eos>"` first.

        It is the order of programs that take the line end itself for a token, which
        comes before all others.

        Example:

        >>> Corpus.from_texts("b a", "b", "b").alphabetical().vocabulary
        ('<eos>', 'a', 'b')
        """
        words = sorted({*self.vocabulary} - {END_OF_LINE})
        vocabulary = [END_OF_LINE, *words]
        places = {token: place for place, token in enumerate(vocabulary)}
        number = np.array([places[token] for token in self.vocabulary], np.int32)
        splits = (self.train, self.validation, self.test)
        return Corpus(tuple(vocabulary), *(number[ids] for ids in splits))


def batchify(ids: np.ndarray, columns: int) -> np.ndarray:
    """Cuts a text into pieces of equal length to be read side by side.

    Args:
        ids: Numbers of tokens, of shape `(tokens,)`.
        columns: How many pieces; what makes no full row is dropped from the end.

    Returns:
        Array of shape `(tokens // columns, columns)`: column j is the j-th piece.

    Raises:
        ValueError: If there are not two rows, a token and the one to predict from it.

    Example:

    >>> batchify(np.arange(7), columns=3)
    array([[0, 2, 4],
           [1, 3, 5]])
    """
    check_integer("columns", columns, minimum=1)
    rows = len(ids) // columns
    if rows < 2:
        raise ValueError(
            f"Expected `columns` of at most {len(ids) // 2} for a text of {len(ids)} "
            f"tokens, so that there are two rows. Received: columns={columns}"
        )
    return ids[: rows * columns].reshape(columns, rows).T


def bptt_chunks(rows: np.ndarray, bptt: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Goes through the rows of a text, so many at a time.

    Args:
        rows: Array of shape `(rows, columns)`, as from `batchify`.
        bptt: Rows per chunk; the last chunk has what is left.

    Yields:
        Tuples `(inputs, targets)` of shape `(steps, columns)`; targets are the inputs
        one row later.

    Raises:
        ValueError: If `bptt` is not positive.

    Example:

    >>> rows = batchify(np.arange(12), columns=2)
    >>> [inputs.shape for inputs, targets in bptt_chunks(rows, bptt=3)]
    [(3, 2), (2, 2)]
    """
    check_integer("bptt", bptt, minimum=1)
    for start in range(0, len(rows) - 1, bptt):
        end = min(start + bptt, len(rows) - 1)
        yield rows[start:end], rows[start + 1 : end + 1]


def _tokens(text):
    tokens: list[str] = []
    # Lines as a file has them. What follows the last line end is a line if there is
    # anything, be it a space: hence the usual counts of the Penn Treebank characters.
    for line in io.StringIO(text, newline=None):
        tokens += line.split()
        tokens.append(END_OF_LINE)
    return tokens


def _read(folder, name):
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        missing = isinstance(error, FileNotFoundError)
        problem = "is missing" if missing else f"cannot be read ({error})"
        raise DatasetError(
            f"The corpus cannot be loaded: {name} {problem}\n"
            f"Looked in: {folder.absolute()}\n"
            f"What to do: name a folder with {', '.join(FILES)},\n"
            "  UTF-8 text whose tokens are separated by spaces"
        ) from error
