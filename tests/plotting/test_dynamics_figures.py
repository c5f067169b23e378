"""Row A34: figures of what networks do, R5, R6 and R8 to R12."""

import numpy as np
import pytest

from keras_nonnormal import plotting
from keras_nonnormal.activations import gamma_slopes
from tests.plotting.helpers import saved, words

SIZES = (0.5, 2.5, 10.0)
DRIVE = (3, 6)


def signals(seed=0, width=()):
    rng = np.random.default_rng(seed)
    return {size: rng.normal(size=(10, *width)) for size in SIZES}


def test_exponents_descend_from_start_and_from_training(tmp_path):  # Row A34, R5
    trained = {"RNN": np.array([-1.0, 0.5, -np.inf, -3.0]), "LSTM": np.array([0.1])}
    starts = {"RNN": np.array([0.0, -0.5, -1.0, -2.0])}
    largest = {
        "RNN": [(0, 0.0, 0.1), (25, 0.2, 0.2), (50, 0.5, 0.1)],
        "LSTM": [(50, 0.1, 0.0), (60, -np.inf, np.nan)],
    }
    figure = saved(
        plotting.lyapunov_spectra(
            trained, starts=starts, largest=largest, title="copy"
        ),
        tmp_path,
    )
    spectrum, maximal = figure.axes
    after, before, single = spectrum.get_lines()[:3]
    np.testing.assert_array_equal(after.get_xydata(), [[1, 0.5], [2, -1], [3, -3]])
    np.testing.assert_array_equal(before.get_ydata(), starts["RNN"])
    assert (after.get_linestyle(), before.get_linestyle()) == ("-", "--")
    assert after.get_color() == before.get_color() != single.get_color()
    assert single.get_marker() == "o"  # a line of one point would not be seen
    assert spectrum.get_ylabel() == "exponent, bits a step"
    bars, other = maximal.containers
    np.testing.assert_array_equal(
        bars[0].get_xydata(), [row[:2] for row in largest["RNN"]]
    )
    np.testing.assert_allclose(
        [segment[:, 1] for segment in bars[2][0].get_segments()],
        [[-0.1, 0.1], [0.0, 0.4], [0.4, 0.6]],
        atol=1e-15,
    )
    np.testing.assert_array_equal(other[0].get_xydata(), [[50, 0.1]])
    assert words(figure.legends[0]) == ["RNN", "LSTM", "at the start"]


def test_very_negative_exponents_do_not_flatten_the_figure():
    figure = plotting.lyapunov_spectra({"a": np.array([0.3, -1e4])}, base=np.e)
    (axes,) = figure.axes  # nothing was said of any other time
    assert -25 < axes.get_ylim()[0] < -15
    assert axes.get_ylabel() == "exponent, nats a step"


def test_exponents_under_a_drive_are_by_step_and_by_size(tmp_path):  # Row A34, R5
    exponents = {
        (way, size): {step: size - step + bias for step in (0, 50, 100)}
        for way, bias in (("adaptive", 0.0), ("fixed", 7.0))
        for size in SIZES
    }
    left, right = saved(plotting.driven_exponents(exponents), tmp_path).axes
    curves, others = left.get_lines()[:6], right.get_lines()[:6]
    np.testing.assert_array_equal(
        curves[4].get_xydata(), [(step, 2.5 - step + 7) for step in (0, 50, 100)]
    )
    np.testing.assert_array_equal(
        others[2].get_xydata(), [(size, size - 50) for size in SIZES]
    )
    assert curves[4].get_color() == curves[1].get_color() != curves[0].get_color()
    assert [curves[n].get_linestyle() for n in (1, 4)] == ["-", "--"]
    said = words(left.get_legend())
    assert said == ["drive 0.5", "drive 2.5", "drive 10", "adaptive", "fixed"]
    assert words(right.get_legend())[:3] == ["step 0", "step 50", "step 100"]


def test_information_is_not_negative_and_has_its_spread(tmp_path):  # Row A34, R6
    rows = {"RNN": [(0, -0.2, 0.1), (25, 0.4, 0.1)], "LSTM": [(25, 0.05, 0.2)]}
    figure = saved(plotting.information_curves(rows, title="psmnist"), tmp_path)
    (axes,) = figure.axes
    curve = axes.get_lines()[0]
    np.testing.assert_array_equal(curve.get_xydata(), [[0, 0.0], [25, 0.4]])
    band = axes.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose([band[:, 1].min(), band[:, 1].max()], [0, 0.5])
    (single,) = axes.containers
    np.testing.assert_array_equal(single[0].get_xydata(), [[25, 0.05]])
    (bar,) = single[2][0].get_segments()
    np.testing.assert_allclose(bar[:, 1], [0, 0.25])
    assert axes.get_ylabel() == "mutual information, nats"
    assert words(axes.get_legend()) == ["RNN", "LSTM"]


def test_shape_signals_are_over_time_with_the_drive_shaded(tmp_path):  # Row A34, R8
    gains, saturations = signals(1), signals(2)
    figure = saved(
        plotting.shape_signals(gains, saturations, drive=DRIVE, title="ANRU"), tmp_path
    )
    left, right, bar = figure.axes
    for axes, values in ((left, gains), (right, saturations)):
        for line, expected in zip(axes.get_lines(), values.values(), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), expected)
        (shade,) = axes.patches
        assert (shade.get_x(), shade.get_width()) == (2.5, 4)  # steps 3 to 6
    colours = [line.get_color() for line in left.get_lines()]
    assert len(set(colours)) == 3
    assert colours == [line.get_color() for line in right.get_lines()]
    assert left.get_ylabel() == "mean gain n"
    assert right.get_ylabel() == "mean saturation s"
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0.5", "2.5", "10"]
    assert bar.get_ylabel() == "drive ξ"


def test_gain_scaling_has_points_and_fits(tmp_path):  # Row A34, R9
    levels = np.array([0.5, 1.0, 4.0])
    gains = np.array([[4.0, 6.0], [3.0, 3.0], [1.0, 2.0]])
    figure = saved(
        plotting.gain_scaling(
            levels,
            gains,
            [0.3, 0.2, 0.1],
            gain_fit=(2.0, 0.5, -1.0),
            saturation_fit=(0.3, -0.1, 0.05),
        ),
        tmp_path,
    )
    left, right = figure.axes
    points, *_ = left.containers[0]
    np.testing.assert_array_equal(
        points.get_xydata(), np.stack([levels, [5, 3, 1.5]], 1)
    )
    (spread, *_) = left.containers[0][2][0].get_segments()
    np.testing.assert_array_equal(spread[:, 1], [4, 6])
    fit = left.get_lines()[-1]
    x = fit.get_xdata()
    np.testing.assert_allclose(x[[0, -1]], [0.5, 4])
    np.testing.assert_allclose(fit.get_ydata(), 2 / np.sqrt(x) - 1)
    fit = right.get_lines()[-1]
    np.testing.assert_allclose(fit.get_ydata(), 0.3 * np.exp(0.1 * x) + 0.05)
    assert words(left.get_legend()) == ["2 ξ^(−0.5) − 1"]
    assert words(right.get_legend()) == ["0.3 exp(0.1 ξ) + 0.05"]


def test_orders_are_where_scores_are_least(tmp_path):  # Row A34, R10
    responses, alphas = signals(3), np.linspace(0, 1, 11)
    best = dict(zip(SIZES, (0.2, 0.3, 0.7), strict=True))
    scores = {size: (alphas - best[size]) ** 2 + 0.01 for size in SIZES}
    neurons = {"interacting": [0.1, 0.2, 0.3], "isolated": [-0.1, 0.0]}
    figure = saved(
        plotting.fractional_order(
            responses,
            alphas,
            scores,
            total=0.25,
            neurons=neurons,
            drive=DRIVE,
            bins=4,
        ),
        tmp_path,
    )
    answers, curves, orders, density, _ = figure.axes
    for line, expected in zip(answers.get_lines(), responses.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    np.testing.assert_array_equal(curves.get_lines()[2].get_ydata(), scores[2.5])
    assert curves.get_yscale() == "log"
    for line, size in zip(orders.get_lines(), SIZES, strict=False):
        np.testing.assert_allclose(line.get_xydata(), [[size, best[size]]])
    assert words(orders.get_legend()) == ["all drives: 0.250"]
    bars = [bar.get_data() for bar in density.patches]
    areas = [bar.values @ np.diff(bar.edges) for bar in bars]
    np.testing.assert_allclose(areas, 1)
    np.testing.assert_allclose(bars[2].values, [5, 5, 0, 0])  # -0.1 to 0.3
    assert words(density.get_legend()) == [
        "interacting: mean 0.200",
        "isolated: mean −0.050",
    ]


def test_orders_of_neurons_can_be_left_out():
    figure = plotting.fractional_order({1.0: [0, 1]}, [0, 1], {1.0: [0.0, 1.0]})
    assert len(figure.axes) == 3  # and no bar of colours for one drive
    assert figure.axes[1].get_yscale() == "linear"  # a score is 0


def test_lines_of_unit_slope_are_where_the_slope_is_1(tmp_path):  # Row A34, R11
    n, s = np.linspace(2, 15, 8), np.linspace(-0.2, 1, 8)
    paths = {1.0: np.stack([n, s], 1), 5.0: np.stack([n, s[::-1]], 1)}
    figure = saved(
        plotting.linearisation(paths, inputs=(0.0, 0.5, -9.0), drive=DRIVE), tmp_path
    )
    axes, _ = figure.axes
    np.testing.assert_array_equal(axes.get_lines()[0].get_xydata(), paths[1.0])
    on, off = axes.get_lines()[1:3]
    np.testing.assert_array_equal(on.get_xydata()[0], paths[1.0][3])
    np.testing.assert_array_equal(off.get_xydata()[0], paths[1.0][6])
    for lines, x in zip(axes.collections, (0.0, 0.5), strict=True):
        points = lines.get_paths()[0].vertices
        assert len(points) > 20
        np.testing.assert_allclose(gamma_slopes(x, *points.T), 1, atol=5e-3)
    assert words(axes.get_legend()) == [
        "first step with the drive",
        "last step with it",
        "slope 1 at x = 0",
        "slope 1 at x = 0.5",  # at -9 no shape has that slope
    ]


def test_controllers_are_drawn_in_principal_components(tmp_path):  # Row A34, R12
    rng = np.random.default_rng(4)
    flat = (
        rng.normal(size=(20, 2))
        * [3.0, 1.0]
        @ np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    )
    states = {1.0: flat[:12] + 7, 2.0: flat[12:] + 7}
    figure = saved(plotting.controller_states(states, drive=DRIVE), tmp_path)
    axes, _ = figure.axes
    first, second = axes.get_lines()[0], axes.get_lines()[3]
    drawn = np.concatenate([first.get_xydata(), second.get_xydata()])
    # All that there is of the states is in the picture: distances are the same.
    distances = np.linalg.norm(flat[:, None] - flat, axis=-1)
    found = np.linalg.norm(drawn[:, None] - drawn, axis=-1)
    np.testing.assert_allclose(found, distances, atol=1e-12)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=1e-12)
    shares = drawn.var(axis=0) / drawn.var(axis=0).sum()
    assert axes.get_xlabel() == f"first component, {shares[0]:.0%} of the variance"
    assert shares[0] > shares[1]
    with pytest.raises(ValueError, match="at least 2 units"):
        plotting.controller_states({1.0: flat[:, :1]})


def test_spectra_have_the_start_behind_them(tmp_path):  # Row A34, R12
    angles = np.linspace(-3, 3, 8)
    start, trained = np.exp(1j * angles), 1.3 * np.exp(1j * angles)
    figure = saved(
        plotting.spectra({"ANRU": trained}, starts={"ANRU": start}), tmp_path
    )
    (axes,) = figure.axes
    before, after = axes.collections
    np.testing.assert_allclose(before.get_offsets() @ [1, 1j], start)
    np.testing.assert_allclose(after.get_offsets() @ [1, 1j], trained)
    assert before.get_facecolors().size == 0  # hollow
    np.testing.assert_array_equal(
        before.get_edgecolors()[0, :3], after.get_facecolors()[0, :3]
    )
    assert words(figure.legends[0]) == ["ANRU", "at the start"]
