import sys

import numpy as np
import pytest

from keras_nonnormal.plotting import learning_curves


def history(*values):
    return [{"epoch": n + 1, "val_loss": value} for n, value in enumerate(values)]


def draw(**settings):
    histories = {"chain": history(0.4, 0.2, 0.1), "orthogonal": history(0.5, 0.42)}
    levels = {"trivial_loss": 0.4159, "success_loss": 0.208}
    return learning_curves(histories, **{**levels, **settings})


def test_every_run_is_a_labelled_line_over_its_epochs():
    (axes,) = draw().axes
    chain, orthogonal, *levels = axes.get_lines()
    np.testing.assert_array_equal(chain.get_xydata(), [[1, 0.4], [2, 0.2], [3, 0.1]])
    assert (chain.get_label(), orthogonal.get_label()) == ("chain", "orthogonal")
    assert chain.get_color() != orthogonal.get_color()
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["chain", "orthogonal"]
    assert [level.get_ydata()[0] for level in levels] == [0.4159, 0.208]
    assert all(level.get_linestyle() == "--" for level in levels)


def test_levels_can_be_left_out():
    (axes,) = draw(trivial_loss=None, success_loss=None).axes
    assert len(axes.get_lines()) == 2


def test_a_spike_does_not_flatten_the_curves():
    figure = learning_curves({"run": history(0.4, 1e6, 0.1)}, trivial_loss=0.4)
    assert figure.axes[0].get_ylim()[1] < 2


def test_epochs_without_the_metric_are_left_out():
    rows = [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5, "val_loss": 0.7}]
    (line,) = learning_curves({"run": rows}).axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xydata(), [[2, 0.7]])


def test_axes_say_what_they_show():
    (axes,) = draw(title="copy, 50 steps").axes
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "validation loss"
    assert axes.get_title(loc="left") == "copy, 50 steps"


@pytest.mark.parametrize("histories", [{}, {"run": []}])
def test_nothing_to_draw_still_gives_a_figure(histories, tmp_path):
    learning_curves(histories).savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0


def test_no_global_state_of_pyplot_is_touched(tmp_path):
    draw().savefig(tmp_path / "curves.png")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_curves_can_be_drawn_over_updates():  # Row 43, F2 and F3
    rows = [{"update": 100, "loss": 0.5}, {"update": 200, "loss": 0.1}]
    figure = learning_curves(
        {"nnRNN": rows, "expRNN": rows, "RNN": rows, "RNN-orth": rows, "LSTM": rows},
        metric="loss",
        label="training loss",
        index="update",
    )
    (axes,) = figure.axes
    assert len(axes.get_lines()) == 5
    assert len({line.get_color() for line in axes.get_lines()}) == 5
    np.testing.assert_array_equal(
        axes.get_lines()[0].get_xydata(), [[100, 0.5], [200, 0.1]]
    )
    # Not "accuracy" over "epochs", as in the published figure (Q27).
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("update", "training loss")


def test_curves_far_above_the_levels_are_in_the_picture():
    figure = learning_curves({"run": history(3.0, 2.5)}, trivial_loss=0.3)
    assert figure.axes[0].get_ylim()[1] > 2.5


def test_more_than_seven_curves_can_be_told_apart():
    histories = {str(n): history(1.0, 0.1 * n) for n in range(28)}
    lines = learning_curves(histories).axes[0].get_lines()
    looks = {
        (line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines
    }
    assert len(looks) == 28


def test_curves_above_the_frame_are_marked_and_named():
    runs = {"in": history(0.4, 0.1), "half": history(9.0, 0.2, 7.0, 8.0)}
    runs["above"] = history(9.0, 5.0)
    (axes,) = learning_curves(runs, trivial_loss=0.4).axes
    top = axes.get_ylim()[1]
    assert top < 5
    inside, half, above = axes.get_lines()[:3]
    marks = [line for line in axes.get_lines() if line.get_marker() == "^"]
    places = [(line.get_color(), line.get_xdata()[0]) for line in marks]
    # One for each stretch, at its highest value.
    assert places == [
        (half.get_color(), 1),
        (half.get_color(), 4),
        (above.get_color(), 1),
    ]
    assert all(line.get_ydata()[0] < 1 for line in marks)  # of the height of the frame
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["in", "half", "above (above the frame, 5 or more)"]
    assert inside.get_label() == "in"
