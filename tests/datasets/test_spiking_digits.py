import gzip
import hashlib

import h5py
import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_nonnormal.datasets import (
    DatasetError,
    SpikingHeidelbergDigits,
    _network,
    _shd,
    bin_spikes,
    spiking_digits,
)
from keras_nonnormal.datasets._files import VARIABLE

TRAIN, TEST = 60, 12


def write(path, recordings, seed):
    """A file in the published format, with recordings of 0 to 30 spikes."""
    generator = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        for key, kind in [("times", np.float16), ("units", np.uint16)]:
            shape = (recordings,)
            file.create_dataset(f"spikes/{key}", shape, h5py.vlen_dtype(kind))
        for number in range(recordings):
            count = generator.integers(0, 31)
            file["spikes/times"][number] = np.sort(generator.uniform(0, 1.2, count))
            file["spikes/units"][number] = generator.integers(0, 700, count)
        file["labels"] = (np.arange(recordings) % 20).astype(np.uint16)
        file["extra/speaker"] = (np.arange(recordings) // 20).astype(np.uint16)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A data folder with tiny files in the published format."""
    root = tmp_path_factory.mktemp("data")
    (root / "shd").mkdir()
    write(root / "shd" / "shd_train.h5", TRAIN, seed=0)
    write(root / "shd" / "shd_test.h5", TEST, seed=1)
    return root


@pytest.fixture
def root(published, monkeypatch):
    """The same, as the user's folder."""
    monkeypatch.setenv(VARIABLE, str(published))
    monkeypatch.setattr(_shd, "RECORDINGS", {"train": TRAIN, "test": TEST})
    monkeypatch.setattr(_network, "why_unreachable", forbidden)
    return published


def forbidden(*args, **kwargs):
    raise AssertionError("the network must not be touched")


def frames_in_file(path, number, **options):
    with h5py.File(path) as file:
        times, units = file["spikes/times"][number], file["spikes/units"][number]
    return bin_spikes(times, units, **options)


def test_published_steps_are_the_published_ones(golden):  # LSC row 50
    data = golden("lsc/data_prep")
    times, units, expected = (data[f"shd_{x}"] for x in ("times", "units", "frames"))
    frames = bin_spikes(times, units, layout="published", steps=len(expected))
    np.testing.assert_array_equal(frames, expected)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_spike_at_a_border_belongs_to_one_step(kind):  # LSC row 50
    border = (np.arange(250) * 0.004).astype(kind)
    units = np.full(250, 7)
    steps = bin_spikes(border, units)[:, 7]
    assert steps.all()
    np.testing.assert_array_equal(
        bin_spikes(border, units, layout="published")[:, 693], steps
    )
    later = np.nextafter(border, kind(9))
    assert bin_spikes(later, units)[:, 7].all()
    shifted = bin_spikes(later, units, layout="published")[:, 693]
    np.testing.assert_array_equal(shifted, [0] + [1] * 249)


def test_the_corrected_layout_keeps_the_unit_and_the_spikes_that_were_lost():
    times, units = np.array([0.5, 0.9985, 1.0]), np.array([0, 699, 699])
    assert bin_spikes(times, units).sum() == 2  # the last is out of the time shown
    assert bin_spikes(times, units)[249, 699] == 1
    assert bin_spikes(times, units, layout="published").sum() == 0
    assert bin_spikes(times, units, steps=350, duration=1.4).sum() == 3


def test_batches_are_the_frames_with_the_label_at_every_step(root):  # LSC row 50
    task = SpikingHeidelbergDigits(steps=50, repeat=2, validation=0.3)
    assert (task.name, task.input_width, task.output_width) == ("shd", 700, 20)
    assert (task.length, task.per_step, task.classification) == (100, True, True)
    assert task.trivial_loss == pytest.approx(2.9957, abs=1e-4)
    x, y = next(iter(task.evaluation_batches("test")))
    assert (x.shape, y.shape) == ((TEST, 100, 700), (TEST, 100))
    for number in range(TEST):
        path = root / "shd" / "shd_test.h5"
        frames = frames_in_file(path, number, steps=50)
        np.testing.assert_array_equal(x[number], np.repeat(frames, 2, axis=0))
        assert (y[number].numpy() == number).all()
    x, y = next(iter(task.training_batches(7, seed=0)))
    assert (x.shape, y.shape) == ((7, 100, 700), (7, 100))
    assert task.steps_per_epoch(7) == 5  # 40 to train on


def test_the_published_split_is_contiguous(root, monkeypatch):  # LSC row 50
    whole = range(8156), range(8156), range(2264)
    slices = [
        getattr(spiking_digits, f"PUBLISHED_{part}")
        for part in ("TRAIN", "VALIDATION", "TEST")
    ]
    assert [len(all_[part]) for all_, part in zip(whole, slices, strict=True)] == [
        7747,
        408,
        2088,
    ]
    monkeypatch.setattr(spiking_digits, "PUBLISHED_TRAIN", slice(0, 40))
    monkeypatch.setattr(spiking_digits, "PUBLISHED_VALIDATION", slice(40, 59))
    monkeypatch.setattr(spiking_digits, "PUBLISHED_TEST", slice(0, 9))
    task = SpikingHeidelbergDigits(layout="published")
    assert [len(getattr(task.splits, part)) for part in ("train", "test")] == [40, 9]
    x, y = next(iter(task.evaluation_batches("validation")))
    np.testing.assert_array_equal(y[:, 0], np.arange(40, 59) % 20)
    path = root / "shd" / "shd_train.h5"
    np.testing.assert_array_equal(x[0], frames_in_file(path, 40, layout="published"))


def test_held_out_recordings_are_stratified_or_those_of_speakers(root):
    task = SpikingHeidelbergDigits(steps=5, validation=1 / 3)
    np.testing.assert_array_equal(np.bincount(task.splits.validation.targets), [1] * 20)
    assert len(task.splits.train) == 40
    again = SpikingHeidelbergDigits(steps=5, validation=1 / 3)
    other = SpikingHeidelbergDigits(steps=5, validation=1 / 3, seed=1)
    first, same, differs = (t.splits.validation.inputs for t in (task, again, other))
    np.testing.assert_array_equal(first, same)
    assert (first != differs).any()
    task = SpikingHeidelbergDigits(steps=5, speakers=(1,))
    train, _ = _shd.load_recordings()
    packed = spiking_digits.pack(train, layout="corrected", steps=5, duration=1)
    np.testing.assert_array_equal(task.splits.validation.inputs, packed[20:40])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "other"}, "Expected `layout`"),
        ({"steps": 0}, "Expected `steps`"),
        ({"repeat": 0.5}, "Expected `repeat`"),
        ({"duration": 0.0}, "Expected `duration` to be positive"),
        ({"validation": 1.0}, "Expected `validation` to be a share"),
        ({"validation": 0.001}, "both to train and to validate on"),
        ({"speakers": (3,)}, r"Expected `speakers` to be among \[0, 1, 2\]"),
        ({"speakers": (0,), "layout": "published"}, "Expected no `speakers`"),
    ],
)
def test_impossible_arguments_are_one_line(root, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        SpikingHeidelbergDigits(**options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.pop("spikes/units"), "Missing: spikes/units"),
        (lambda file: file["labels"].write_direct(np.full(TEST, 20)), "below 20"),
        (
            lambda file: file["spikes/units"].__setitem__(3, np.full(40, 1)),
            "in recording 3",
        ),
        (
            lambda file: [
                file["spikes/units"].__setitem__(5, np.array([700])),
                file["spikes/times"].__setitem__(5, np.array([0.5])),
            ],
            "Received: 700 to 700",
        ),
    ],
    ids=["key", "label", "length", "unit"],
)
def test_a_damaged_file_is_named(root, tmp_path, monkeypatch, damage, message):
    (tmp_path / "shd").mkdir()
    for name in ("shd_train.h5", "shd_test.h5"):
        content = (root / "shd" / name).read_bytes()
        (tmp_path / "shd" / name).write_bytes(content)
    with h5py.File(tmp_path / "shd" / "shd_test.h5", "a") as file:
        damage(file)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError, match=message) as raised:
        SpikingHeidelbergDigits(steps=5)
    assert "shd_test.h5 is not what it should be" in str(raised.value)


def test_files_of_any_size_are_read_from_a_folder_that_is_named(
    root, monkeypatch, tmp_path
):
    expected = SpikingHeidelbergDigits(steps=5, validation=0.4).splits.validation
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(_shd, "RECORDINGS", {"train": 8156, "test": 2264})
    folder = root / "shd"
    task = SpikingHeidelbergDigits(folder=folder, steps=5, validation=0.4)
    np.testing.assert_array_equal(task.splits.validation.inputs, expected.inputs)
    with pytest.raises(ValueError, match="Expected more than 7747 recordings"):
        SpikingHeidelbergDigits(folder=folder, layout="published")
    with pytest.raises(DatasetError, match=r"shd_train\.h5 is missing") as raised:
        SpikingHeidelbergDigits(folder=tmp_path)
    assert f"Looked in: {tmp_path}" in str(raised.value)


def test_another_number_of_recordings_does_not_pass(root, monkeypatch):
    monkeypatch.setattr(_shd, "RECORDINGS", {"train": 8156, "test": 2264})
    with pytest.raises(DatasetError, match="Expected 8156 recordings"):
        SpikingHeidelbergDigits()


def test_a_missing_file_says_what_where_and_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "shd").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError) as raised:
        SpikingHeidelbergDigits()
    text = str(raised.value)
    assert "shd_train.h5 is missing" in text
    assert f"Looked in: {tmp_path}/shd" in text
    assert "shd/shd_test.h5" in text
    assert "https://zenkelab.org/datasets/" in text


@pytest.fixture
def downloads(root, tmp_path, monkeypatch):
    """No data folder, and a server that has the tiny files, packed."""
    from keras_nonnormal.datasets import _shd_builder

    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(_shd_builder, "RECORDINGS", _shd.RECORDINGS)
    monkeypatch.setattr(_network, "why_unreachable", lambda address: None)
    load, builder = tfds.load, tfds.builder
    place = {"data_dir": str(tmp_path / "tfds")}
    monkeypatch.setattr(tfds, "load", lambda *a, **k: load(*a, **place, **k))
    monkeypatch.setattr(tfds, "builder", lambda *a, **k: builder(*a, **place, **k))

    def download(manager, addresses):
        paths = {}
        for split, address in addresses.items():
            name = address.removeprefix("https://zenkelab.org/datasets/")
            content = (root / "shd" / name.removesuffix(".gz")).read_bytes()
            paths[split] = tmp_path / name
            paths[split].write_bytes(gzip.compress(content))
            sums[split] = hashlib.md5(paths[split].read_bytes()).hexdigest()
        return paths

    sums = {}
    monkeypatch.setattr(_shd_builder, "MD5", sums)
    monkeypatch.setattr(tfds.download.DownloadManager, "download", download)
    return root


def test_a_download_gives_what_the_files_give(downloads, monkeypatch):
    downloaded = _shd.load_recordings()
    monkeypatch.setenv(VARIABLE, str(downloads))
    for one, other in zip(downloaded, _shd.load_recordings(), strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.speakers, other.speakers)
        for key in ("times", "units"):
            for a, b in zip(getattr(one, key), getattr(other, key), strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)


def test_a_download_of_other_content_is_refused(downloads, monkeypatch):
    from keras_nonnormal.datasets import _shd_builder

    monkeypatch.setattr(_shd_builder, "MD5", {"train": "0" * 32, "test": "0" * 32})
    with pytest.raises(DatasetError, match="Expected a download of MD5 0000"):
        _shd.load_recordings()
