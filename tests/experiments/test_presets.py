"""R6: published settings and grids, and that they agree with the library."""

import pytest

from experiments.core.program import compose
from experiments.networks.start import GAINS
from experiments.published.grids import RATES, SEEDS, starts
from experiments.recipes.starts import OPTIMIZERS
from tests.experiments.settings import settled


def test_published_grid_values_R6():
    thousandths = (0.8, 0.5, 0.3, 0.1, 0.08, 0.05, 0.03, 0.01, 0.008, 0.005, 0.003)
    assert [1000 * rate for rate in RATES] == pytest.approx(thousandths)
    assert SEEDS == (1, 2, 3, 4, 5, 6)
    assert GAINS["chain"].grid == (0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05)
    assert GAINS["fbchain"].grid == (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07)
    normal = (0.01, 0.96, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05)
    assert GAINS["orthogonal"].grid == GAINS["identity"].grid == normal


@pytest.mark.parametrize(
    ("init", "runs"),
    [("chain", 462), ("fbchain", 462), ("orthogonal", 594), ("identity", 594)],
)
def test_published_number_of_runs_R6(init, runs):
    settings = list(starts(init))
    assert len(settings) == runs
    assert len({tuple(each.values()) for each in settings}) == runs
    assert compose("copy", "starts", settings[-1]).run.seed == 6


def test_quick_cuts_presets_down():
    for script in ("copy", "addition", "psmnist"):
        for name in ("demo", "paper", "script"):
            given = ["--recipe=starts", "--quick", f"--preset={name}"]
            chosen = settled(script, given)
            assert chosen.train_size <= chosen.program.task.quick["train_size"]


def test_the_paper_presets_are_the_published_settings():
    copy = settled("copy", ["--preset=paper"])
    assert (copy.T, copy.hidden_units, copy.batch_size) == (500, 100, 16)
    assert (copy.epochs, copy.clip_norm, copy.stop_below) == (100, 10.0, 0.0025)
    assert (copy.lr, copy.init, copy.init_scale, copy.seed) == (5e-5, "chain", 1.02, 3)
    assert (copy.train_size, copy.validation_size, copy.test_size) == (
        60_000,
        0,
        10_000,
    )
    assert copy.optimizer == "rmsprop-keras2"
    add = settled("addition", ["--preset=paper"])
    assert (add.T, add.hidden_units, add.validation_size) == (750, 100, 0)
    digits = settled("psmnist", ["--preset=paper"])
    assert (digits.hidden_units, digits.validation_size) == (25, 0)
    assert digits.permutation_seed is None
    assert digits.stop_below is None


def test_gains_and_optimizers_are_those_of_the_library():
    from keras_nonnormal.initializers import simple_rnn_initializers
    from keras_nonnormal.training import OPTIMIZERS as LIBRARY

    assert set(OPTIMIZERS) == set(LIBRARY)
    for init, gain in GAINS.items():
        default = simple_rnn_initializers(init, 10)[1].get_config()
        explicit = simple_rnn_initializers(init, 10, scale=gain.default)[1].get_config()
        assert default == explicit


def test_default_gains_of_language_models_are_those_of_the_starts():
    from experiments.networks import language

    for init, gain in GAINS.items():
        if init != "fbchain":  # of which the gain is that along the chain
            assert language.GAINS[init] == gain.default
    assert GAINS["fbchain"].default == language.FEEDBACK_GAIN
