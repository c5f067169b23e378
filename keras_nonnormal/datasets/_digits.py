"""The MNIST digits: from the user's files, or through tensorflow-datasets."""

import struct

import numpy as np

from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder, data_root
from keras_nonnormal.datasets._tfds import through_tfds

ORIGIN = "https://storage.googleapis.com/cvdf-datasets/mnist/"
TRAIN_IMAGES = DataFile(
    "train-images-idx3-ubyte",
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
)
TRAIN_LABELS = DataFile(
    "train-labels-idx1-ubyte",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
)
TEST_IMAGES = DataFile(
    "t10k-images-idx3-ubyte",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
)
TEST_LABELS = DataFile(
    "t10k-labels-idx1-ubyte",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)
MNIST = DataFolder(
    title="MNIST",
    folder="mnist",
    files=(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS),
    origin=ORIGIN,
    otherwise=(
        f"Or leave {VARIABLE} unset and connect to the internet once:\n"
        "tensorflow-datasets then downloads the digits and keeps them."
    ),
)

Digits = tuple[np.ndarray, np.ndarray]


def load_digits() -> tuple[Digits, Digits]:
    """Loads MNIST.

    With `KERAS_NONNORMAL_DATA` set, the published files are read from there and the
    network is never touched. Otherwise tensorflow-datasets supplies the same digits,
    in an order of its own.

    Returns:
        `((images, labels), (images, labels))` for train and test: uint8 arrays of
        shapes `(examples, 28, 28)`, 0 is background and 255 ink, and `(examples,)`.

    Raises:
        DatasetError: If the digits are missing, damaged, or out of reach.
    """
    if data_root() is None:
        return _through_tfds()
    return (
        (_read(TRAIN_IMAGES, (60_000, 28, 28)), _read(TRAIN_LABELS, (60_000,))),
        (_read(TEST_IMAGES, (10_000, 28, 28)), _read(TEST_LABELS, (10_000,))),
    )


def parse_idx(content: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Parses an idx file of unsigned bytes.

    The header is big-endian: two zero bytes, the type (8 for unsigned bytes), the
    rank, and the size of each axis. The bytes follow in row-major order.

    Args:
        content: The whole file.
        shape: The shape it has to have.

    Raises:
        ValueError: If header or size are not those of such an array.
    """
    header = struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)
    if content[: len(header)] != header:
        raise ValueError(
            f"Expected the idx header of unsigned bytes of shape {shape}, "
            f"{header.hex(' ', 4)}. Received: {content[: len(header)].hex(' ', 4)}"
        )
    values = np.frombuffer(content, np.uint8, offset=len(header))
    if values.size != np.prod(shape):
        raise ValueError(
            f"Expected {np.prod(shape)} bytes after the idx header. "
            f"Received: {values.size} bytes"
        )
    return values.reshape(shape)


def _read(file, shape):
    try:
        return parse_idx(MNIST.read(file), shape)
    except ValueError as error:
        raise MNIST.error(f"{file.name} is not what it should be\n  {error}") from error


def _through_tfds() -> tuple[Digits, Digits]:
    address = ORIGIN + TRAIN_LABELS.published_name
    return through_tfds("mnist", MNIST, address, _collect)


def _collect(dataset) -> Digits:
    batches = [*dataset.batch(1000).as_numpy_iterator()]
    images = np.concatenate([batch["image"] for batch in batches])
    labels = np.concatenate([batch["label"] for batch in batches])
    return images.reshape(-1, 28, 28), labels.astype(np.uint8)
