"""LSC rows 57 and 61: figures of gradients in time and depth, without a run."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.figures import lsc
from keras_nonnormal import datasets
from tests.experiments.pictures.drawing import PNG, columns, draw
from tests.helpers import compiled_recurrences


def numbers(table, *names):
    return (np.array(table[name], float) for name in names)


def test_figure_1a_has_three_descents(tmp_path):  # LSC row 57
    assert draw("lsc-1a", out=tmp_path) == 0
    assert (tmp_path / "lsc-1a.png").read_bytes().startswith(PNG)
    table = columns(tmp_path / "lsc-1a.csv")
    paths = np.stack([*numbers(table, "t", "l")], axis=1).reshape(3, 6, 2)
    np.testing.assert_array_equal(paths[:, 0], [[5, 3]] * 3)
    np.testing.assert_array_equal(paths[:, -1], [[0, 0]] * 3)
    moves = -np.diff(paths, axis=1)
    assert (moves[..., 0] == 1).all()
    np.testing.assert_array_equal(np.sort(moves[..., 1]), [[0, 0, 1, 1, 1]] * 3)
    assert len({tuple(path.ravel()) for path in paths}) == 3


def test_figure_1b_has_the_published_numbers(golden, tmp_path):  # LSC row 57
    assert draw("lsc-1b", out=tmp_path) == 0
    table = columns(tmp_path / "lsc-1b.csv")
    found = np.array(table["paths"], float).reshape(3, 1000)
    stored = golden("lsc/pascal")
    expected = [stored[f"fig1b_{name}"] for name in ("i", "ii", "iii")]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert [f"{each:.3g}" for each in found[:, -1]] == [
        "8.35e+17",
        "9.66e+07",
        "1.77e+242",
    ]


def test_figure_1c_has_gradients_that_match_the_formula(tmp_path):  # LSC row 57
    assert draw("lsc-1c", "--rho", 0.5, 1, out=tmp_path) == 0
    table = columns(tmp_path / "lsc-1c.csv")
    gradients, references = (
        each.reshape(2, 2, 6, 100) for each in numbers(table, "gradient", "reference")
    )
    np.testing.assert_allclose(gradients[0], references[0], rtol=1e-12)
    assert gradients[0, 0, 0, 0] == pytest.approx(1)
    # The reference of the other network is scaled to its mean, not further off.
    size = np.abs(gradients[1]).mean(axis=1)
    off = size - references[1, :, 0]
    assert (
        np.abs(np.sum(off * references[1, :, 0], axis=1) / np.sum(size**2)).max() < 1e-9
    )


def test_interactions_come_with_their_numbers(monkeypatch, tmp_path):  # LSC row 61
    rng = np.random.default_rng(1)
    pictures = rng.random((9, 2, 2)).astype("float32")
    monkeypatch.setattr(lsc, "SIDE", 2)
    monkeypatch.setattr(lsc, "SMALL", 3)
    monkeypatch.setattr(lsc, "BATCH", 4)
    monkeypatch.setattr(lsc, "NETS", ("GRU",))
    monkeypatch.setattr(lsc, "_small_pictures", lambda name: pictures)
    with compiled_recurrences(False):
        draw("lsc-interactions", "--datasets=mnist", "--seeds=2", out=tmp_path)
    assert (tmp_path / "lsc-interactions.png").read_bytes().startswith(PNG)
    table = columns(tmp_path / "lsc-interactions.csv")
    assert table["order"] == ("2", "3", "4") * 2
    values = np.array(table["value"], float).reshape(2, 3)
    assert (values[:, 0] > values[:, 1]).all()  # what the figure is to show
    assert (values > 0)[:, :2].all()  # of three steps there is no order 4


def test_covariances_come_with_their_numbers(monkeypatch, tmp_path):  # LSC row 61
    class Digits:
        def training_batches(self, batch_size, seed):
            rng = np.random.default_rng(seed)
            spikes = rng.normal(size=(2, batch_size, 5, 2)).astype("float32")
            return tf.data.Dataset.from_tensor_slices((spikes, np.zeros(2)))

    monkeypatch.setattr(datasets, "SpikeLatencyMNIST", Digits)
    monkeypatch.setattr(lsc, "COVARIANCE_NETS", ("LSTM",))
    monkeypatch.setattr(lsc, "DROP", 1)
    flags = "--targets=none", "--units=2", "--samples=6"
    with compiled_recurrences(False):
        draw("lsc-covariance", *flags, out=tmp_path)
    assert (tmp_path / "lsc-covariance.png").read_bytes().startswith(PNG)
    table = columns(tmp_path / "lsc-covariance.csv")
    assert table["layer"] == ("layer 1",) * 2 + ("layer 2",) * 2
    assert table["t"] == ("2", "3") * 2
    correlations, p_values = numbers(table, "correlation", "p_value")
    assert (np.abs(correlations) <= 1).all()
    assert ((p_values >= 0) & (p_values <= 1)).all()
