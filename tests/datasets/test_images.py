import io
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_nonnormal.datasets import DatasetError, ImageVectors, _cifar, images
from keras_nonnormal.datasets._files import VARIABLE, DataFile


def records(name, seed):
    """A file of the binary version, and the pictures that are in it."""
    generator = np.random.default_rng(seed)
    count = 10 if name == "cifar10" else 50 if seed == 0 else 10
    classes = 10 if name == "cifar10" else 100
    labels = generator.integers(0, classes, count, np.uint8)
    pictures = generator.integers(0, 256, (count, 32, 32, 3), np.uint8)
    content = b""
    for label, picture in zip(labels, pictures, strict=True):
        coarse = b"" if name == "cifar10" else b"\x13"
        content += coarse + bytes([label]) + picture.transpose(2, 0, 1).tobytes()
    return content, pictures, labels


@pytest.fixture(params=["cifar10", "cifar100"])
def pictures(request, tmp_path, monkeypatch):
    """A data folder with tiny files, in the published format; what is in them."""
    data = getattr(_cifar, request.param.upper())
    small = {"cifar10": (10, 10), "cifar100": (50, 10)}[request.param]
    monkeypatch.setitem(vars(data), "images", small)
    (tmp_path / data.name).mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    parts = []
    for number, name in enumerate((*data.train, data.test)):
        content, *part = records(data.name, number)
        (tmp_path / data.name / name).write_bytes(content)
        parts.append(part)
    train = [np.concatenate(part) for part in zip(*parts[:-1], strict=True)]
    return data, tmp_path / data.name, train, parts[-1]


def test_the_binary_files_are_read(pictures):  # LSC row 52
    data, _, train, test = pictures
    for part, expected in zip(data.load(), (train, test), strict=True):
        np.testing.assert_array_equal(part[0], expected[0])
        np.testing.assert_array_equal(part[1], expected[1])


def test_the_archive_is_read_as_the_files_in_it(pictures, monkeypatch):
    data, folder, train, test = pictures
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, f"{data.name}-batches/{path.name}")
            path.unlink()
        readme = tarfile.TarInfo(f"{data.name}-batches/readme.html")
        archive.addfile(readme)
    (folder / data.archive.name).write_bytes(content.getvalue())
    (_, labels), (shown, _) = data.load()
    np.testing.assert_array_equal(labels, train[1])
    np.testing.assert_array_equal(shown, test[0])
    (folder / data.archive.published_name).write_bytes(content.getvalue())
    with pytest.raises(DatasetError, match="truncated or corrupt, or another file"):
        data.load()


def test_damaged_and_missing_files_are_named(pictures):
    data, folder, _, _ = pictures
    path = folder / data.test
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(
        DatasetError, match=rf"{data.test} is not what(.|\n)*10 records"
    ):
        data.load()
    path.write_bytes(b"\xff" * len(content))
    with pytest.raises(DatasetError, match="Received: a label 255"):
        data.load()
    path.unlink()
    with pytest.raises(DatasetError, match=f"{data.test} is missing"):
        data.load()


def test_python_archives_are_never_opened(tmp_path, monkeypatch):
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "cifar-10-python.tar.gz").write_bytes(b"a pickle")
    (tmp_path / "cifar10" / "data_batch_1").write_bytes(b"a pickle")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError) as raised:
        ImageVectors("cifar10")
    text = str(raised.value)
    assert "cifar-10-binary.tar.gz is missing" in text
    assert "pickles, which are never loaded" in text
    assert f"Looked in: {tmp_path}/cifar10" in text
    assert "https://www.cs.toronto.edu/~kriz/" in text
    assert len(text.splitlines()) <= 15


def test_checksums_are_those_of_tensorflow_datasets():
    for data in (_cifar.CIFAR10, _cifar.CIFAR100):
        infos = tfds.builder_cls(data.name).url_infos
        info = infos[_cifar.ORIGIN + data.archive.published_name]
        assert data.archive.gz_sha256 == info.checksum


def test_prepared_images_come_in_the_order_of_the_files(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    numbers = np.array([b"train_00002", b"train_00000", b"train_00001"])
    import tensorflow as tf

    shuffled = tf.data.Dataset.from_tensor_slices(
        {"id": numbers, "image": np.zeros((3, 32, 32, 3), np.uint8), "label": [2, 0, 1]}
    )
    monkeypatch.setattr(tfds, "load", lambda *a, **k: (shuffled, shuffled))
    (shown, labels), _ = _cifar.CIFAR10.load()
    assert shown.shape == (3, 32, 32, 3)
    np.testing.assert_array_equal(labels, [0, 1, 2])


def test_the_split_is_that_of_scikit_learn():  # LSC row 52
    # Of sklearn.model_selection.train_test_split(range(10), test_size=0.3,
    # random_state=42), as in its documentation.
    train, validation = images.held_out(10, share=0.3)
    assert train.tolist() == [0, 7, 2, 9, 4, 3, 6]
    assert validation.tolist() == [8, 1, 5]
    train, validation = images.held_out(60_000)
    assert (len(train), len(validation)) == (54_000, 6_000)


def test_vectors_are_standardized_by_the_training_pixels(pictures):  # LSC row 52
    data, _, (shown, labels), (tested, _) = pictures
    task = ImageVectors(data.name)
    assert (task.name, task.input_width, task.length) == (data.name, 3072, 1)
    assert task.output_width == data.classes
    assert task.trivial_loss == pytest.approx(np.log(data.classes))
    train, validation = images.held_out(50)
    assert [len(task.splits.train), len(task.splits.validation)] == [45, 5]
    np.testing.assert_array_equal(task.splits.validation.targets, labels[validation])
    pixels = shown[train].reshape(45, -1).astype(np.float64)
    mean, deviation = pixels.mean(), pixels.std()
    for split, kept in [("validation", shown[validation]), ("test", tested)]:
        x, y = next(iter(task.evaluation_batches(split)))
        expected = (kept.reshape(len(kept), -1) - mean) / deviation
        assert (x.dtype, y.dtype) == (np.float32, np.int32)
        # One rounding in float32 each of pixel minus mean, and of its share.
        np.testing.assert_allclose(x, expected, atol=3e-7)
    x, y = next(iter(task.training_batches(45, seed=0)))
    assert x.numpy().mean() == pytest.approx(0, abs=1e-5)
    assert x.numpy().std() == pytest.approx(1, abs=1e-5)


def test_mnist_comes_as_vectors_too(data_folder):  # LSC row 52
    task = ImageVectors("mnist")
    sizes = [len(getattr(task.splits, p)) for p in ("train", "validation", "test")]
    assert sizes == [54_000, 6_000, 10_000]
    x, y = next(iter(task.training_batches(512, seed=0)))
    assert (x.shape, y.shape) == ((512, 784), (512,))
    mean, deviation = images.mean_and_deviation(task.splits.train.inputs)
    # Of all 60,000 training digits they are 33.32 and 78.57.
    assert (mean, deviation) == pytest.approx((33.32, 78.57), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("svhn", {}, "one of mnist, cifar10, cifar100"),
        ("mnist", {"validation": 0}, "a share between 0 and 1"),
        ("mnist", {"seed": -1}, "Expected `seed`"),
    ],
)
def test_impossible_arguments_are_refused_before_loading(name, options, message):
    with pytest.raises(ValueError, match=message):
        ImageVectors(name, **options)


def test_shares_and_pixels_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="leaves examples to train on"):
        images.held_out(3, share=0.9)
    with pytest.raises(ValueError, match="pixels that differ"):
        images.mean_and_deviation(np.full((2, 3), 7, np.uint8))


def test_files_without_a_known_checksum_are_read_as_they_are(tmp_path, monkeypatch):
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "notes.bin").write_bytes(b"notes")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert _cifar.CIFAR10.folder.read(DataFile("notes.bin")) == b"notes"
