"""Row 42: transients of the delay line."""

import numpy as np
import pytest

from keras_nonnormal.analysis import (
    delay_line,
    gaussian_starts,
    transient_statistics,
)


def test_delay_line_is_the_notebooks_matrix(golden):
    np.testing.assert_array_equal(
        delay_line(4, 2, 3, 1), golden("nnrnn/figure1")["theta_example"]
    )


def test_transients_are_those_of_the_notebook(golden):  # Row 42
    figure = golden("nnrnn/figure1")
    units = int(figure["N"])
    starts = gaussian_starts(units, int(figure["num_points"]), int(figure["seed"]))
    for i, alpha in enumerate(figure["alpha"]):
        for j, beta in enumerate(figure["beta"]):
            moments = transient_statistics(
                delay_line(units, alpha, beta, float(figure["d_transient"])), starts
            )
            # 1e-9 of each value: both sides are sums of rounded products. The spread
            # of the start norms, all 1, is rounding itself.
            for ours, theirs in (
                ((moments.unit_std, moments.unit_std_spread), "neuron_std_mean_sd"),
                ((moments.norm, moments.norm_spread), "norm_mean_sd"),
            ):
                np.testing.assert_allclose(
                    np.stack(ours, axis=-1), figure[theirs][i, j], rtol=1e-9, atol=1e-14
                )


def test_the_default_starts_are_the_published_ones():
    matrix = delay_line(30, 1.0)
    ours = transient_statistics(matrix, steps=3)
    same = transient_statistics(matrix, gaussian_starts(30, 1000, seed=4), steps=3)
    np.testing.assert_array_equal(ours.norm, same.norm)


def test_starts_have_length_1():
    starts = gaussian_starts(7, 20)
    assert starts.shape == (7, 20)
    np.testing.assert_allclose(np.linalg.norm(starts, axis=0), 1)


def test_orthogonal_maps_keep_norms():
    orthogonal, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))
    moments = transient_statistics(orthogonal, steps=50)
    np.testing.assert_allclose(moments.norm, 1)
    np.testing.assert_allclose(moments.norm_spread, 0, atol=1e-12)


def test_a_delay_line_is_empty_after_as_many_steps_as_units():
    moments = transient_statistics(delay_line(5, 2.0), np.eye(5), steps=7)
    np.testing.assert_allclose(
        moments.norm, [1, 8 / 5, 12 / 5, 16 / 5, 16 / 5, 0, 0]
    )  # step k: 5 - k of 5 unit vectors are still there, 2^k long
    assert moments.unit_std[5] == 0


@pytest.mark.parametrize("shape", [(3, 10), (4,), (4, 1)])
def test_starts_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`starts` must hold .* Received: shape"):
        transient_statistics(np.eye(4), np.ones(shape))
