import math
import struct

import numpy as np
import pytest

from keras_nonnormal.datasets import (
    DatasetError,
    _digits,
    _network,
    evaluation_batches,
    permutation,
    psmnist_task,
    sequential_mnist,
)
from keras_nonnormal.datasets._files import VARIABLE
from keras_nonnormal.datasets.mnist import encode_mnist
from tests.golden import keys

FACTS = {
    "train": {
        "counts": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        "first": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        "last": [8, 3, 5, 6, 8],
        "sum": 1_567_298_545,
        "inked": 8_994_156,
        "sum_of_first": 27_525,
        "mean_and_std": (0.13066048, 0.30810780),
    },
    "test": {
        "counts": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        "first": [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
        "last": [2, 3, 4, 5, 6],
        "sum": 264_923_200,
        "inked": 1_511_219,
        "sum_of_first": 18_454,
        "mean_and_std": (0.13251461, 0.31048025),
    },
}


@pytest.fixture(scope="module")
def real(data_folder):
    """The real digits, all training digits kept, in the order of the pixels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_network, "why_unreachable", forbidden)
        return sequential_mnist(permute=False, validation=0)


@pytest.fixture
def stub(monkeypatch):
    """Ten training and four test digits of noise in place of the real ones."""
    generator = np.random.default_rng(0)
    digits = tuple(
        (
            generator.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            generator.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (10, 4)
    )
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: digits)
    return digits


def forbidden(*args, **kwargs):
    raise AssertionError("the network must not be touched")


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_real_digits_are_the_published_ones(real, part):
    examples, facts = getattr(real, part), FACTS[part]
    images, labels = examples.inputs, examples.targets
    assert images.shape == (sum(facts["counts"]), 784)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    assert images.sum(dtype=np.int64) == facts["sum"]
    assert np.count_nonzero(images) == facts["inked"]
    assert images[0].sum() == facts["sum_of_first"]
    np.testing.assert_array_equal(np.bincount(labels), facts["counts"])
    np.testing.assert_array_equal(labels[:10], facts["first"])
    np.testing.assert_array_equal(labels[-5:], facts["last"])
    weights = np.bincount(images.ravel(), minlength=256) / images.size
    levels = np.arange(256) / 255
    mean = weights @ levels
    std = np.sqrt(weights @ (levels - mean) ** 2)
    np.testing.assert_allclose((mean, std), facts["mean_and_std"], atol=5e-9)


def test_the_last_ten_thousand_digits_are_held_out(real):
    splits = sequential_mnist(permute=False)
    assert [len(splits.train), len(splits.validation)] == [50_000, 10_000]
    np.testing.assert_array_equal(splits.train.inputs, real.train.inputs[:50_000])
    np.testing.assert_array_equal(splits.validation.inputs, real.train.inputs[50_000:])
    np.testing.assert_array_equal(
        splits.validation.targets, real.train.targets[50_000:]
    )


def test_unpacked_files_give_the_same_digits(real, data_folder, tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    monkeypatch.setenv(VARIABLE, str(data_folder))
    contents = {file.name: _digits.MNIST.read(file) for file in _digits.MNIST.files}
    for name, content in contents.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (_, _), (images, labels) = _digits.load_digits()
    np.testing.assert_array_equal(images.reshape(-1, 784), real.test.inputs)
    np.testing.assert_array_equal(labels, real.test.targets)


def test_T4_permutations_are_the_published_ones(golden):
    tasks = golden("nonnormal_init/tasks")
    seeds = keys(tasks, r"psmnist_perm_seed(\d+)")
    assert seeds
    for seed in seeds:
        expected = tasks[f"psmnist_perm_seed{seed}"]
        np.testing.assert_array_equal(permutation(int(seed)), expected)


def test_T4_sequences_are_the_published_ones(golden, monkeypatch):
    tasks = golden("nonnormal_init/tasks")
    images = tasks["psmnist_images"]
    digits = images, np.arange(len(images), dtype=np.uint8)
    monkeypatch.setattr(
        "keras_nonnormal.datasets.mnist.load_digits", lambda: (digits, digits)
    )
    seed = min(map(int, keys(tasks, r"psmnist_perm_seed(\d+)")))
    task = psmnist_task(permutation_seed=seed, validation=0)
    x, y = task.encode(task.splits.train.inputs, task.splits.train.targets)
    assert x.dtype == np.float32
    assert y.dtype == np.int32
    # One rounding of a division by 255 in float32.
    np.testing.assert_allclose(x, tasks["psmnist_sequences"], rtol=1.2e-7)
    np.testing.assert_array_equal(y, digits[1])


def test_T4_all_splits_share_the_permutation(stub):
    (train, _), (test, _) = stub
    splits = sequential_mnist(permutation_seed=3, validation=2)
    order = permutation(3)
    for part, images in [
        (splits.train, train[:8]),
        (splits.validation, train[8:]),
        (splits.test, test),
    ]:
        np.testing.assert_array_equal(part.inputs, images.reshape(-1, 784)[:, order])


def test_T4_without_permutation_the_pixels_come_row_by_row(stub):
    inputs = sequential_mnist(permute=False, validation=0).train.inputs
    assert inputs[0, 28 * 5 + 3] == stub[0][0][0, 5, 3]


def test_T4_pixels_are_scaled_to_the_unit_interval():
    x, _ = encode_mnist(np.array([[0, 51, 255]], np.uint8), np.array([1], np.uint8))
    np.testing.assert_array_equal(x, np.float32([[[0], [0.2], [1]]]))


def test_T4_psmnist_runs_through_the_pipeline(stub):
    # The published generators failed as soon as they were called (quirk 1).
    task = psmnist_task(validation=2)
    x, y = next(iter(evaluation_batches(task.splits.train, 3, encode=task.encode)))
    assert x.shape == (3, 784, 1)
    np.testing.assert_array_equal(y, stub[0][1][:3])


def test_T5_trivial_loss_is_that_of_ten_equally_likely_classes(stub, golden):
    task = psmnist_task(validation=2)
    expected = golden("nonnormal_init/tasks")["psmnist_uniform_loss"]
    assert task.trivial_loss == pytest.approx(float(expected), rel=1e-15)
    assert task.trivial_loss == math.log(10)
    assert task.success_loss == pytest.approx(1.151293, abs=5e-7)


def test_T7_pixels_stay_single_bytes(stub):
    inputs = sequential_mnist(validation=0).train.inputs
    assert inputs.nbytes == 10 * 784


def test_the_task_says_what_it_is(stub):
    task = psmnist_task(validation=2)
    assert (task.name, task.length, task.per_step) == ("psmnist", 784, False)
    assert (task.input_width, task.output_width) == (1, 10)
    assert psmnist_task(permute=False, validation=2).name == "smnist"


def test_validation_of_size_zero_is_the_test_split(stub):
    splits = sequential_mnist(validation=0)
    assert splits.validation is splits.test
    assert len(splits.train) == 10


@pytest.mark.parametrize("validation", [-1, 10, 2.0])
def test_a_validation_split_that_leaves_nothing_is_refused(stub, validation):
    with pytest.raises(ValueError, match=rf"Expected `validation`.*={validation}"):
        sequential_mnist(validation=validation)


def test_permutation_seeds_out_of_range_are_refused_before_loading(monkeypatch):
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", forbidden)
    for seed in (-1, 2**32, 0.5):
        with pytest.raises(ValueError, match="Expected `permutation_seed`"):
            psmnist_task(permutation_seed=seed)


def idx(array, kind=8):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def test_idx_files_are_parsed():
    np.testing.assert_array_equal(_digits.parse_idx(idx(IMAGES), (2, 3, 4)), IMAGES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00",
        b"<!DOCTYPE html>" * 4,
        idx(IMAGES, kind=9),
        idx(IMAGES[0]),
        idx(IMAGES.transpose(0, 2, 1)),
    ],
    ids=["empty", "short", "web page", "other type", "other rank", "other shape"],
)
def test_idx_headers_of_other_arrays_are_refused(content):
    with pytest.raises(ValueError, match=r"Expected the idx header.*Received"):
        _digits.parse_idx(content, (2, 3, 4))


@pytest.mark.parametrize("content", [idx(IMAGES)[:-1], idx(IMAGES) + b"\0"])
def test_idx_files_of_the_wrong_size_are_refused(content):
    with pytest.raises(ValueError, match=r"Expected 24 bytes.*Received: 2[35]"):
        _digits.parse_idx(content, (2, 3, 4))


def test_small_idx_files_do_not_pass_for_mnist(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for file in _digits.MNIST.files:
        (tmp_path / "mnist" / file.name).write_bytes(idx(IMAGES))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError, match="train-images-idx3-ubyte is truncated"):
        sequential_mnist()


def test_a_missing_file_lists_all_four_and_touches_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(_network, "why_unreachable", forbidden)
    monkeypatch.setattr(_digits, "_through_tfds", forbidden)
    (tmp_path / "mnist").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError) as raised:
        sequential_mnist()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3"):
        assert f"mnist/{name}-ubyte.gz" in str(raised.value)
    assert "mnist/t10k-labels-idx1-ubyte.gz" in str(raised.value)
    assert list((tmp_path / "mnist").iterdir()) == []


@pytest.fixture
def unset(tmp_path, monkeypatch):
    """No data folder, and an empty place for tensorflow-datasets."""
    monkeypatch.delenv(VARIABLE, raising=False)
    place = tmp_path / "tfds"
    import tensorflow_datasets as tfds

    load, builder = tfds.load, tfds.builder
    monkeypatch.setattr(
        tfds, "load", lambda *a, **k: load(*a, data_dir=str(place), **k)
    )
    monkeypatch.setattr(
        tfds, "builder", lambda *a, **k: builder(*a, data_dir=str(place), **k)
    )
    return place


def test_offline_the_error_says_what_where_and_what_to_do(unset, monkeypatch):
    monkeypatch.setattr(_network, "why_unreachable", lambda url: "no route to host")
    with pytest.raises(DatasetError) as raised:
        sequential_mnist()
    text = str(raised.value)
    assert "not downloaded yet, and the network is out of reach" in text
    assert f"Looked in: {unset}/mnist/" in text
    assert "(no route to host)" in text
    assert VARIABLE in text
    assert "mnist/train-images-idx3-ubyte.gz" in text
    assert "connect to the internet once" in text
    assert len(text.splitlines()) <= 15
    assert not unset.exists()


def test_a_failing_download_is_an_error_of_ours(unset, monkeypatch):
    import tensorflow_datasets as tfds

    def load(*args, download, **kwargs):
        raise ConnectionError("broken pipe") if download else AssertionError

    monkeypatch.setattr(_network, "why_unreachable", lambda url: None)
    monkeypatch.setattr(tfds, "load", load)
    with pytest.raises(DatasetError, match="ConnectionError: broken pipe"):
        sequential_mnist()


def test_damaged_prepared_data_is_an_error_of_ours(unset, monkeypatch):
    import tensorflow_datasets as tfds

    def load(*args, **kwargs):
        raise OSError("corrupted record at 12")

    monkeypatch.setattr(_network, "why_unreachable", forbidden)
    monkeypatch.setattr(tfds, "load", load)
    with pytest.raises(DatasetError, match=r"OSError: corrupted record at 12\nLooked"):
        sequential_mnist()


def test_prepared_data_is_used_without_asking_the_network(monkeypatch):
    import tensorflow_datasets as tfds

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(_network, "why_unreachable", forbidden)
    with tfds.testing.mock_data(num_examples=12):
        splits = sequential_mnist(permutation_seed=1, validation=5)
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [7, 5, 12]
    assert splits.train.inputs.shape == (7, 784)
    assert splits.train.inputs.dtype == splits.train.targets.dtype == np.uint8
