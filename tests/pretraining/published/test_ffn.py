"""The published pre-training of feed-forward networks, on nine steps on record."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.pretraining.published.ffn import PublishedFFN
from keras_nonnormal.pretraining.published.update import shuffle_entries
from keras_nonnormal.pretraining.variables import values_of
from tests.golden import keys, variants

WIDE = "float64"


class Scripted:
    """Random numbers on record, in the place of a generator."""

    def __init__(self, archive):
        def recorded(name):
            numbers = sorted(map(int, keys(archive, name.format(r"(\d+)"))))
            return iter([archive[name.format(k)] for k in numbers])

        self.mixed = recorded("perm_{}")
        self.biases = recorded("newbias_{}")
        self.kept = recorded("sample_step{}_idx")

    def permutation(self, size):
        return next(self.mixed)

    def random(self, shape):
        return next(self.biases)

    def choice(self, longer, shorter, replace):
        return next(self.kept)

    def used_up(self):
        return all(next(x, None) is None for x in (self.mixed, self.biases, self.kept))


def network(activation, widths=(6, 6, 6), features=9, outputs=4, dtype=WIDE):
    layers = [keras.layers.Dense(n, activation, dtype=dtype) for n in widths]
    return keras.Sequential(
        [keras.Input((features,)), *layers, keras.layers.Dense(outputs, dtype=dtype)]
    )


@pytest.mark.parametrize("activation", variants("lsc/ffn_pretrain_*"))
def test_nine_steps_repeat_the_record(activation, golden):  # LSC rows 29 to 31
    archive = golden(f"lsc/ffn_pretrain_{activation}")
    count = len(keys(archive, r"w_start_0_(\d+)"))
    weights = [archive[f"w_start_0_{j}"] for j in range(count)]
    function = activation if activation == "relu" else getattr(ops, activation)
    features, *widths, outputs = [len(w) for w in weights[::2]] + [len(weights[-1])]
    model, rng = network(function, widths, features, outputs), Scripted(archive)
    model.set_weights(weights)
    procedure = PublishedFFN(model, rng=rng)

    def check(name):
        for j, ours in enumerate(values_of(model.weights)):
            # The record is of float32.
            np.testing.assert_allclose(
                ours, archive[f"{name}_{j}"], rtol=0, atol=2e-6, err_msg=name
            )

    for step, (shuffle, rescale) in enumerate(archive["draws"]):
        check(f"w_start_{step}")
        position = archive["pairs"][step][0]
        measured = procedure.measure(position, archive["x"][step])
        radii = archive["radii"][step]
        np.testing.assert_allclose(measured.radii, radii, rtol=0, atol=5e-6)
        assert measured.loss == pytest.approx(archive["losses"][step], abs=5e-6)
        procedure.update(procedure.variables, procedure.gradients(measured))
        if shuffle > 0.8:
            shuffle_entries(procedure.variables, rng)
        if rescale > 0.66:
            procedure.rescale(measured.segment, measured.radii.mean())
    check("w_final")
    assert rng.used_up()


def run(averages, **options):
    """What comes of given averages of radii, and the weights kept."""
    procedure = PublishedFFN(network("relu", dtype="float32"), **options)
    weights = procedure.variables[0]
    marks, last, out = [], None, []
    for average in averages:  # what the radius has to be for this average of four
        out.append(average if last is None else last + 4 * (average - last))
        last = average

    def measure(position, batch):
        weights.assign(np.full(weights.shape, len(marks)))
        marks.append(batch)
        return SimpleNamespace(radii=np.array([batch]), loss=0.0)

    procedure.measure, procedure._move = measure, lambda *_: True
    outcome = procedure.run(out)
    return outcome, float(weights[0, 0])


def test_it_stops_after_more_than_ten_steps_within_two_percent():  # LSC row 32
    outcome, _ = run([1.019] * 60)
    assert outcome.stopped
    # With four dense layers the spread 0.75^k is below 0.4 from the fourth step on.
    assert len(outcome.iterations) == 3 + 11
    outcome, _ = run([1.021] * 60)
    assert not outcome.stopped


def test_the_best_weights_are_kept_or_the_last():  # LSC row 32
    averages = [1.2] * 6 + [1.1, 1.15, 1.15]
    outcome, kept = run(averages)
    assert outcome.best_mean == pytest.approx(1.1)
    assert kept == 5  # those before the seventh step
    assert run(averages, keep="last")[1] == 8


def test_thirty_steps_without_better_weights_put_the_best_back():
    outcome, _ = run([1.2] * 6 + [1.1] + [1.15] * 40, keep="last")
    at = [i for i, step in enumerate(outcome.iterations) if not step["accepted"]]
    assert at == [6 + 31]


def test_kernels_grow_faster_far_below_the_target():  # LSC row 31
    for radius, expected in ((0.49, 1 / 0.49), (0.51, 1.15), (0.2, 3.0), (1.5, 0.85)):
        model = network("relu")
        procedure = PublishedFFN(model)
        before = values_of(model.weights)
        procedure.rescale(procedure.segments.segment(1), radius)
        np.testing.assert_allclose(values_of(model.weights)[2], expected * before[2])


def test_what_is_no_chain_is_refused_by_the_layer():
    layers = [keras.layers.Dense(3), keras.layers.LayerNormalization(name="norm")]
    with pytest.raises(ValueError, match="'norm' of class LayerNormalization"):
        PublishedFFN(keras.Sequential([keras.Input((3,)), *layers]))
    with pytest.raises(ValueError, match="one activation between each two"):
        PublishedFFN(network(None))
