"""Row 43, F2 to F5: metrics over time."""

import numpy as np

from tests.experiments.pictures.drawing import PNG, draw, make_run


def test_curves_of_all_networks_are_in_one_figure(runs, drawn, tmp_path):
    assert draw("curves", *sorted(runs.iterdir()), out=tmp_path) == 0
    assert (tmp_path / "copy-loss.png").read_bytes().startswith(PNG)
    (axes,) = drawn[0].axes
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["LSTM 5", "RNN 6", "expRNN 7", "nnRNN 8"]
    assert axes.get_ylabel() == "training loss"
    assert axes.get_xlabel() == "epoch"


def test_validation_accuracy_is_what_is_drawn_if_there_is_one(drawn, tmp_path):
    names = ("loss", "val_loss", "val_accuracy")
    run = make_run(tmp_path / "run", {"net_type": "LSTM"}, "psmnist", names)
    (run / "metrics.csv").write_text("epoch,loss,val_loss,val_accuracy\n1,3,2,0.25\n")
    assert draw("curves", run, out=tmp_path) == 0
    assert draw("curves", run, "--metric=val_loss", out=tmp_path) == 0
    first, second = (figure.axes[0] for figure in drawn)
    assert first.get_ylabel() == "validation accuracy"
    assert first.get_lines()[0].get_ydata() == [0.25]
    assert second.get_ylabel() == "validation loss"
    assert (tmp_path / "psmnist-val-accuracy.png").exists()


def test_rows_of_fresh_sequences_are_counted_in_updates(drawn, tmp_path):
    options = {"net_type": "nnRNN", "nhid": 4, "updates": 60, "log_interval": 25}
    run = make_run(tmp_path / "run", options, family="networks")
    rows = ["epoch,loss,task_loss", "1,0.5,0.4", "2,0.3,0.2", "3,0.2,0.1"]
    (run / "metrics.csv").write_text("\n".join(rows))
    assert draw("curves", run, out=tmp_path) == 0
    (axes,) = drawn[0].axes
    # Every 20: the largest divisor of 60 up to 25. The penalty is not in the loss.
    points = [[20, 0.4], [40, 0.2], [60, 0.1]]
    np.testing.assert_array_equal(axes.get_lines()[0].get_xydata(), points)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("update", "training loss")
    assert (tmp_path / "copy-loss.png").exists()


def test_curves_of_stairs_say_which_they_are(staired_runs, drawn, tmp_path):
    found = [staired_runs / name for name in ("RNN", "nnRNN")]
    assert draw("curves", *found, out=tmp_path) == 0
    labels = [line.get_label() for line in drawn[0].axes[0].get_lines()]
    assert labels == ["RNN 6, stair alpha", "nnRNN 8, stair n2"]


def test_spectral_norms_are_of_the_matrix_not_of_training(drawn, tmp_path):
    run = make_run(tmp_path / "run", {"net_type": "nnRNN", "stair": "expn"}, "psmnist")
    rows = ["epoch,loss,spectral_norm,val_loss", "1,2.0,1.25,2.0", "2,1.5,1.5,2.0"]
    (run / "metrics.csv").write_text("\n".join(rows))
    assert draw("curves", run, "--metric=spectral_norm", out=tmp_path) == 0
    assert (tmp_path / "psmnist-spectral-norm.png").exists()
    (axes,) = drawn[0].axes
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), [1.25, 1.5])
    assert axes.get_ylabel() == "spectral norm of the recurrent matrix"
    assert len(axes.get_lines()) == 1  # no level of a loss


def test_maps_of_a_penalised_loss_are_named_after_the_task_loss(drawn, tmp_path):
    options = {"net_type": "LSTM", "nhid": 4, "updates": 60, "log_interval": 25}
    run = make_run(tmp_path / "run", options, family="networks")
    (run / "metrics.csv").write_text("epoch,loss,task_loss\n1,0.5,0.4\n2,0.3,0.2\n")
    assert draw("speed", run, out=tmp_path) == 0
    assert (tmp_path / "speed-copy-task-loss.csv").exists()


def test_losses_of_characters_say_their_unit(drawn, tmp_path):
    options = {"net_type": "nnRNN", "nhid": 4}
    run = make_run(tmp_path / "run", options, "ptb_char", family="networks")
    head = "epoch,val_loss,val_accuracy,val_bits_per_character"
    (run / "metrics.csv").write_text(f"{head}\n1,2.0,0.4,2.88\n2,1.5,0.5,2.16\n")
    (run / "summary.json").write_text('{"trivial_loss": 3.0}')
    assert draw("curves", run, out=tmp_path) == 0
    assert draw("curves", run, "--metric=val_loss", out=tmp_path) == 0
    bits, nats = (figure.axes[0] for figure in drawn)
    assert bits.get_ylabel() == "validation bits per character"
    np.testing.assert_array_equal(bits.get_lines()[0].get_ydata(), [2.88, 2.16])
    assert nats.get_ylabel() == "validation loss, nats per character"
    levels = [axes.get_lines()[1].get_ydata()[0] for axes in (bits, nats)]
    np.testing.assert_allclose(levels, [3 / np.log(2), 3])
