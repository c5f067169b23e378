"""The CIFAR-10 and CIFAR-100 images: from the user's files, or tensorflow-datasets."""

import io
import tarfile
from dataclasses import dataclass

import numpy as np

from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder, data_root
from keras_nonnormal.datasets._tfds import through_tfds

ORIGIN = "https://www.cs.toronto.edu/~kriz/"
SHAPE = (32, 32, 3)
PIXELS = 32 * 32 * 3

Images = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Cifar:
    """One of the two data sets, in its binary version.

    A file is a sequence of records: a byte for each label, then the pixels of an image,
    3072 bytes, in the order channel, row, column.

    Args:
        name: Name of the data set: of its folder, and in tensorflow-datasets.
        archive: The archive as it was published.
        train: Names of the files to train on.
        test: Name of the file to test on.
        labels: Labels per record; the last one counts.
        classes: Number of classes of that label.
        images: Images per file to train on, and of the file to test on.
    """

    name: str
    archive: DataFile
    train: tuple[str, ...]
    test: str
    labels: int
    classes: int
    images: tuple[int, int]

    @property
    def folder(self) -> DataFolder:
        """Where the user may have put the data."""
        return DataFolder(
            title=self.name.replace("cifar", "CIFAR-"),
            folder=self.name,
            files=(self.archive,),
            origin=ORIGIN,
            otherwise=(
                f"The files in it, {self.train[0]} ... {self.test}, will do as well.\n"
                "The Python version will not: it has pickles, which are never loaded.\n"
                f"Or leave {VARIABLE} unset and connect to the internet once:\n"
                "tensorflow-datasets then downloads the images and keeps them."
            ),
        )

    def load(self) -> tuple[Images, Images]:
        """Loads the images, in the order of the published files.

        With `KERAS_NONNORMAL_DATA` set, the archive (its checksum is verified) or the
        files in it are read from there and the network is never touched. Otherwise
        tensorflow-datasets supplies the same images in the same order.

        Returns:
            `((images, labels), (images, labels))` for train and test: uint8 arrays of
            shapes `(images, 32, 32, 3)` and `(images,)`.

        Raises:
            DatasetError: If the images are missing, damaged, or out of reach.
        """
        if data_root() is None:
            address = ORIGIN + self.archive.published_name
            return through_tfds(self.name, self.folder, address, collect)
        contents = self._contents()
        for_training, for_test = self.images
        train = [self._parse(contents, name, for_training) for name in self.train]
        images, labels = map(np.concatenate, zip(*train, strict=True))
        return (images, labels), self._parse(contents, self.test, for_test)

    def _contents(self) -> dict[str, bytes]:
        """The files by name: unpacked ones if there are any, else from the archive."""
        folder, names = self.folder, (*self.train, self.test)
        root = data_root()
        assert root is not None
        if (root / self.name / names[0]).exists():
            files = {name: DataFile(name) for name in names}
            return {name: folder.read(file) for name, file in files.items()}
        try:
            with tarfile.open(fileobj=io.BytesIO(folder.read(self.archive))) as archive:
                members = {
                    member.name.rpartition("/")[2]: archive.extractfile(member)
                    for member in archive.getmembers()
                }
                return {
                    name: member.read()
                    for name, member in members.items()
                    if member is not None and name in names
                }
        except tarfile.TarError as error:
            raise folder.error(f"the archive cannot be read ({error})") from error

    def _parse(self, contents, name, images):
        try:
            return parse_records(contents[name], images, self.labels, self.classes)
        except KeyError:
            raise self.folder.error(f"{name} is missing in the archive") from None
        except ValueError as error:
            problem = f"{name} is not what it should be\n  {error}"
            raise self.folder.error(problem) from error


CIFAR10 = Cifar(
    name="cifar10",
    archive=DataFile(
        "cifar-10-binary.tar",
        gz_sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    train=tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    test="test_batch.bin",
    labels=1,
    classes=10,
    images=(10_000, 10_000),
)
CIFAR100 = Cifar(
    name="cifar100",
    archive=DataFile(
        "cifar-100-binary.tar",
        gz_sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
    train=("train.bin",),
    test="test.bin",
    labels=2,  # a coarse one comes first
    classes=100,
    images=(50_000, 10_000),
)


def parse_records(content: bytes, images: int, labels: int, classes: int) -> Images:
    """Parses a file of the binary version.

    Args:
        content: The whole file.
        images: How many images it has to hold.
        labels: Labels per image.
        classes: Number of classes of the last label.

    Returns:
        uint8 images of shape `(images, 32, 32, 3)` and labels of shape `(images,)`.

    Raises:
        ValueError: If the size or a label is not that of such a file.
    """
    expected = images * (labels + PIXELS)
    if len(content) != expected:
        raise ValueError(
            f"Expected {expected} bytes, {images} records. "
            f"Received: {len(content)} bytes"
        )
    records = np.frombuffer(content, np.uint8).reshape(images, labels + PIXELS)
    targets = records[:, labels - 1]
    if targets.max() >= classes:
        raise ValueError(
            f"Expected labels below {classes}. Received: a label {targets.max()}"
        )
    channels = records[:, labels:].reshape(images, 3, 32, 32)
    return np.ascontiguousarray(channels.transpose(0, 2, 3, 1)), targets.copy()


def collect(dataset) -> Images:
    """The images of a split of tensorflow-datasets, in the order of the files."""
    batches = [*dataset.batch(1000).as_numpy_iterator()]
    # tensorflow-datasets shuffles, and numbers the examples as they were.
    numbers = np.concatenate([batch["id"] for batch in batches])
    order = np.argsort(numbers)
    images = np.concatenate([batch["image"] for batch in batches])
    labels = np.concatenate([batch["label"] for batch in batches])
    return images[order], labels[order].astype(np.uint8)
