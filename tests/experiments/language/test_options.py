"""Options, presets and published numbers of language models."""

import pytest

from experiments.language.options import FEEDBACK_GAIN, GAINS, STARTS, LanguageOptions
from experiments.language.presets import PAPER_SEEDS, PRESETS, grid
from experiments.language.results import LSTM, RNN, published
from experiments.language_model import EXPERIMENT, main
from experiments.options import OptionError
from keras_nonnormal.initializers._starts import STARTS as KNOWN


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_setting(preset):
    options = LanguageOptions(**PRESETS[preset])
    if "/" in preset:
        kind, name = preset.split("/")
        assert name in (options.label, options.corpus)
        assert kind in ("short", "paper", "awd")


def test_the_published_settings():
    """Section 8 of the paper's settings, and the commands they change."""
    options = {name: LanguageOptions(**PRESETS[name]) for name in PRESETS}
    for name, sizes in {
        "ptb-word": (3, 400, 1150, 20, 70),
        "ptb-char": (3, 200, 1000, 128, 150),
        "enwik8": (3, 400, 1840, 128, 200),
    }.items():
        for cell, starts in (("rnn", RNN), ("lstm", LSTM)):
            for init in starts:
                o = options[f"paper/{name}-{cell}-{init}"]
                assert (o.layers, o.emsize, o.nhid, o.batch, o.bptt) == sizes
                assert (o.weight_decay, o.clip, o.tied) == (1.2e-6, 0.25, True)
                assert init in published(name, cell)
    characters = options["paper/ptb-char-rnn-chain"]
    assert (characters.lr, characters.lr_drops) == (2e-3, (300, 400))
    assert (characters.dropout_weight, characters.dropout_embedding) == (0.1, 0)
    assert (characters.ar, characters.tar, characters.epochs) == (0, 0, 500)
    assert options["paper/enwik8-rnn-fbchain"].dropout_output == 0
    assert options["paper/ptb-word-rnn-identity"].epochs == 60
    words = options["awd/ptb-word"]
    assert words.averages
    assert (words.lr, words.ar, words.tar, words.dropout_weight) == (30, 2, 1, 0.5)
    # 24,221,600 weights are published, where every layer has two biases.
    assert words.count_parameters(10_000) == 24_221_600 - 4 * (2 * 1150 + 400)


@pytest.mark.parametrize("init", RNN)
def test_the_grids_have_63_runs(init):
    runs = [*grid(init, chain_gain=0.95)]
    assert len(runs) == 21 * len(PAPER_SEEDS)
    free = "feedback_gain" if init == "fbchain" else "gain"
    gains = sorted({run[free] for run in runs})
    assert (gains[0], gains[-1]) == (
        (0.01, 0.21) if init == "fbchain" else (0.05, 1.05)
    )
    assert all(LanguageOptions(cell="rnn", **run) for run in runs)


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
        ("--generate 5 --out .", "has no config.json"),
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
    assert EXPERIMENT.unnamed_preset({"init": "fbchain", "seed": 2}) == "demo"
    assert EXPERIMENT.unnamed_preset({"corpus": "ptb-word"}) == "script"


def test_an_option_out_of_place_is_remarked():
    options = LanguageOptions(average_window=3)
    assert [*options.remarks({"average_window": 3})] == [
        "--average-window has no effect: only sgd is averaged"
    ]
    with pytest.raises(OptionError, match="--rounds"):
        LanguageOptions(seed=2**32 - 1, rounds=2)
