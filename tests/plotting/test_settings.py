"""Losses of many settings: mean curves and maps."""

import math

from keras_nonnormal.plotting import mean_curves, setting_maps


def test_losses_above_the_trivial_one_are_shown_as_what_they_are():
    losses = {(1e-3, 1.0): 0.5, (1e-4, 1.0): 1.333, (1e-3, 2.0): math.inf}
    names = "learning_rate", "gain"
    figure = setting_maps({"chain": losses}, *names, trivial_loss=math.log(2))
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == names
    assert [text.get_text() for text in axes.texts] == ["1.33"]
    image = axes.get_images()[0].get_array()
    assert image.filled(-1).tolist() == [[1.333, 0.5], [-1, -1]]
    assert "numbers" in bar.get_ylabel()


def test_maps_without_a_level_have_the_scale_of_what_there_is():
    figure = setting_maps({"a": {(1.0, 1.0): 2.0, (2.0, 1.0): 4.0}}, "x", "y")
    assert figure.axes[0].get_images()[0].get_clim() == (2.0, 4.0)
    assert not figure.axes[0].texts


def test_curves_above_the_frame_are_marked():
    losses = {"near": [[0.5, 0.2]], "none": [], "far": [[50.0, 40.0], [50.0, 40.0]]}
    figure = mean_curves(losses, trivial_loss=0.7, success_loss=0.35, title="copy")
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "copy"
    assert axes.get_ylim()[1] < 40
    labels = [line.get_label() for line in axes.get_lines()]
    assert {"near", "far (above: 40 or more)"} <= {*labels}
    assert [line.get_marker() for line in axes.get_lines()].count("^") == 1
    assert any("success" in text.get_text() for text in axes.texts)


def test_the_mean_is_that_of_the_runs():
    figure = mean_curves({"a": [[1.0, 3.0], [3.0, 5.0]]})
    assert figure.axes[0].get_lines()[0].get_ydata().tolist() == [2.0, 4.0]
