"""Widths, parameters, and presets of networks that are made stable."""

import numpy as np
import pytest

from experiments import deep_rnn, ffn
from experiments.lsc.forward_options import ForwardOptions
from experiments.lsc.presets import figure_2, figure_3, linear_units
from experiments.lsc.recurrent_options import DeepRnnOptions
from experiments.lsc.tables import IMAGE_PARAMETERS, IMAGE_RATES, PARAMETERS
from experiments.lsc.widths import widths_of
from experiments.options import OptionError
from experiments.prepare import prepare

COLUMNS = (("LSTM",), ("GRU",), ("rsimplernn", "ssimplernn"), ("maLSNN", "maLSNNb"))


@pytest.mark.parametrize(("task", "depth"), PARAMETERS)
def test_networks_have_the_published_numbers_of_parameters(task, depth):  # LSC row 44
    for nets, published in zip(COLUMNS, PARAMETERS[task, depth], strict=True):
        for net in nets:
            options = DeepRnnOptions(task=task, net=net, stack=str(depth))
            assert options.count_parameters() == published


def test_image_networks_have_the_published_numbers_of_parameters():  # LSC row 44
    for dataset, published in IMAGE_PARAMETERS.items():
        assert ForwardOptions(dataset=dataset).count_parameters() == published


def test_widths_are_those_of_the_table_or_of_the_head():  # LSC row 44, Q3
    assert widths_of("wordptb", "GRU", "5") == (625, 125, 625, 125, 300)
    assert widths_of("wordptb", "maLSNN", "2") == (1300, 300)
    assert widths_of("heidelberg", "LSTM", "500:100:300") == (500, 100, 300)
    assert widths_of("sl_mnist", "GRU", "3", width=7) == (7, 7, 7)
    head = DeepRnnOptions(task="wordptb", net="GRU", widths_rule="published-head")
    assert (head.widths, head.embedding) == ((1300, 1300), 1300)
    for wrong in ("", "two", "0", "3:0", "3:"):
        with pytest.raises(OptionError, match="--stack: expected a number of layers"):
            widths_of("sl_mnist", "GRU", wrong)


def test_what_is_left_open_is_as_was_published():  # LSC row 45
    def settled(*flags):
        arguments = [*map(str, flags), "--preset", "script", "--pretrain", "published"]
        return prepare(deep_rnn.EXPERIMENT, arguments)

    words = settled("--task", "wordptb", "--net", "LSTM")
    assert words.published_steps == 400
    assert (words.lr, words.batch, words.epochs, words.pretrain_batch) == (
        *(3.16e-4, 32, 250, 8),
    )
    assert (words.dropout, words.repeat, words.steps, words.patience) == (
        *(0.3, 2, 200, 10),
    )
    spiking = settled("--task", "sl_mnist", "--net", "maLSNN")
    assert (spiking.lr, spiking.batch, spiking.epochs) == (1e-3, 256, 300)
    assert settled("--task", "sl_mnist", "--net", "GRU").lr == 1e-2
    spoken = ["--task", "heidelberg", "--net", "maLSNNb", "--stack"]
    assert [settled(*spoken, n).batch for n in (2, 3, 5, 7)] == [100, 32, 32, 32]
    assert [settled(*spoken, n).pretrain_batch for n in (2, 5)] == [100, 32]
    assert settled("--task", "wordptb", "--net", "rsimplernn").function == "swish"
    assert settled("--net", "rsimplernn").function == "relu"  # Q25


def test_images_are_learnt_at_the_published_rates():  # LSC row 45
    for activation, rate in {"cos": 1e-4, "relu": 3.16e-4, "sin": 1e-4}.items():
        options = prepare(ffn.EXPERIMENT, ["--preset", f"fig2/mnist-{activation}-he"])
        assert options.lr == rate
        assert (options.batch, options.epochs, options.patience) == (512, 50, 10)
        assert (options.depth, options.width, options.weight_decay) == (30, 128, 1e-4)


def test_figure_2_is_a_grid_of_rates_starts_activations_and_data():  # LSC row 58
    grid = dict(figure_2())
    with_rates = {name: each for name, each in grid.items() if "lr" in each}
    assert len(with_rates) == 7 * 3 * 3 * 3
    assert {each["lr"] for each in with_rates.values()} == set(IMAGE_RATES)
    assert np.allclose(np.log10(IMAGE_RATES), np.arange(-5, -1.9, 0.5), atol=1e-3)
    assert grid["fig2/cifar100-cos-he-0.01"] == {
        **{"dataset": "cifar100", "activation": "cos", "init": "he", "lr": 0.01}
    }
    assert grid["fig2/mnist-sin-lsc"]["pretrain"] == "published"


def test_figure_3_has_all_networks_and_spiking_ones_without_a_half():  # LSC row 59
    grid = dict(figure_3())
    assert len(grid) == 3 * 2 * (4 * 3 + 2 * 2)
    assert "fig3/wordptb-maLSNN-5-half" not in grid
    half = deep_rnn.EXPERIMENT.options(**grid["fig3/wordptb-LSTM-5-half"])
    assert half.goals == 0.5
    assert half.widths == (500, 100, 500, 100, 300)
    assert (half.time_limit, half.layout) == (6.0, "published")


def test_table_1_and_figure_4_are_the_published_settings():  # LSC rows 48, 60, Q11
    grid = dict(linear_units())
    assert len(grid) == 2 * 2 * 4 * 2
    small = DeepRnnOptions(**grid["fig4/3-default"])
    assert (small.widths, small.batch, small.lr) == ((128,) * 3, 32, 1e-2)
    assert (small.dropout, small.tied, small.steps) == (0.0, False, 100)
    large = DeepRnnOptions(**grid["table1/6-unbalanced-clip"])
    assert (large.widths, large.batch, large.lr) == ((256,) * 6, 64, 3e-2)
    assert (large.dropout, large.tied, large.steps) == (0.1, True, 300)
    assert (large.corrupt, large.corrupt_epochs) == (0.05, 2)  # LSC row 53
    assert (large.clip_norm, large.goals) == (1.0, "unbalanced")
    assert DeepRnnOptions(**grid["table1/3-one"]).dropout == 0.2


@pytest.mark.parametrize("script", [deep_rnn, ffn], ids=["deep_rnn", "ffn"])
def test_every_preset_makes_valid_options_also_when_quick(script):
    experiment = script.EXPERIMENT
    for name, preset in experiment.presets.items():
        whole = experiment.options(**preset)
        assert "{" not in whole.label
        quick = prepare(experiment, ["--quick", "--preset", name])
        assert quick.epochs == 1


def test_demonstrations_compare_with_and_without():
    options = prepare(deep_rnn.EXPERIMENT, ["--task", "wordptb", "--net", "GRU"])
    assert (options.preset, options.task, options.pretrain) == (
        *("demo", "wordptb", "controller"),
    )
    other = options.compared()
    assert other is not None
    assert (other.pretrain, other.compare, other.net) == ("none", False, "GRU")
    assert other.start != options.start
    alone = prepare(deep_rnn.EXPERIMENT, ["--pretrain", "none"])
    assert alone.compared() is None
