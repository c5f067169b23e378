"""What is measured of a Jacobian, and how that follows its entries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from keras_nonnormal.pretraining.published import sampling
from keras_nonnormal.pretraining.published import variants as radius
from tests.golden import keys, number, variants

# Names in the archive of reference arrays.
GOLDEN = {
    "radius": "radius",
    "logradius": "logradius",
    "norm1": "l1",
    "norm2": "l2",
    "norminf": "linf",
    "frobenius": "frobenius",
}


def directional(function, jacobians, directions, size=1e-6):
    forward = function(jacobians + size * directions)
    return (forward - function(jacobians - size * directions)) / (2 * size)


@pytest.mark.parametrize("variant", GOLDEN)
def test_scalars_losses_and_gradients_of_cells(golden, variant):  # LSC rows 8, 9, 10
    stored = golden("lsc/cell_jacobians")
    name = GOLDEN[variant]
    for cell in stored["cells"]:
        jacobians = stored[f"{cell}_J_state"].astype(float)
        values, gradients = radius.scalars_and_gradients(jacobians, variant)
        alone = radius.scalars(jacobians, variant)
        np.testing.assert_allclose(alone, values, rtol=1e-14)
        # The originals are of single precision.
        np.testing.assert_allclose(
            np.abs(values), stored[f"{cell}_{name}"], rtol=5e-6, atol=2e-6
        )
        targets = keys(stored, rf"{cell}_{name}_loss_t(\w+)")
        assert targets
        for target in targets:
            loss = radius.jacobian_loss(values, number(target))
            expected = stored[f"{cell}_{name}_loss_t{target}"]
            assert loss == pytest.approx(expected, rel=1e-5, abs=5e-6)
        directions = np.random.default_rng(0).normal(size=jacobians.shape)
        dead = ~jacobians.any(axis=(1, 2))
        assert not gradients[dead].any()
        slopes = directional(
            lambda each: radius.scalars(each, variant), jacobians, directions
        )
        np.testing.assert_allclose(
            np.sum(gradients * directions, axis=(1, 2))[~dead], slopes[~dead], rtol=1e-6
        )


def test_gradient_is_right_beside_many_zero_eigenvalues():  # LSC row 10
    rng = np.random.default_rng(1)
    chain = np.eye(12, k=1)
    product = rng.normal(size=(12, 2)) @ rng.normal(size=(2, 12))
    jacobians = np.stack([product, np.pad(rng.normal(size=(2, 2)), (0, 10)) + chain])
    jacobians[1, :2, :2] = [[0.3, -0.9], [0.8, 0.1]]
    _, gradients = radius.scalars_and_gradients(jacobians)
    directions = rng.normal(size=jacobians.shape)
    np.testing.assert_allclose(
        np.sum(gradients * directions, axis=(1, 2))[0],
        directional(radius.scalars, jacobians, directions)[0],
        rtol=1e-6,
    )
    assert np.isfinite(gradients).all()
    assert gradients[1].any()


def test_gradient_where_the_radius_has_none():  # LSC row 10
    jacobians = [
        np.zeros((3, 3)),
        np.eye(3, k=1),
        np.eye(3) + np.eye(3, k=1),
        np.eye(3),
    ]
    values, gradients = radius.scalars_and_gradients(jacobians)
    np.testing.assert_array_equal(values, [0, 0, 1, 1])
    assert not gradients[:3].any()  # zero, nilpotent, defective
    # A repeated eigenvalue has one of its eigenvectors followed.
    assert np.trace(gradients[3]) == pytest.approx(1)
    assert np.linalg.matrix_rank(gradients[3]) == 1


@settings(max_examples=20)
@given(
    arrays.arrays(
        float, (2, 3, 3), elements=st.floats(-2, 2).map(lambda x: round(x, 2))
    )
)
def test_gradient_of_a_scaled_jacobian_is_its_radius(jacobians):  # LSC row 10
    """Euler's theorem, <dρ/dJ, J> = ρ, or 0 where there is none."""
    values, gradients = radius.scalars_and_gradients(jacobians)
    products = np.sum(gradients * jacobians, axis=(1, 2))
    none = ~gradients.any(axis=(1, 2))
    np.testing.assert_allclose(products, np.where(none, 0, values), atol=1e-5)


def test_other_scalars():  # LSC row 8
    jacobians = np.array([[[0.0, 2.0], [-2.0, 0.0]], [[3.0, 0.0], [0.0, -1.0]]])
    rng = np.random.default_rng(2)
    sampled = radius.scalars(jacobians, "sampled", samples=2000, rng=rng)
    np.testing.assert_allclose(sampled, [2, 3], rtol=1e-3)
    assert (sampled <= [2 + 1e-12, 3]).all()
    for order, expected in ((1, [4, 4]), (2, np.sqrt([8, 10])), (np.inf, [2, 3])):
        found = radius.scalars(jacobians, "entrywise", order=order)
        np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(
        radius.scalars(jacobians, "supnpsd"), 1 + np.log([4, 3]), rtol=1e-6
    )
    np.testing.assert_allclose(
        np.sort(radius.scalars(jacobians, "supsubnpsd")),
        [[0, 0], [-1, 3]],
        atol=1e-15,
    )
    np.testing.assert_allclose(
        np.sort(radius.scalars(jacobians, "supsubnpsd", magnitude=True)),
        [[2, 2], [1, 3]],
    )
    assert radius.imaginary_penalty(jacobians) == pytest.approx((2 + 2) / 4 / 4)
    # zᵀJz is 0 of the first and 4 cos² - 1 of the second; where is that negative?
    angles = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    expected = np.maximum(1 - 4 * np.cos(angles) ** 2, 0).mean() / 8
    penalty = radius.semidefinite_penalty(jacobians, samples=50_000, rng=rng)
    assert penalty == pytest.approx(expected, rel=0.02)


def test_rectangular_jacobians_have_half_the_norm_for_a_radius():  # LSC row 8
    jacobians = np.random.default_rng(3).normal(size=(2, 5, 3))
    norms = radius.scalars(jacobians, "norm2")
    values, gradients = radius.scalars_and_gradients(jacobians, "logradius")
    np.testing.assert_allclose(values, 1 + np.log(1e-8 + norms / 2))
    np.testing.assert_allclose(np.sum(gradients * jacobians, axis=(1, 2)), 1, rtol=1e-7)


def test_squares_are_taken_before_the_mean():  # LSC row 9
    assert radius.jacobian_loss([0.5, 1.5], 1.0) == 0.25
    assert radius.jacobian_loss([[0.5, 1.5], [1.0, 1.0]], 1.0) == 0.125


@pytest.mark.parametrize(("net", "label"), variants("lsc/pretrain_*_t*"))
def test_sampling_with_given_indices(golden, net, label):  # LSC row 7
    rng = np.random.default_rng(4)
    stored = golden(f"lsc/pretrain_{net}_t{label}")
    samples = keys(stored, r"sample_(\d+)_idx")
    assert samples
    for sample in samples:
        indices = stored[f"sample_{sample}_idx"]
        short, long = len(indices), int(indices.max()) + 2
        tall = stored[f"sample_{sample}_axis"] == 1
        shape = (long, short) if tall else (short, long)
        jacobians = rng.normal(size=(3, *shape))
        part, axis, kept = sampling.square(jacobians, indices)
        assert axis == stored[f"sample_{sample}_axis"]
        np.testing.assert_array_equal(kept, indices)
        rows = jacobians[:, indices] if axis == 1 else jacobians[:, :, indices]
        np.testing.assert_array_equal(part, rows)


def test_sampling_draws_every_row_as_often():  # LSC row 7
    jacobians, rng = np.arange(10.0).reshape(1, 5, 2), np.random.default_rng(5)
    counts = np.zeros(5)
    for _ in range(500):
        part, axis, kept = sampling.square(jacobians, rng=rng)
        assert axis == 1
        assert kept[0] < kept[1]
        np.testing.assert_array_equal(part[0, :, 0], 2 * kept)
        counts[kept] += 1
    assert (np.abs(counts - 200) < 5 * np.sqrt(500 * 0.4 * 0.6)).all()
    same, axis, kept = sampling.square(jacobians[:, :2])
    assert same.shape == (1, 2, 2)
    assert axis is None
    assert kept is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: radius.scalars(np.ones((2, 3, 2))), "must be square for 'radius'"),
        (lambda: radius.scalars(np.ones((3, 3))), r"shape \(batch, out, in\)"),
        (lambda: radius.scalars([[[np.nan]]]), "must be finite. Received: 1 entries"),
        (lambda: radius.scalars([[[1.0]]], "norm3"), "must be one of"),
        (lambda: radius.scalars_and_gradients([[[1.0]]], "sampled"), "for gradients"),
        (lambda: sampling.square(np.ones((1, 3, 2)), [0, 0]), "2 different integers"),
        (lambda: sampling.square(np.ones((1, 3, 2)), [0, 3]), "from 0 to 2"),
    ],
)
def test_bad_jacobians_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
