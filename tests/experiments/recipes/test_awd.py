"""Options, presets and published numbers of language models."""

from types import SimpleNamespace

import pytest

from experiments.core.command import composed, program_of
from experiments.core.options import OptionError
from experiments.core.parts import presets_of
from experiments.core.program import compose
from experiments.language_model import main
from experiments.networks.language import FEEDBACK_GAIN, GAINS, STARTS
from experiments.published.grids import LANGUAGE_SEEDS, language
from keras_nonnormal.initializers._starts import STARTS as KNOWN

PRESETS = presets_of("language_model", "awd")
PUBLISHED = {
    "rnn": ("identity", "orthogonal", "chain", "fbchain"),
    "lstm": ("orthogonal", "chain", "plain", "mixed"),
}


def of_preset(name):
    return composed("language_model", "awd", {"preset": name})


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_program(preset):
    program = of_preset(preset)
    if "/" in preset:
        kind, name = preset.split("/")
        assert name in (program.label, program.task.corpus)
        assert kind in ("short", "paper", "awd")


def test_the_published_settings():
    """Section 8 of the paper's settings, and the commands they change."""
    for name, sizes in {
        "ptb-word": (3, 400, 1150, 20, 70),
        "ptb-char": (3, 200, 1000, 128, 150),
        "enwik8": (3, 400, 1840, 128, 200),
    }.items():
        for cell, starts in PUBLISHED.items():
            for init in starts:
                program = of_preset(f"paper/{name}-{cell}-{init}")
                task, network, recipe, _ = program.parts
                found = (network.layers, network.emsize, network.units)
                assert (*found, recipe.batch_size, task.bptt) == sizes
                assert (recipe.weight_decay, recipe.clip_norm) == (1.2e-6, 0.25)
                assert network.tied
                assert init in recipe.published(program)
    _, network, recipe, _ = of_preset("paper/ptb-char-rnn-chain").parts
    assert (recipe.learning_rate, recipe.lr_drops) == (2e-3, (300, 400))
    assert (network.dropout_weight, network.dropout_embedding) == (0.1, 0)
    assert (network.ar, network.tar, recipe.epochs) == (0, 0, 500)
    assert of_preset("paper/enwik8-rnn-fbchain").network.dropout_output == 0
    assert of_preset("paper/ptb-word-rnn-identity").recipe.epochs == 60
    program = of_preset("awd/ptb-word")
    _, network, recipe, _ = program.parts
    assert (recipe.optimizer, recipe.average_window) == ("sgd", 5)
    assert (recipe.learning_rate, network.ar, network.tar) == (30, 2, 1)
    assert network.dropout_weight == 0.5
    # 24,221,600 weights are published, where every layer has two biases.
    task = SimpleNamespace(input_width=10_000)
    parameters = network.parameters(program, task)
    assert parameters == 24_221_600 - 4 * (2 * 1150 + 400)


def test_published_losses_stand_beside_a_run_of_their_text_and_cell():
    """Tables 1 and 3: test losses in bits, mean and deviation over three seeds."""

    def beside(corpus, cell):
        program = compose("language_model", "awd", {"corpus": corpus, "cell": cell})
        return program.recipe.published(program)

    words = beside("ptb-word", "rnn")
    assert words["setting"] == "Table 1, test, full size, bits per word"
    assert words["fbchain"] == "6.510 ± 0.001 (perplexity 91.1)"
    assert words.keys() == {"setting", *PUBLISHED["rnn"]}
    assert beside("enwik8", "lstm")["mixed"] == "1.577 ± 0.001"
    assert beside("wikitext-2", "lstm")["plain"] == "perplexity 65.6"
    assert beside("wikitext-2", "rnn") == {}  # nothing was published


@pytest.mark.parametrize("init", PUBLISHED["rnn"])
def test_the_grids_have_63_runs(init):
    runs = [*language(init, chain_gain=0.95)]
    assert len(runs) == 21 * len(LANGUAGE_SEEDS)
    free = "feedback_gain" if init == "fbchain" else "gain"
    gains = sorted({run[free] for run in runs})
    assert (gains[0], gains[-1]) == (
        (0.01, 0.21) if init == "fbchain" else (0.05, 1.05)
    )
    assert all(compose("language_model", "awd", {"cell": "rnn", **r}) for r in runs)


def test_starts_and_gains_are_those_of_the_library():
    names = {"rnn": "SimpleRNN", "lstm": "LSTM"}
    for cell, starts in STARTS.items():
        known = {name for name, start in KNOWN.items() if names[cell] in start.layers}
        assert {*starts} == known
    for name, gain in GAINS.items():
        gains = KNOWN[name].gains
        assert gain == gains.get("forward_gain", gains["scale"])
    assert KNOWN["fbchain"].gains["scale"] == FEEDBACK_GAIN


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--init mixed", "--init: rnn starts from one of orthogonal, identity"),
        ("--init plain --gain 1.0", "--gain: plain has none, received 1.0"),
        ("--feedback-gain 0.1", "--feedback-gain: chain has none"),
        ("--lr-drops 40 30", "--lr-drops: expected the earlier epoch first"),
        ("--train-size 30 --batch 20", "--train-size: expected at least two tokens"),
        ("--bptt 4", "--bptt: expected a whole number of at least 5"),
        ("--preset short/ptb-char-rnn-chian", "such as short/ptb-char-rnn-chain"),
        ("--generate 5", "--generate: name the run by --out"),
        ("--generate 5 --out .", "there is no run in ."),
        ("--generate 5 --lr 1", "unrecognized arguments: --lr 1"),
    ],
)
def test_wrong_options_are_refused_in_one_line(flags, said, tmp_path, capsys):
    where = [] if "--generate" in flags else ["--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as refused:
        main([*flags.split(), *where])
    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("language_model.py: error: ")
    assert said in line
    assert [*tmp_path.iterdir()] == []


def test_flags_that_name_a_setting_mean_the_published_one():
    assert program_of("language_model", ["--seed", "2"]).run.preset == "demo"
    program = program_of("language_model", ["--init", "fbchain"])
    assert (program.run.preset, program.task.corpus) == ("script", "ptb-word")


def test_an_option_out_of_place_is_remarked():
    program = compose("language_model", "awd", {"average_window": 3})
    assert [*program.remarks({"average_window": 3})] == [
        "--average-window has no effect: only sgd is averaged"
    ]
    with pytest.raises(OptionError, match="--rounds"):
        compose("language_model", "awd", {"seed": 2**32 - 1, "rounds": 2})
