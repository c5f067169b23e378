"""LSC rows 57 and 61: figures of paths, and of how radii depend on one another."""

import numpy as np

from keras_nonnormal import plotting
from keras_nonnormal.analysis import CovarianceDecay
from tests.plotting.helpers import saved, words


def test_descents_are_drawn_from_corner_to_corner(tmp_path):  # LSC row 57
    path = np.array([[2, 1], [1, 1], [0, 0]])
    figure = saved(plotting.gradient_grid([path], time=3, depth=2), tmp_path)
    (axes,) = figure.axes
    dots, straight, back, descent, *_ = axes.get_lines()
    assert len(dots.get_xydata()) == 6
    np.testing.assert_array_equal(straight.get_xydata(), [[0, 1], [0, 0]])
    np.testing.assert_array_equal(back.get_xydata(), [[2, 0], [1, 0], [0, 0]])
    np.testing.assert_array_equal(descent.get_xydata(), path)
    said = {text.get_text() for text in axes.texts}
    assert {"$c_{0}$", "$M_k$", "$t$", "$T$", "$l$", "$L$", r"$\Delta t$"} <= said


def test_numbers_of_paths_are_on_logarithmic_axes(tmp_path):  # LSC row 57
    curves = {
        "i": ("T", np.array([1.0, 2.0, 3.0]), np.array([1.0, 1e9, 1e240])),
        "ii": ("Δl", np.array([1.0, 2.0]), np.array([2.0, 30.0])),
    }
    figure = saved(plotting.path_counts(curves, ticks={"i": (1e110, 1e220)}), tmp_path)
    first, second = figure.axes
    np.testing.assert_array_equal(first.get_lines()[0].get_ydata(), curves["i"][2])
    assert first.get_yscale() == second.get_yscale() == "log"
    np.testing.assert_array_equal(first.get_yticks(), [1e110, 1e220])
    assert second.get_xlabel() == "Δl"


def test_gradients_are_beside_outputs_and_a_reference(tmp_path):  # LSC row 57
    rng = np.random.default_rng(0)
    outputs, gradients = rng.normal(size=(2, 3, 5))
    shown = plotting.OutputGradients(outputs, gradients, np.arange(5.0))
    bare = plotting.OutputGradients(outputs, gradients)
    rows = {"Pascal": {0.5: shown, 1.0: bare}, "ReLU": {1.0: bare}}
    figure = saved(plotting.output_gradients(rows), tmp_path)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["ρ = 0.5", "ρ = 1"]
    left = figure.axes[0]
    (right,) = (
        axes
        for axes in figure.axes
        if axes is not left and axes.bbox.bounds == left.bbox.bounds
    )
    for line, values in zip(left.get_lines(), outputs, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    *lines, reference = right.get_lines()
    for line, values in zip(lines, gradients, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), np.abs(values))
    np.testing.assert_array_equal(reference.get_ydata(), np.arange(5))
    assert len(figure.axes) == 6  # one panel has nothing to show


def test_covariances_are_in_three_rows(tmp_path):  # LSC row 61
    found = CovarianceDecay(
        np.arange(2, 5), np.array([3, -1, 0]), np.array([1, 0.2, np.nan]), np.ones(3)
    )
    columns = {"layer 1": {"LSTM": found, "ALIF": found}, "layer 2": {"LSTM": found}}
    figure = saved(plotting.covariance_decay_curves(columns), tmp_path)
    panels = np.reshape(figure.axes, (3, 2))
    for row, values in zip(
        panels, (found.covariance, found.correlation, found.p_value), strict=True
    ):
        line = row[1].get_lines()[0]
        np.testing.assert_array_equal(line.get_xydata()[:, 0], found.steps)
        np.testing.assert_array_equal(line.get_ydata(), values)
    np.testing.assert_array_equal(panels[2, 0].get_lines()[-1].get_ydata(), 0.05)
    assert words(figure.legends[0]) == ["LSTM", "ALIF"]
