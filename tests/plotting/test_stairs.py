"""Figures of stairs: fixed ones, exp-alpha, and what was learnt."""

import numpy as np
import pytest
from scipy.special import lambertw

from keras_nonnormal import plotting, stair_heights
from keras_nonnormal.activations.schedules import SCHEDULES
from keras_nonnormal.analysis import gradient_bounds
from tests.plotting.helpers import saved, words

FLOAT32 = np.finfo(np.float32).smallest_subnormal


def all_heights(steps):
    return {name: stair_heights(name, np.arange(float(steps))) for name in SCHEDULES}


def test_schedules_have_their_factors_and_products(tmp_path):
    heights = all_heights(784)
    figure = saved(plotting.stair_schedules(heights), tmp_path)
    factors, products = figure.axes
    for line, (name, rho) in zip(factors.get_lines(), heights.items(), strict=False):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), rho)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 785))
    for line, rho in zip(products.get_lines(), heights.values(), strict=False):
        np.testing.assert_allclose(line.get_ydata(), np.abs(np.cumprod(rho)))
    assert products.get_yscale() == "log"
    assert products.get_ylim()[0] < FLOAT32 < products.get_ylim()[1]
    assert products.get_lines()[-1].get_ydata()[0] == FLOAT32
    said = words(products.get_legend())
    assert said[0] == "expn:  0.798"
    assert said[4].startswith("logn:  −")
    assert said[4].endswith("(negative)")
    assert sum("negative" in each for each in said) == 1


@pytest.mark.parametrize("steps", [1, 30, 3000])
def test_stairs_of_any_length_can_be_drawn(tmp_path, steps):
    """Also where a product is 0 in double precision."""
    heights = all_heights(steps)
    _, products = saved(plotting.stair_schedules(heights), tmp_path).axes
    bounds = {name: gradient_bounds(rho) for name, rho in heights.items()}
    saved(plotting.stair_gradients(bounds, heights), tmp_path)
    if steps == 3000:
        assert np.isnan(products.get_lines()[5].get_ydata()[-1])
        assert words(products.get_legend())[5] == "sqrtlogn:  below 2e-308"
    # Single precision's end is shown only if something goes there.
    drawn = len(products.get_lines())
    assert drawn == (7 if steps == 3000 else 6)


def test_gradients_through_stairs_have_their_bounds_beside_them(tmp_path):
    heights = {name: all_heights(50)[name] for name in ("n", "logn")}
    heights["none"] = np.ones(50)
    norms = {name: 0.9 * gradient_bounds(rho) for name, rho in heights.items()}
    figure = plotting.stair_gradients(norms, heights, title="orthogonal")
    whole, top = saved(figure, tmp_path).axes
    assert figure.get_suptitle() == "orthogonal"
    for axes in (whole, top):
        lines = axes.get_lines()[:6]
        for curve, bound, name in zip(lines[::2], lines[1::2], heights, strict=True):
            np.testing.assert_array_equal(curve.get_ydata(), norms[name])
            exact = gradient_bounds(heights[name])
            np.testing.assert_array_equal(bound.get_ydata(), exact)
            assert bound.get_linestyle() == ":"
            assert curve.get_color() == bound.get_color()
        assert axes.get_yscale() == "log"
        assert axes.get_xlabel() == "step t"
    (legend,) = figure.legends
    assert words(legend) == [*heights, "product of all later factors"]


def test_exp_alpha_is_thick_and_shaded_where_it_contracts(tmp_path):
    low, high = 1 - lambertw(2 * np.e).real, 1.0
    figure = saved(plotting.exp_alpha_curves([0.25, 2.0], span=(-3, 3)), tmp_path)
    values, slopes = figure.axes
    _, thick, _, other, _ = values.get_lines()
    assert words(values.get_legend()) == ["α = 0.25", "α = 2"]
    z = thick.get_xdata()
    np.testing.assert_allclose(z[[0, -1]], [low / 0.25, 3.0])  # to the picture's end
    np.testing.assert_allclose(other.get_xdata()[[0, -1]], [low / 2, high / 2])
    np.testing.assert_allclose(thick.get_ydata(), (1 - np.exp(-0.25 * z)) * z)
    (shade,) = slopes.patches
    np.testing.assert_allclose([shade.get_x(), shade.get_width()], [low, high - low])
    curve = max(slopes.get_lines(), key=lambda line: len(line.get_xdata()))
    u = curve.get_xdata()
    inside = (u > low) & (u < high)
    assert (np.abs(curve.get_ydata()[inside]) < 1).all()
    assert (np.abs(curve.get_ydata()[~inside]) >= 1).all()
    assert any("1 − W(2e) = −0.3748" in text.get_text() for text in slopes.texts)


def test_heights_that_are_not_positive_are_refused():
    with pytest.raises(ValueError, match=r"`alphas` must be positive.*\(1, 0\)"):
        plotting.exp_alpha_curves([1, 0])


def test_learnt_stairs_are_coloured_by_epoch(tmp_path):
    epochs = {n: np.full(5, 1 + n / 10) for n in (1, 2, 5)}
    figure = plotting.learned_stair(
        epochs[5], start=np.ones(5), epochs=epochs, title="copy"
    )
    axes, bar = saved(figure, tmp_path).axes
    *noted, start, trained = axes.get_lines()
    assert len({tuple(line.get_color()) for line in noted}) == 3
    for line, values in zip(noted, epochs.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata().T, [range(5), values])
    assert (start.get_label(), trained.get_label()) == ("start", "trained")
    assert (axes.get_xlabel(), bar.get_ylabel()) == ("step j", "epoch")
    assert bar.get_ylim() == (1, 5)
    assert axes.get_title(loc="left") == "copy"


@pytest.mark.parametrize("epochs", [None, {}, {7: np.ones(1)}])
def test_little_that_was_noted_can_be_drawn(tmp_path, epochs):
    saved(plotting.learned_stair([0.5], epochs=epochs), tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trained": [[1]]}, r"`trained` must have shape \(time,\)"),
        ({"trained": [1], "start": [1, 2]}, r"`start` must have shape \(1,\)"),
        ({"trained": [1], "epochs": {3: [1, 2]}}, r"`epochs\[3\]` must have shape"),
    ],
)
def test_stairs_of_other_shapes_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        plotting.learned_stair(**settings)
