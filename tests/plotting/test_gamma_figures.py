"""Row A34: figures of shapes, R1 to R4 and R7."""

import numpy as np
import pytest

from keras_nonnormal import plotting
from keras_nonnormal.activations import (
    GAINS,
    SATURATIONS,
    gamma_slopes,
    gamma_sup_slope,
    gamma_values,
)
from tests.plotting.helpers import saved, words


def vertices(axes, level):
    """The points of the contours of one level."""
    paths = [
        lines.get_paths()[list(lines.levels).index(level)]
        for lines in axes.collections
        if level in getattr(lines, "levels", ()) and not lines.filled
    ]
    return np.concatenate([path.vertices for path in paths])


def test_gamma_has_a_curve_and_a_slope_per_shape(tmp_path):  # Row A34, R1
    shapes = [(5.0, 0.0), (1.0, 1.0), (-2.0, 0.3)]
    figure = saved(plotting.gamma_shapes(shapes[:2] + shapes[2:]), tmp_path)
    values, slopes, plane = figure.axes
    for number, (n, s) in enumerate(shapes):
        x = values.get_lines()[number].get_xdata()
        drawn = values.get_lines()[number].get_ydata()
        np.testing.assert_array_equal(drawn, gamma_values(x, n, s))
        drawn = slopes.get_lines()[number].get_ydata()
        np.testing.assert_array_equal(drawn, gamma_slopes(x, n, s))
        dot = plane.get_lines()[number].get_xydata()
        np.testing.assert_array_equal(dot, [(n, s)])
    assert slopes.get_lines()[-1].get_ydata() == [1, 1]
    assert words(figure.legends[0])[2] == "n = -2, s = 0.3"
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("gain n", "saturation s")


def test_the_thick_line_is_where_the_largest_slope_is_1():  # Row A34, R1
    plane = plotting.gamma_shapes([]).axes[2]
    unit = vertices(plane, 1.0)
    assert len(unit) > 200
    assert {round(s, 2) for _, s in unit} >= {0.0, 0.5, 1.0}  # both branches
    np.testing.assert_allclose(gamma_sup_slope(*unit.T), 1, atol=2e-3)
    half = vertices(plane, 2.0)
    np.testing.assert_allclose(gamma_sup_slope(*half.T), 2, atol=2e-3)


def test_a_map_shows_the_number_of_every_shape(tmp_path):  # Row A34, R2
    numbers = {(n, s): n / 20 - s for n in GAINS for s in SATURATIONS}
    numbers[5.0, 0.5] = np.nan  # a run that diverged
    figure = saved(
        plotting.shape_map(numbers, label="accuracy", title="psmnist"), tmp_path
    )
    axes, bar = figure.axes
    points = axes.collections[-2]  # the line of unit slope is above
    assert len(points.get_offsets()) == 44
    for (n, s), number in zip(points.get_offsets(), points.get_array(), strict=True):
        assert numbers[n, s] == number
    (cross,) = axes.get_lines()
    np.testing.assert_array_equal(cross.get_xydata(), [[5.0, 0.5]])
    assert bar.get_ylabel() == "accuracy"
    assert axes.get_title(loc="left") == "psmnist"
    # Interpolation gives a plane back: its levels are straight.
    level = axes.collections[0].levels[4]
    outline = axes.collections[0].get_paths()[4].vertices
    on_level = outline[np.abs(outline[:, 0] / 20 - outline[:, 1] - level) < 1e-9]
    assert len(on_level) > 3
    np.testing.assert_allclose(gamma_sup_slope(*vertices(axes, 1.0).T), 1, atol=5e-3)


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        [(5.0, 0.5)],
        [(n, 0.0) for n in GAINS],
        [(5.0, s) for s in SATURATIONS],
        [(n, n / 20) for n in GAINS],
    ],
)
def test_shapes_on_a_line_are_points_without_a_map(tmp_path, shapes):
    figure = saved(plotting.shape_map(dict.fromkeys(shapes, 0.5)), tmp_path)
    axes = figure.axes[0]
    filled = [each for each in axes.collections if getattr(each, "filled", False)]
    assert filled == []
    if shapes:
        (points, *_) = [
            each for each in axes.collections if not hasattr(each, "levels")
        ]
        np.testing.assert_array_equal(points.get_offsets(), shapes)


def test_shapes_move_from_start_to_end(tmp_path):  # Row A34, R3
    steps = np.linspace(0, 1, 4)[:, None, None]
    own = np.array([5.0, 0.0]) + steps * [[1.0, 0.2], [-3.0, 0.4], [0.5, 0.0]]
    shared = np.array([10.0, 0.5]) + steps * [[2.0, -0.1]]
    figure = saved(plotting.shape_paths({"own": own, "shared": shared}), tmp_path)
    means, cloud = figure.axes
    path, start, end = means.get_lines()[:3]
    np.testing.assert_allclose(path.get_xydata(), own.mean(axis=1))
    np.testing.assert_allclose(start.get_xydata(), [[5.0, 0.0]])
    np.testing.assert_allclose(end.get_xydata(), [[4.5, 0.2]])
    assert start.get_markerfacecolor() == "white" != end.get_markerfacecolor()
    np.testing.assert_allclose(means.get_lines()[3].get_xydata(), shared[:, 0])
    (neurons,) = cloud.collections  # only a network with shapes of neurons has one
    np.testing.assert_allclose(neurons.get_offsets(), own[-1])
    begun, centre = cloud.get_lines()
    np.testing.assert_allclose(begun.get_xydata(), [[5.0, 0.0]])
    np.testing.assert_allclose(centre.get_xydata(), [[4.5, 0.2]])
    assert words(figure.legends[0]) == ["own", "shared"]


def test_colours_of_paths_tell_scores(tmp_path):  # Row A34, R3
    path = np.zeros((2, 1, 2))
    figure = saved(
        plotting.shape_paths(
            {"worst": path, "best": path + 1, "also best": path + 2, "none": path},
            scores={"worst": 0.1, "best": 0.9, "also best": 0.9, "none": np.nan},
            label="accuracy",
        ),
        tmp_path,
    )
    axes, bar = figure.axes
    worst, best, also, none = (line.get_color() for line in axes.get_lines()[::3])
    assert best == also != worst
    assert none == "#B0B0B0"
    assert bar.get_ylabel() == "accuracy"
    assert bar.get_ylim() == (0.1, 0.9)
    assert not figure.legends


@pytest.mark.parametrize("shape", [(3, 2), (0, 4, 2), (3, 4, 3)])
def test_paths_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"Received: shape .* for 'run'"):
        plotting.shape_paths({"run": np.zeros(shape)})


def test_speed_has_quantiles_and_a_histogram_of_every_group(tmp_path):  # Row A34, R4
    static = [[0.1, 0.2 + n / 100, 0.3] for n in range(11)]
    learned = [[0.4, 0.5, 0.6], [0.5, 0.7]]  # one has ended sooner
    figure = saved(
        plotting.learning_speed(
            {"static": static, "learned": learned}, epoch=2, label="accuracy", bins=5
        ),
        tmp_path,
    )
    curves, bars = figure.axes
    middle, low, high, other, *_ = curves.get_lines()
    np.testing.assert_allclose(middle.get_ydata(), [0.1, 0.25, 0.3])
    np.testing.assert_allclose(low.get_ydata(), [0.1, 0.21, 0.3])
    np.testing.assert_allclose(high.get_ydata(), [0.1, 0.29, 0.3])
    np.testing.assert_allclose(other.get_ydata(), [0.45, 0.6, 0.6])
    np.testing.assert_array_equal(middle.get_xdata(), [1, 2, 3])
    assert curves.get_lines()[-1].get_xdata() == [2, 2]  # where the histogram is
    assert [bar.get_data().values.sum() for bar in bars.patches] == [11, 11, 2, 2]
    assert bars.get_title(loc="left") == "epoch 2"
    assert bars.get_xlabel() == curves.get_ylabel() == "accuracy"
    assert words(figure.legends[0]) == ["static (11 runs)", "learned (2 runs)"]


def test_a_histogram_is_of_an_epoch_that_there_is():
    groups = {"a": [[1.0, 2.0, 3.0]], "b": [[1.0, 2.0]]}
    figure = plotting.learning_speed(groups, index="update", step=50)
    assert figure.axes[1].get_title(loc="left") == "update 100"
    with pytest.raises(ValueError, match=r"`epoch` must be from 1 to 3\. Received: 4"):
        plotting.learning_speed(groups, epoch=4)


def test_robustness_has_a_bar_per_network_and_condition(tmp_path):  # Row A34, R7
    scores = {
        "RNN 8, gamma": {"clean": 0.9, "sine": 0.7, "drive": 0.4},
        "LSTM 8": {"clean": 0.8, "drive": 0.1},
    }
    figure = saved(
        plotting.robustness_bars(scores, chance=0.1, title="psmnist"), tmp_path
    )
    (axes,) = figure.axes
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    np.testing.assert_array_equal(heights, [[0.9, 0.8], [0.7, np.nan], [0.4, 0.1]])
    places = [[bar.get_center()[0] for bar in bars] for bars in axes.containers]
    np.testing.assert_array_equal(np.round(places), [[0, 1], [0, np.nan], [0, 1]])
    assert np.all(np.diff(places, axis=0)[:, 0] > 0)  # side by side
    assert words(figure.legends[0]) == ["clean", "sine", "drive"]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ["RNN 8,\ngamma", "LSTM 8"]
    written = {text.get_text() for text in axes.texts}
    assert written == {"0.900", "0.800", "0.700", "0.400", "0.100", ""}
    assert axes.get_lines()[0].get_ydata() == [0.1, 0.1]
