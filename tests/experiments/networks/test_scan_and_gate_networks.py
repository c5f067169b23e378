"""LMU, MinGRU, MinLSTM, RGLRU, SLSTM and chrono biases in the experiments."""

import numpy as np
import pytest

from experiments.core.options import OptionError
from keras_nonnormal.layers.stair_cell import bare
from tests.experiments.settings import made, network_of, settled

NAMES = ("LMU", "MinGRU", "MinLSTM", "RGLRU", "SLSTM", "GRU-chrono", "LSTM-chrono")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_published_is_shown_beside_another_setting(name):
    chosen = settled("copy", ["--preset=demo", f"--net-type={name}"])
    assert chosen.T == 20
    assert chosen.program.recipe.published(chosen.program) == {}


def test_the_published_digits_of_lmu_are_a_preset():
    chosen = settled("psmnist", ["--preset=lmu/paper-212"])
    assert (chosen.net_type, chosen.units, chosen.order) == ("LMU", 212, 256)
    assert (chosen.theta, chosen.lmu_start, chosen.permute) == (784, "window", True)
    assert (chosen.optimizer, chosen.lr, chosen.epochs) == ("Adam", 1e-3, 10)
    program = chosen.program
    assert program.network.count(1, 212) == 102_027 - 2130  # of the published summary
    shown = program.recipe.published(program)
    assert shown.pop("setting").startswith("permuted")
    assert shown == {"LMU 212": "97.15%"}


def test_windows_and_biases_are_as_long_as_sequences_unless_told_otherwise():
    assert made("copy", T=30, net_type="LMU").theta == made("copy", T=30).longest
    assert made("copy", net_type="LMU", theta=12.5).theta == 12.5
    longest = made("copy", T=30).longest
    assert made("copy", T=30, net_type="LSTM-chrono").chrono_steps == longest
    gru = made("copy", "gamma", net_type="GRU-chrono", chrono_steps=9)
    assert gru.chrono_steps == 9


@pytest.mark.parametrize("name", ["LSTM-chrono", "GRU-chrono"])
def test_gates_start_for_spans_up_to_chrono_steps(name):
    layer = network_of(name, 50, chrono_steps=101).layer(3)
    layer.build((None, 2, 3))
    bias = np.atleast_2d(layer.cell.bias)[0]
    kept = bias[50:100] if name == "LSTM-chrono" else bias[:50]
    assert 1 <= np.exp(kept).min() < np.exp(kept).max() <= 100.01


def test_the_published_start_of_an_lmu_sees_the_window_alone():
    layer = network_of("LMU", 6, theta=9.0, lmu_start="window").layer(1)
    layer.build((None, 2, 1))
    cell = bare(layer.cell)
    np.testing.assert_array_equal(cell.input_encoder, 1)
    zero = (cell.kernel, cell.recurrent_kernel, cell.hidden_encoder)
    assert all(not np.any(each) for each in (*zero, cell.memory_encoder))
    assert np.all(np.asarray(cell.memory_kernel) != 0)


def test_heads_divide_units_and_budgets_keep_to_that():
    with pytest.raises(OptionError, match="--heads: expected a divisor of the 128"):
        made("copy", net_type="SLSTM", heads=3)
    for name in ("SLSTM", "RGLRU"):
        assert made("copy", net_type=name, heads=7, budget=9000).units % 7 == 0


@pytest.mark.parametrize("start", ["np_rnn", "hippo", "chain", "identity"])
def test_free_matrices_start_from_the_new_starts_and_orthogonal_ones_do_not(start):
    assert made("copy", net_type="RNN", rinit=start).rinit == start
    with pytest.raises(OptionError, match="orthogonal"):
        made("copy", net_type="nnRNN", rinit=start)
