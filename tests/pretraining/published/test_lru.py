"""The published pre-training of linear recurrent units, at a point on record."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import LRUBlock
from keras_nonnormal.pretraining.published.lru import PublishedLRU
from keras_nonnormal.pretraining.published.lru_scan import PublishedLRUScan
from keras_nonnormal.pretraining.published.variants import jacobian_loss, scalars
from keras_nonnormal.pretraining.targets import resolve_targets
from keras_nonnormal.pretraining.variables import values_of

WIDE = keras.backend.backend() != "jax"  # which rounds float64 to float32


@pytest.fixture(scope="module")
def archive(golden):
    return golden("lsc/lru")


@pytest.fixture(scope="module")
def model(archive):
    units = archive["lsc_input"].shape[-1]
    blocks = [LRUBlock(units, dtype="float64") for _ in range(2)]
    return keras.Sequential([keras.Input((None, units), dtype="float64"), *blocks])


@pytest.fixture(scope="module")
def procedure(model, archive):
    return PublishedLRU(model, (0.5, 0.5), batch_size=len(archive["lsc_input"]))


@pytest.fixture
def recorded(model, archive):
    for i, block in enumerate(model.layers):
        count = len(block.trainable_weights)
        block.set_weights([archive[f"res{i}_w_{j}"] for j in range(count)])
    return archive


def test_both_jacobians_repeat_the_record(model, recorded, procedure):  # LSC row 35
    frame, *states = (
        recorded[f"lsc_{name}"].astype("float64")
        for name in ("input", "s1_re", "s1_im", "s2_re", "s2_im")
    )
    a, b = procedure.cells
    found = procedure.jacobians(a, b, frame[:, 0], states[:2], states[2:])
    radii = {}
    for kind, jacobian, letter in zip(("rec", "depth"), found, "tl", strict=True):
        np.testing.assert_allclose(jacobian, recorded[f"M{letter}"], atol=1e-6)
        radii[kind] = scalars(jacobian)
        np.testing.assert_allclose(radii[kind], recorded[f"rho_{letter}"], atol=2e-6)
    assert radii["rec"] == pytest.approx(
        np.exp(-np.exp(values_of([a.core.nu])[0])).max()
    )
    for name in ("one", "half", "unbalanced"):  # LSC row 36
        targets = resolve_targets(name, ["rec", "depth"], time=100, depth=3)
        assert list(targets.values()) == pytest.approx(recorded[f"targets_{name}"])
        for kind, letter in (("rec", "t"), ("depth", "l")):
            loss = jacobian_loss(radii[kind], targets[kind])
            assert loss == pytest.approx(recorded[f"loss_{letter}_{name}"], abs=1e-6)
    after = PublishedLRU(model, (1.0, 1.0), along_time=False)
    part = after.jacobians(a, b, frame[:, 0], states[:2], states[2:])
    np.testing.assert_allclose(
        part[1] @ part[0], found[1], atol=1e-12 if WIDE else 1e-6
    )


def test_scaling_and_exchange_of_a_pair(model, recorded):  # LSC row 36
    procedure = PublishedLRU(model, (0.5, 1.0), rng=np.random.default_rng(0))
    a, b = procedure.cells
    before = [values_of(cell.trainable_variables) for cell in (a, b)]
    # Mean of ratios: (0.5 / 0.4 + 0.5 / 0.6) / 2 is 1.04; 1 / 4 is out of bounds.
    procedure.rescale(a, b, np.array([0.4, 0.6]), np.array([4.0]))
    after = [values_of(cell.trainable_variables) for cell in (a, b)]
    ratios = [
        [float(np.mean(x / y)) for x, y in zip(*pair, strict=True)]
        for pair in zip(after, before, strict=True)
    ]
    nu = 0.5 * (0.5 / 0.4 + 0.5 / 0.6)
    assert ratios[0][:8] == pytest.approx([1, 1, 1, 1, 1, nu, 1, 1])
    assert ratios[1][:8] == pytest.approx([0.95] * 4 + [1, nu, 1, 1])
    for exchange in (False, True):
        procedure.exchange = exchange
        old = [values_of([cell.core.skip])[0] for cell in (a, b)]
        procedure.mix(a, b)
        lower, upper = (values_of([cell.core.skip])[0] for cell in (a, b))
        assert (np.sort(upper) == np.sort(old[1])).all() != exchange
        together = np.concatenate([lower, upper])
        kept = np.sort(together) == np.sort(np.concatenate(old))
        assert kept.all() == exchange


def test_radii_come_nearer_and_seeds_repeat(model, procedure):  # LSC row 36
    keras.utils.set_random_seed(0)
    start = keras.models.clone_model(model).get_weights()
    losses = []
    for iterations in (25, 3):
        model.set_weights(start)
        procedure.rng = np.random.default_rng(1)
        losses.append(procedure.run(iterations).losses)
    assert losses[0][:3] == losses[1]
    assert np.mean(losses[0][-5:]) < 0.7 * np.mean(losses[0][:3])


def test_steps_of_the_scan_follow_the_gradient_of_its_loss(model, recorded):
    # LSC row 37
    procedure = PublishedLRUScan(model, (0.5, 0.4), batch_size=3)
    procedure.length = 2  # half as much to trace
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 2 * recorded["lsc_input"].shape[-1]))
    values = values_of(procedure.cells[0].trainable_variables)
    directions = [rng.normal(size=v.shape) for v in values]

    def loss_at(step):
        moved = [v + step * d for v, d in zip(values, directions, strict=True)]
        return procedure.loss(np.array(procedure._jacobian(moved, x)))

    radii, _, cotangent = loss_at(0)
    assert list(radii) == ["rec", "depth"]
    gradients = procedure._gradient(values, x, cotangent)
    along = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    step, error = (1e-5, 1e-6) if WIDE else (1e-3, 1e-2)
    difference = (loss_at(step)[1] - loss_at(-step)[1]) / (2 * step)
    assert along == pytest.approx(difference, rel=error)
    before = model.get_weights()
    assert not procedure.run(2).stopped
    moved = zip(model.get_weights(), before, strict=True)
    assert any((ours != theirs).any() for ours, theirs in moved)
    procedure.tolerance = 10.0
    outcome = procedure.run()
    assert outcome.stopped
    assert len(outcome.iterations) == 1


def test_an_error_leaves_the_weights_as_they_were(
    model, recorded, procedure, monkeypatch
):
    before, calls = model.get_weights(), []

    def mix(a, b):
        calls.append(None)
        if len(calls) == 2:
            raise RuntimeError

    monkeypatch.setattr(procedure, "mix", mix)
    with pytest.raises(RuntimeError):
        procedure.run()
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_other_models_are_refused():
    blocks = [LRUBlock(4), LRUBlock(6)]
    with pytest.raises(ValueError, match=r"units \[4, 6\]"):
        PublishedLRU(keras.Sequential([keras.Input((None, 4)), *blocks]), (0.5, 0.5))
