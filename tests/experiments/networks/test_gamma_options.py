"""Rows A8, A16, A17 and A24: the options of the gamma programs."""

import json
import re

import pytest

from experiments import recipes
from experiments.core.options import OptionError
from tests.experiments.settings import family, made, own_name, parsed, settled

# The options of the programs for digits and for text, a value to give, the field; and
# the default of the program. Where the program reads what it does not use, the last is
# "-": the default here is that of another program.
DIGITS = [
    ("-g", True, "cuda", False),
    ("--cuda", True, "cuda", False),
    ("-p", True, "permute", False),
    ("--permute", True, "permute", False),
    ("-v", True, "verbose", False),
    ("--verbose", True, "verbose", False),
    ("--gain", 2.5, "gain", 1.0),
    ("--saturation", 0.5, "saturation", 1.0),
    ("--random", True, "random", True),
    ("--no-random", False, "random", True),
    ("--learn_params", True, "learn_params", True),
    ("--no-learn_params", False, "learn_params", True),
    ("--nonlin", "gamma", "nonlin", "gamma2"),
    ("--net-type", "LSTM", "net_type", "RNN"),
    ("--nhid", 64, "nhid", 400),
    ("--lr", 0.5, "lr", 1e-4),
    ("--save-freq", 5, "save_freq", 25),
    ("--seed", 7, "seed", 400),
    ("--rinit", "kaiming", "rinit", "henaff"),
    ("--iinit", "normal", "iinit", "kaiming"),
    ("--batch", 7, "batch", 100),
    ("--note", "mine", "note", None),
    ("--test", True, "test", False),
    ("--transform", "step", "transform", "published"),
    ("--transform-ratio", 0.5, "transform_ratio", 0.0),
]
TEXT = [
    ("--emsize", 64, "emsize", 200),
    ("--nhid", 64, "nhid", 600),
    ("--capacity", 8, "capacity", "-"),
    ("--epochs", 3, "epochs", 100),
    ("--batch_size", 7, "batch", 128),
    ("--bptt", 70, "bptt", 150),
    ("--tied", True, "tied", False),
    ("--seed", 7, "seed", 400),
    ("-g", True, "cuda", False),
    ("--log-interval", 7, "log_interval", 200),
    ("--save", "model.pt", "save", None),
    ("--net-type", "LSTM", "net_type", "RNN"),
    ("--lr", 0.5, "lr", 1e-4),
    ("--lr_orth", 0.5, "lr_orth", "-"),
    ("--rinit", "cayley", "rinit", "henaff"),
    ("--iinit", "xavier", "iinit", "kaiming"),
    ("--ostep_method", "cayley", "orthogonal_map", "exp"),
    ("--alam", 0.5, "alam", "-"),
    ("--nonlin", "gamma2", "nonlin", "gamma2"),
    ("--n", 2.5, "gain", 1.0),
    ("-n", 2.5, "gain", 1.0),
    ("--s", 0.5, "saturation", 1.0),
    ("-s", 0.5, "saturation", 1.0),
    ("--save-freq", 5, "save_freq", 25),
    ("-lp", True, "learn_params", True),
    ("--weight_decay", 0.5, "weight_decay", 0.0),
    ("--alpha", 0.5, "alpha", "-"),
    ("--note", "mine", "note", None),
]
CASES = [("psmnist", *case) for case in DIGITS]
CASES += [("ptb_char", *case) for case in TEXT]


def warnings(script, words, capsys):
    options = settled(script, words.split())
    said = capsys.readouterr().err.splitlines()
    start = f"{script}.py: warning: "
    assert all(line.startswith(start) for line in said)
    return options, [line.removeprefix(start) for line in said]


@pytest.mark.parametrize(("script", "name", "given", "field", "default"), CASES)
def test_every_option_of_the_gamma_programs(
    script, name, given, field, default
):  # Row A24
    field = own_name(script, field)
    assert default in ("-", getattr(made(script, "gamma"), field))
    words = [name] if isinstance(given, bool) else [name, str(given)]
    assert parsed(script, words) == {field: given}
    # Some flags are those of the other experiment, too.
    shared = ("--permute", "--lr", "--seed", "--nhid", "--batch", "--cuda", "-g")
    starts = script == "psmnist" and name in shared
    assert family(script, words) == ("starts" if starts else "networks")


def test_networks_and_nonlinearities_have_the_names_of_the_programs():  # Row A24
    assert made("psmnist", "gamma", net_type="ARUN").net_type == "ANRU"
    for word, name in (("ReLU", "relu"), ("modReLU", "modrelu"), ("gamma2", "gamma2")):
        given = parsed("psmnist", ["--nonlin", word])
        assert given == {"nonlin": name}


@pytest.mark.parametrize("script", ["psmnist", "ptb_char", "copy", "addition"])
@pytest.mark.parametrize(
    "given",
    [
        "--net-type=ANRU --lr=0.5",
        "--net-type=ARUN --lr=0.5",
        "--net-type=GRU --lr=0.5",
        "--nonlin=gamma --lr=0.5",
        "--net-type=RNN --nonlin=gamma2 --lr=0.5",
        "--gain=2.5 --lr=0.5",
        "--net-type=LSTM --no-learn-params --lr=0.5",
        "--nonlin=ReLU --random --lr=0.5",
    ],
)
def test_their_flags_mean_their_defaults(script, given):
    options = settled(script, given.split())
    assert (options.preset, options.optimizer, options.lr) == ("script", "Adam", 0.5)
    assert (options.rinit, options.iinit) == ("henaff", "kaiming")


@pytest.mark.parametrize(
    "given",
    [
        "--net-type=nnRNN --lr=0.5",
        "--net-type=LSTM --lr=0.5",
        "--nonlin=relu --lr=0.5",
        "--net-type=expRNN --weight-decay=0.5",
        "--net-type=nnRNN --transform-ratio=0.5",
    ],
)
def test_other_flags_mean_the_defaults_of_the_nnrnn_programs(given):
    options = settled("psmnist", given.split())
    assert (options.preset, options.optimizer) == ("script", "RMSprop")
    assert options.nonlin in ("modrelu", "relu")
    assert options.split_seed == 1234


def test_of_flags_none_mean_them():
    assert recipes.nnrnn.Gamma.claims({}) is None


def test_the_shape_is_drawn_unless_one_is_given():  # Row A8
    def shape(*words):
        options = settled("psmnist", ["--nonlin=gamma2", "--lr=1", *words])
        return options.random, options.gain, options.saturation

    assert shape()[0] is True
    assert shape("--no-random") == (False, 1.0, 1.0)
    assert shape("--gain=10", "--saturation=0") == (False, 10.0, 0.0)
    assert shape("--gain=10") == (False, 10.0, 1.0)
    assert shape("--random", "--gain=10")[0] is True
    assert shape("--saturation=0", "--learn-params")[0] is False


def test_the_flag_adam_is_short_for_the_optimizer():
    def optimizer(*words):
        return settled("ptb_char", ["--nonlin=gamma", *words]).optimizer

    assert optimizer("--adam") == optimizer("--lr=1") == "Adam"
    assert optimizer("--no-adam") == "RMSprop"


def training(script, recipe="nnrnn", **given):
    program = made(script, recipe, out="runs", **given).program
    return program.recipe.training(program, None)["schedule"]


def optimizer_of(script, recipe="nnrnn", **given):
    program = made(script, recipe, **given).program
    return program.recipe.new_optimizer(program, None)


def test_the_schedule_of_the_programs_waits_for_ten_epochs():  # Row A17
    plan = training("psmnist", "gamma", transformed=False).reduce_on_plateau
    assert plan == {
        **{"factor": 0.1, "patience": 10, "threshold": 1e-4},
        **{"monitor": "val_loss", "mode": "min"},
    }
    # Text: the rate is halved, as in the nnRNN program, unless it is said otherwise.
    halving = {"factor": 0.5, "patience": 0}
    assert training("ptb_char", "gamma").reduce_on_plateau == halving
    text = training("ptb_char", plateau_factor=0.2, plateau_patience=3)
    assert text.reduce_on_plateau["patience"] == 3
    # Without a validation split the loss of training is watched.
    copy = training("copy", plateau_factor=0.2).reduce_on_plateau
    assert "monitor" not in copy


def test_adam_has_the_rate_of_the_programs():  # Row A17
    optimizer = optimizer_of("psmnist", "gamma")
    assert type(optimizer).__name__ == "AdamTorch"
    assert float(optimizer.learning_rate) == pytest.approx(1e-4)
    assert (optimizer.beta_1, optimizer.beta_2) == (0.9, 0.999)
    assert optimizer.rate_factors == {"recurrent/*/bias": 2.0}  # the sum of two


def test_all_weights_decay_if_asked_to():
    given = {"nonlin": "gamma", "net_type": "RNN", "weight_decay": 1e-3}
    assert optimizer_of("ptb_char", **given).coupled_weight_decay == 1e-3


def test_order_and_split_follow_the_seed_of_the_run(digits):  # Row A16
    """And without an order to draw the split is another one."""

    def first(seed=400, **given):
        given = {"permute": True, "train_size": 100, "seed": seed, **given}
        program = made("psmnist", "gamma", **given).program
        return program.task.load(seed).splits.train.inputs[0].tolist()

    assert first(seed=3) == first(seed=3, split_seed=3) == first(split_seed=3)
    assert first(seed=3) != first(seed=4)
    assert sorted(first(seed=3)) != sorted(first(seed=3, permute=False))
    one = sorted(first(seed=3, permute=False, one_split=True))
    assert sorted(first(seed=3)) == one


def test_starts_and_fixed_shapes_are_told_apart():
    def options(**given):
        recipe = "gamma" if given["net_type"] == "ANRU" else "nnrnn"
        return made("psmnist", recipe, **{"units": 512, **given})

    assert options(net_type="RNN", nonlin="gamma2").label == "RNN-512-gamma2"
    static = options(net_type="RNN", nonlin="gamma", gain=10.0, learn_params=False)
    assert static.label == "RNN-512-gamma-n10-s1-fixed"
    assert static.start == "RNN, 512 units, gamma, n 10, s 1, fixed"
    assert options(net_type="RNN", nonlin="relu").label == "RNN-512-relu"
    assert options(net_type="RNN").label == "RNN-512"
    assert options(net_type="LSTM", nonlin="gamma").label == "LSTM-512"
    assert options(net_type="ANRU").label == "ANRU-512"
    assert options(net_type="ANRU", gain=2.0, saturation=0.0).label == "ANRU-512-n2-s0"
    assert options(net_type="nnRNN", nonlin="gamma", stair="n").label == (
        "nnRNN-512-gamma-n"
    )


@pytest.mark.parametrize(
    ("script", "wrong", "message"),
    [
        ("psmnist", "--nonlin=gamma --gain=0", "--gain: gamma has a pole at n = 0"),
        ("psmnist", "--nonlin=gamma --gain=nan", "--gain: expected a finite number"),
        ("psmnist", "--saturation=inf --lr=1", "--saturation: expected a finite"),
        ("psmnist", "--transform-ratio=1.5", "--transform-ratio: .* at least 0 and of"),
        ("psmnist", "--transform-ratio=-0.1", "--transform-ratio"),
        ("psmnist", "--plateau-factor=1 --lr=1", "--plateau-factor: expected less"),
        ("psmnist", "--plateau-factor=0 --lr=1", "--plateau-factor"),
        ("psmnist", "--plateau-patience=-1 --lr=1", "--plateau-patience"),
        ("psmnist", "--net-type=ANRU --controller=0", "--controller"),
        ("psmnist", "--nonlin=gamma3", "--nonlin: expected one of none, modrelu"),
        ("psmnist", "--net-type=RNN-orth --rinit=kaiming", "--rinit: RNN-orth starts"),
        ("psmnist", "--net-type=nnRNN --rinit=normal", "--rinit: nnRNN starts"),
        ("psmnist", "--split-seed=-1", "--split-seed"),
        ("ptb_char", "--Tdecay=1 --weight-decay=1", "--weight-decay: the triangle T"),
        ("copy", "--preset=gamma/GRU", "--preset: expected one of"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_code_2(script, wrong, message, refused):
    assert re.search(message, refused(script, wrong))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "--net-type=ANRU --nonlin=gamma2",
            "--nonlin has no effect: it is an option of",
        ),
        ("--net-type=ANRU --learn-params", "--learn-params has no effect: it is"),
        ("--net-type=GRU --rinit=henaff", "--rinit has no effect: it is an option of"),
        ("--net-type=GRU --iinit=xavier", "--iinit has no effect: it is an option of"),
        ("--net-type=LSTM --gain=2", "--gain has no effect: it is an option of"),
        ("--nonlin=relu --no-random", "--random has no effect: the non-linearity is r"),
        ("--nonlin=gamma --random --gain=2", "no effect: --random draws where to"),
        ("--nonlin=gamma --controller=5", "it is an option of ANRU, not of RNN"),
        ("--net-type=nnRNN --plateau-patience=5", "without --plateau-factor"),
        (
            "--nonlin=gamma --capacity=2",
            "--capacity has no effect: it is an option of EURNN",
        ),
        (
            "--nonlin=gamma --lr_orth=2e-5",
            "--lr-orth has no effect: it is an option of expRNN",
        ),
        ("--nonlin=gamma --ostep_method=exp", "--orthogonal-map has no effect: it is"),
        (
            "--nonlin=gamma --alam=1e-4",
            "--alam has no effect: it is an option of nnRNN",
        ),
        ("--nonlin=gamma --alpha=0.9", "--alpha has no effect: the optimizer is Adam"),
        ("--net-type=GRU --transform=step", "--transform has no effect without --test"),
        ("--net-type=GRU --checkpoint=2", "--checkpoint has no effect without --test"),
    ],
)
def test_flags_without_effect_are_remarked_on_in_one_line(given, said, capsys):
    """Row A24: left-overs are accepted and ignored, with a warning."""
    _, (line,) = warnings("psmnist", given, capsys)
    assert said in line


@pytest.mark.parametrize(
    "given",
    [
        "--nonlin=gamma --gain=2 --saturation=0 --no-learn-params",
        "--net-type=ANRU --gain=2 --rinit=kaiming --iinit=normal --controller=5",
        "--nonlin=gamma --no-adam --alpha=0.9",
        "--net-type=expRNN --nonlin=gamma --ostep_method=cayley --random",
        "--net-type=GRU --transform-ratio=0.2 --plateau-patience=3 --sin-phase=1",
    ],
)
def test_flags_with_an_effect_are_not_remarked_on(given, capsys):
    assert warnings("psmnist", given, capsys)[1] == []


def test_settled_options_are_those_a_run_goes_on_with(tmp_path):
    options = settled("psmnist", ["--net-type=ARUN", "--gain=2", "--adam"])
    kept = {
        name: getattr(options, name)
        for name in ("net_type", "gain", "saturation", "random", "optimizer", "lr")
    }
    content = {"experiment": "psmnist", "family": "networks", "options": kept}
    (tmp_path / "config.json").write_text(json.dumps(content))
    again = ["--resume", "--out", str(tmp_path), "--net-type=ARUN", "--gain=2"]
    resumed = settled("psmnist", [*again, "--adam", "--no-random"])
    assert {name: getattr(resumed, name) for name in kept} == kept


def test_a_gain_of_zero_is_refused_in_python_too():
    with pytest.raises(OptionError, match="pole at n = 0"):
        made("copy", "gamma", nonlin="gamma", gain=0.0)
