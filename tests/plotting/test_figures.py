"""Row 43: figures of what models learnt; row 42: figure 1."""

import numpy as np
import pytest

from keras_nonnormal import analysis, plotting
from tests.plotting.helpers import saved


def legend(axes_or_figure):
    """What its first legend says."""
    holder = axes_or_figure
    found = holder.get_legend() if hasattr(holder, "get_legend") else holder.legends[0]
    return [text.get_text() for text in found.get_texts()]


def test_transients_have_a_line_per_setting_in_both_panels(tmp_path):  # Row 42, F1a
    statistics = {
        (alpha, beta): analysis.transient_statistics(
            analysis.delay_line(20, alpha, beta), steps=30
        )
        for alpha in (0.95, 1.05)
        for beta in (0.0, 0.005)
    }
    figure = saved(plotting.transient_curves(statistics, steps=25), tmp_path)
    units, norms = figure.axes
    for axes, name in ((units, "unit_std"), (norms, "norm")):
        assert len(axes.get_lines()) == 4
        for line, moments in zip(axes.get_lines(), statistics.values(), strict=True):
            drawn, values = line.get_ydata(), getattr(moments, name)
            np.testing.assert_array_equal(drawn[:20], values[:20])
            assert np.isnan(drawn[20:]).all()  # the line is empty, the logarithm -inf
        assert axes.get_yscale() == "log"
        assert axes.get_xlim() == (0, 25)
        assert axes.get_xlabel() == "step k"
    assert units.get_ylabel() == "standard deviation of a unit"
    assert norms.get_ylabel() == "norm of the state"
    assert legend(figure) == ["α = 0.95", "α = 1.05", "β = 0", "β = 0.005"]


def test_colours_tell_beta_and_dashes_alpha():
    curves = {(alpha, beta, 0.0): np.ones(5) for alpha in (1, 2) for beta in (3, 4)}
    lines = plotting.fisher_curves(curves).axes[0].get_lines()
    looks = [(line.get_color(), line._unscaled_dash_pattern) for line in lines]
    (blue, solid), (orange, also_solid), (also_blue, dashed), _ = looks
    assert blue == also_blue != orange
    assert solid == also_solid != dashed


def test_fisher_curves_have_a_panel_per_diagonal_and_name_the_totals(tmp_path):  # F1b
    curves = {
        (alpha, 0.0, d): analysis.fisher_memory_curve(
            analysis.delay_line(10, alpha, 0.0, d), 12
        )
        for d in (0.0, 0.2)
        for alpha in (1.0, 1.05)
    }
    left, right = saved(plotting.fisher_curves(curves), tmp_path).axes
    assert [left.get_title(loc="left"), right.get_title(loc="left")] == [
        "d = 0",
        "d = 0.2",
    ]
    for axes in (left, right):
        assert len(axes.get_lines()) == 2
        assert axes.get_yscale() == "log"
        assert axes.get_ylim() == (5e-3, 1.0)
        assert axes.get_xlabel() == "steps back k"
        assert axes.get_ylabel() == "Fisher memory J(k)"
    assert f"= {curves[1.05, 0.0, 0.2].sum():.2f}" in legend(right)[1]
    np.testing.assert_array_equal(
        right.get_lines()[0].get_ydata(), curves[1.0, 0.0, 0.2]
    )


def test_theta_is_drawn_transposed_with_its_folded_angles(tmp_path):  # Row 43, F6
    theta = np.array([1.0, -1.1, 2.0, 7.0])
    matrix = analysis.schur_matrix(theta, upper=np.full((8, 8), 0.03))
    figure = saved(plotting.theta_heat_map(matrix, theta, title="copy"), tmp_path)
    axes = figure.axes[0]
    (image,) = axes.get_images()
    np.testing.assert_array_equal(image.get_array(), matrix.T)
    assert image.get_array()[7, 0] == 0.03
    assert image.get_array()[0, 7] == 0  # lower triangular
    assert image.get_clim() == (-0.1, 0.1)
    assert axes.get_title(loc="left") == "copy"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("from mode", "to mode")
    (inset,) = axes.child_axes
    assert inset.get_xlim() == (0, np.pi)
    heights = [bar.get_height() for bar in inset.patches]
    edges = np.linspace(0, np.pi, len(heights) + 1)
    expected, _ = np.histogram([1.0, 1.1, 2.0, 7.0 - 2 * np.pi], edges)
    np.testing.assert_array_equal(heights, expected)


def test_theta_needs_a_range():
    with pytest.raises(ValueError, match=r"`limit` must be positive\. Received: 0"):
        plotting.theta_heat_map(np.eye(2), [0.0], limit=0)


def test_spectra_show_every_eigenvalue_and_the_unit_circle(tmp_path):  # Row 43, F7
    theta, gamma = np.array([0.5, 2.0, 9.0]), np.array([0.9, 1.0, 1.05])
    values = {
        "start": analysis.schur_eigenvalues(theta),
        "epoch 10": analysis.schur_eigenvalues(theta, gamma),
    }
    figure = saved(
        plotting.spectra(
            values,
            gammas={"start": np.ones(3), "epoch 10": gamma},
            thetas={"start": theta, "epoch 10": theta},
            title="nnRNN",
        ),
        tmp_path,
    )
    plane, moduli, angles = figure.axes
    for points, expected in zip(plane.collections, values.values(), strict=True):
        np.testing.assert_allclose(points.get_offsets() @ [1, 1j], expected)
    (circle,) = plane.patches
    assert (circle.center, circle.radius) == ((0, 0), 1)
    assert plane.get_aspect() == 1
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("Re λ", "Im λ")
    assert moduli.get_xlabel() == "modulus γ"
    assert angles.get_xlabel() == "angle |θ|"
    assert angles.get_xlim() == (0, np.pi)
    for axes in (moduli, angles):
        counts = [patch.get_data().values.sum() for patch in axes.patches]
        assert counts == [3, 3, 3, 3]  # an outline and its filling, twice
    assert legend(figure) == ["start", "epoch 10"]


def test_eigenvalues_beyond_the_unit_circle_stay_in_the_picture():
    axes = plotting.spectra({"RNN": np.array([3j, -3j])}).axes
    assert len(axes) == 1  # no histograms were asked for
    assert axes[0].get_ylim()[1] > 3


def test_gradient_norms_have_the_median_and_a_band(tmp_path):  # Row 43, F8
    batch = 10.0 ** np.arange(-3, 2)[:, None] * np.exp(0.1 * np.arange(6))
    batch[:, 0] = 0.0  # nothing of the gradient reaches the first step
    figure = saved(
        plotting.gradient_norm_curves(
            {"nnRNN": batch, "LSTM": np.ones(6)}, title="psMNIST"
        ),
        tmp_path,
    )
    (axes,) = figure.axes
    several, single = axes.get_lines()
    np.testing.assert_array_equal(several.get_xdata(), [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(several.get_ydata()[1:], np.median(batch, axis=0)[1:])
    assert np.isnan(several.get_ydata()[0])
    np.testing.assert_array_equal(single.get_ydata(), np.ones(6))
    assert len(axes.collections) == 1
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "step t"
    assert axes.get_ylabel().startswith("gradient norm")
    assert legend(axes) == ["nnRNN", "LSTM"]


def test_gradients_that_are_no_norms_are_refused():
    with pytest.raises(ValueError, match=r"Received: shape \(2, 3, 4\) for 'nnRNN'"):
        plotting.gradient_norm_curves({"nnRNN": np.ones((2, 3, 4))})


def test_published_state_gradients_can_be_drawn(golden):  # Rows 29 and 43
    norms = golden("nnrnn/smnist_step")["grad_norm_h"]
    (line,) = plotting.gradient_norm_curves({"nnRNN": norms}).axes[0].get_lines()
    assert len(line.get_xdata()) == norms.shape[-1]
