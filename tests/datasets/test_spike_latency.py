import numpy as np
import pytest

from keras_nonnormal.datasets import (
    SpikeLatencyMNIST,
    evaluation_batches,
    mnist,
    spike_latencies,
    spike_latency,
)
from keras_nonnormal.datasets.spike_latency import encode_latencies


@pytest.fixture
def digits(monkeypatch):
    """Forty training and ten test digits of noise; the last eight are held out."""
    generator = np.random.default_rng(0)
    parts = [
        (generator.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n) % 10)
        for n in (40, 10)
    ]
    stub = tuple((images, labels.astype(np.uint8)) for images, labels in parts)
    monkeypatch.setattr(mnist, "load_digits", lambda: stub)
    monkeypatch.setattr(spike_latency, "VALIDATION", 8)
    return stub


def test_latencies_are_the_published_ones(golden):  # LSC row 51
    np.testing.assert_array_equal(
        spike_latencies(), golden("lsc/data_prep")["latency_of_pixel"]
    )


@pytest.mark.parametrize("layout", ["published", "corrected"])
def test_spikes_are_the_published_ones_in_both_layouts(golden, layout):  # LSC row 51
    data = golden("lsc/data_prep")
    images = data["image"].astype(np.uint8)
    digits = np.arange(len(images), dtype=np.uint8)
    x, y = encode_latencies(images, digits, layout=layout)
    expected = data[f"spikes_{layout}"]
    np.testing.assert_array_equal(x, expected)
    steps = expected.shape[1]
    np.testing.assert_array_equal(y, np.repeat(digits[:, None], steps, axis=1))
    twice, labels = encode_latencies(images, digits, layout=layout, repeat=2)
    np.testing.assert_array_equal(twice, np.repeat(x, 2, axis=1))
    assert labels.shape == (len(images), 2 * steps)


def test_an_evaluation_shows_every_digit_once(digits):  # LSC row 51
    for layout in ("corrected", "published"):
        task = SpikeLatencyMNIST(layout=layout, repeat=2)
        assert (task.name, task.length, task.per_step) == ("sl_mnist", 200, True)
        assert (task.input_width, task.output_width) == (784, 10)
        assert len(task.splits.train) == 32
        for split, labels in [
            ("validation", digits[0][1][32:]),
            ("test", digits[1][1]),
        ]:
            shown = [y[:, 0] for _, y in task.evaluation_batches(split, 3)]
            np.testing.assert_array_equal(np.concatenate(shown), labels)


def test_only_the_published_layout_draws_with_replacement(digits):
    shown = {}
    for layout in ("corrected", "published"):
        task = SpikeLatencyMNIST(layout=layout)
        examples = [y[:, 0] for _, y in task.training_batches(16, seed=0).take(2)]
        shown[layout] = np.bincount(np.concatenate(examples), minlength=10)
    np.testing.assert_array_equal(
        shown["corrected"], np.bincount(digits[0][1][:32], minlength=10)
    )
    assert (shown["published"] != shown["corrected"]).any()
    assert shown["published"].sum() == 32


def test_the_real_split_has_the_published_sizes(data_folder):  # LSC row 51
    task = SpikeLatencyMNIST()
    splits = task.splits
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        48_000,
        12_000,
        10_000,
    ]
    assert task.steps_per_epoch(256) == 187  # LSC row 45
    x, _ = next(iter(evaluation_batches(splits.test, 20, encode=task.encode)))
    inked = splits.test.inputs[:20] >= 6
    np.testing.assert_array_equal(x.numpy().sum(axis=1), inked)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"layout": "raw"}, "Expected `layout`"), ({"repeat": 0}, "Expected `repeat`")],
)
def test_impossible_arguments_are_refused_before_loading(options, message):
    with pytest.raises(ValueError, match=message):
        SpikeLatencyMNIST(**options)
