"""The presets of the gamma programs, their grids, and the demonstrations."""

import pytest

from experiments.published import grids
from experiments.published.grids import SHAPES, shapes
from keras_nonnormal import activations
from tests.experiments.settings import made, settled

UNITS = {"copy": 128, "psmnist": 400, "ptb_char": 600}
SCRIPTS = (*UNITS, "addition")


def of(program, name):
    return settled(program, [f"--preset=gamma/{name}-{UNITS[program]}"])


@pytest.mark.parametrize("program", UNITS)
def test_the_networks_of_the_programs_are_presets(program):
    kinds = {
        "RNN": ("RNN", "gamma2"),
        "RNN-gamma": ("RNN", "gamma"),
        "ReLU": ("RNN", "relu"),
        "ANRU": ("ANRU", "gamma2"),
        "LSTM": ("LSTM", "gamma2"),
        "GRU": ("GRU", "gamma2"),
    }
    for name, kind in kinds.items():
        options = of(program, name)
        assert (options.net_type, options.nonlin) == kind
        assert options.nhid == UNITS[program]
        assert (options.optimizer, options.betas) == ("Adam", (0.9, 0.999))
        assert options.lr == (1e-3 if program == "copy" else 1e-4)
        if name not in ("LSTM", "GRU"):
            assert (options.rinit, options.iinit) == ("henaff", "kaiming")
            assert options.random
        assert (options.learn_params, options.seed) == (True, 400)


def test_the_tasks_of_the_presets():
    digits = of("psmnist", "ANRU")
    assert (digits.permute, digits.shuffle, digits.batch) == (True, False, 100)
    assert (digits.epochs, digits.save_freq, digits.transform_ratio) == (100, 25, 0)
    assert (digits.plateau_factor, digits.plateau_patience) == (0.1, 10)
    assert (digits.split_seed, digits.one_split) == (None, False)
    assert (digits.controller, digits.transformed) == (50, True)
    text = of("ptb_char", "ANRU")
    assert (text.emsize, text.bptt, text.batch, text.epochs) == (200, 150, 128, 100)
    assert text.plateau_factor is None
    copy = of("copy", "RNN-gamma")
    assert (copy.T, copy.c_length, copy.batch, copy.onehot) == (200, 10, 10, True)
    assert copy.updates == 100_000


@pytest.mark.parametrize("program", UNITS)
def test_the_three_settings_start_where_they_end_best(program):  # Row A7
    gain = {"copy": 12.5, "psmnist": 10.0, "ptb_char": 2.5}[program]
    for name, learns in (("static", 0), ("homogeneous", 1), ("heterogeneous", 2)):
        options = of(program, name)
        assert (options.gain, options.saturation, options.random) == (gain, 0, False)
        assert options.learns_shape == bool(learns)
        assert (options.nonlin == "gamma2") == (learns == 2)


def test_the_grids_are_those_of_the_library():
    assert grids.GAINS == activations.GAINS
    assert grids.FINE_GAINS == activations.FINE_GAINS
    assert grids.SATURATIONS == activations.SATURATIONS
    points = list(shapes("psmnist", "static"))
    assert len(points) == len(activations.FINE_GAINS) * 5
    assert len(list(shapes("copy", "heterogeneous"))) == 9 * 5
    for program in UNITS:
        for setting in SHAPES:
            for point in shapes(program, setting):
                options = made(program, "gamma", **point)
                assert options.gain == point["gain"]
                assert not options.random


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("given", "network", "nonlin"),
    [
        ("--net-type=ANRU", "ANRU", "gamma2"),
        ("--net-type=ARUN --seed=3", "ANRU", "gamma2"),
        ("--net-type=GRU", "GRU", "gamma2"),
        ("--nonlin=gamma", "RNN", "gamma"),
        ("--net-type=RNN --nonlin=gamma2", "RNN", "gamma2"),
        ("--net-type=expRNN --nonlin=gamma", "expRNN", "gamma"),
        ("--net-type=expRNN", "expRNN", "modrelu"),
    ],
)
def test_a_network_alone_is_its_demonstration(script, given, network, nonlin):
    options = settled(script, ["--preset=demo", *given.split()])
    assert (options.preset, options.net_type) == ("demo", network)
    assert getattr(options, "nonlin", nonlin) == nonlin
    assert options.nhid <= 128


def test_with_a_flag_of_the_program_the_defaults_are_the_programs():
    options = settled("psmnist", ["--net-type", "ANRU", "--nhid", "300", "-p"])
    assert (options.preset, options.nhid, options.permute) == ("script", 300, True)
    assert (options.lr, options.epochs, options.batch) == (1e-4, 100, 100)
    assert options.plateau_factor == 0.1
    options = settled("ptb_char", ["--net-type=GRU", "--tied", "--emsize=600"])
    assert (options.nhid, options.lr, options.bptt) == (600, 1e-4, 150)


def test_what_is_known_of_their_results_is_shown():
    def outcome(*words):
        program = settled("psmnist", words).program
        return program.recipe.published(program)

    levels = outcome("--preset=gamma/ANRU-400")
    assert levels["homogeneous"] == "above 91.5%, the best about 93%"
    assert outcome("--preset=gamma/LSTM-400") == levels
    assert "nnRNN 512" in outcome("--preset=doc/nnRNN-512")
    program = made("addition", "gamma").program
    assert program.recipe.published(program) == {}
