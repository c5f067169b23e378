"""Rows S2, S7 and S27: the options of the published Stair programs."""

import json
import re

import pytest

from experiments.core.options import OptionError, options_of
from experiments.core.parts import networks_of
from experiments.networks.recurrent import FIXED, LEARNED, STAIRS
from experiments.networks.recurrent import STAIR_SPELLINGS as SPELLINGS
from keras_nonnormal.activations import schedules
from tests.experiments.settings import family, made, own_name, parsed, settled

WITH_STAIRS = [
    name
    for network in networks_of("copy", "nnrnn")
    if "stair" in options_of(network)
    for name in network.names
]
# Time steps of the default sequences.
STEPS = {"copy": 220, "psmnist": 784, "ptb_char": 150}


# The options that the programs for fixed, for learned and for input-dependent stairs
# share: name, a value to give, and the field; then what copy, psmnist and ptb_char have
# if it is not given. (There is one program here, and it starts from nnRNN.)
SHARED = [
    ("net-type", "LSTM", "net_type", "nnRNN", "nnRNN", "nnRNN"),
    ("nvar", "n2", "stair", "none", "none", "none"),
    ("stair", "expalpha", "stair", "none", "none", "none"),
    ("nhid", 64, "nhid", 128, 512, 1024),
    ("cuda", True, "cuda", False, False, False),
    ("random-seed", 7, "seed", 400, 400, 400),
    ("seed", 7, "seed", 400, 400, 400),
    ("batch", 3, "batch", 10, 100, 128),
    ("lr", 0.5, "lr", 2e-4, 2e-4, 8e-4),
    ("lr_orth", 0.5, "lr_orth", 2e-5, 2e-5, 8e-5),
    ("optimizer", "Adam", "optimizer", "RMSprop", "RMSprop", "RMSprop"),
    ("alpha", 0.5, "alpha", 0.99, 0.99, 0.9),
    ("betas", (0.1, 0.2), "betas", (0.9, 0.999), (0.9, 0.999), (0.0, 0.9)),
    ("rinit", "random", "rinit", "henaff", "henaff", "cayley"),
    ("iinit", "kaiming", "iinit", "xavier", "xavier", "kaiming"),
    ("nonlin", "tanh", "nonlin", "modrelu", "modrelu", "modrelu"),
    ("alam", 0.5, "alam", 1e-4, 1e-4, 1.0),
    ("Tdecay", 0.5, "Tdecay", 1e-5, 0.0, 1e-4),
    ("name", "mine", "name", None, None, None),
    ("max-steps", 900, "max_steps", None, None, None),
    ("slen", 220, "slen", None, None, None),
    ("log-spectral-norm", True, "log_spectral_norm", False, False, False),
]
OWN = {
    "copy": [
        ("T", 30, "T", 200),
        ("labels", 4, "labels", 8),
        ("c-length", 5, "c_length", 10),
        ("onehot", True, "onehot", False),
        ("vari", True, "vari", False),
        ("bptt", 900, "max_steps", None),
    ],
    "psmnist": [
        ("permute", True, "permute", False),
        ("epochs", 4, "epochs", 100),
        ("save-freq", 4, "save_freq", 50),
        ("save_freq", 4, "save_freq", 50),
        ("rounds", 3, "rounds", 1),
        ("bptt", 900, "max_steps", None),
    ],
    "ptb_char": [
        ("emsize", 64, "emsize", 200),
        ("bptt", 900, "bptt", 150),
        ("tied", True, "tied", False),
        ("epochs", 4, "epochs", 100),
        ("log-interval", 9, "log_interval", 200),
        ("save", "model.pt", "save", None),
        ("rounds", 3, "rounds", 1),
        ("carry-step", True, "carry_step", False),
    ],
}
CASES = [
    (script, name, given, field, defaults[list(STEPS).index(script)])
    for name, given, field, *defaults in SHARED
    for script in STEPS
] + [(script, *case) for script, cases in OWN.items() for case in cases]


@pytest.mark.parametrize(("script", "name", "given", "field", "default"), CASES)
def test_every_option_of_the_stair_programs(script, name, given, field, default):
    field = own_name(script, field)
    if field not in ("cuda", "seed", "name", "rounds"):
        assert getattr(made(script), field) == default
    words = [f"--{name}"]
    if isinstance(given, tuple):
        words += map(str, given)
    elif given is not True:
        words.append(str(given))
    assert parsed(script, words) == {field: given}


@pytest.mark.parametrize("stair", [*STAIRS, *SPELLINGS])
@pytest.mark.parametrize("script", STEPS)
def test_all_families_of_stairs_are_in_every_program(script, stair):
    options = made(script, **parsed(script, ["--nvar", stair]))
    assert options.stair == SPELLINGS.get(stair, stair)
    learned = options.stair in LEARNED
    assert options.learned_steps == (STEPS[script] if learned else 0)


def test_names_and_spellings_are_those_of_the_library():  # Row S2
    assert set(FIXED) == set(schedules.SCHEDULES)
    assert LEARNED == schedules.LEARNED
    assert SPELLINGS == {**schedules.ALIASES, "open": "expn"}


@pytest.mark.parametrize(
    ("words", "network", "stair"),
    [
        ("RNN1", "RNN", "none"),
        ("RNN-Orth", "RNN-orth", "none"),
        ("RNN2", "RNN", "expalpha"),
        ("expRNN2", "expRNN", "expalpha"),
        ("nnRNN2", "nnRNN", "expalpha"),
        ("nnRNN2 --nvar=1n2", "nnRNN", "n2"),
        ("RNN2 --stair=none", "RNN", "none"),
        ("RNN2 --preset=stair2/sRNN-128", "RNN", "expalpha"),
    ],
)
def test_networks_have_the_names_of_the_published_programs(words, network, stair):
    options = settled("copy", ["--net-type", *words.split()])
    assert (options.net_type, options.stair) == (network, stair)


@pytest.mark.parametrize("start", ["henaff", "cayley", "random"])
@pytest.mark.parametrize("network", ["RNN", "RNN-orth", "expRNN", "nnRNN"])
def test_every_start_is_there_for_every_network_with_a_stair(network, start):
    """Row S15; `xavier`, for the RNN alone, is in `test_options.py`."""
    options = made("copy", net_type=network, rinit=start, stair="expn")
    assert options.rinit == start


def test_a_learned_stair_is_as_long_as_the_sequences():  # Row S7
    def steps(script, **given):
        return made(script, stair="alpha", **given).max_steps

    assert [steps(script) for script in STEPS] == list(STEPS.values())
    assert steps("copy", T=30, c_length=4) == 38
    assert steps("copy", T=30, c_length=4, vari=True) == 37  # delays below T
    assert steps("ptb_char", bptt=70) == 70
    assert made("addition", stair="alpha", c_length=9).max_steps == 9
    assert steps("copy", max_steps=900) == 900
    assert made("copy", stair="expn").max_steps is None


@pytest.mark.parametrize(
    ("script", "wrong", "message"),
    [
        ("copy", "--stair=sqrtlogn2", "--stair: expected one of none, expn, n2, n, lo"),
        ("psmnist", "--nvar=logn2", "--stair: expected one of .*received 'logn2'"),
        ("copy", "--net-type=RNN3", "--net-type: expected one of Antisym"),
        ("copy", "--stair=alpha --max-steps=219 --T=200", "at least the 220 steps"),
        ("copy", "--stair=alpha --bptt=59 --T=40", "--max-steps.*the 60 .*received 59"),
        ("copy", "--vari --stair=alpha --T=9 --max-steps=27", "at least the 28 steps"),
        ("psmnist", "--stair=expalpha --bptt=783", "at least the 784 steps of a seque"),
        ("psmnist", "--stair=alpha --max-steps=0", "--max-steps: expected a whole nu"),
        ("ptb_char", "--stair=alpha --max-steps=149 --bptt=150", "at least the 150"),
        ("ptb_char", "--stair=alpha --carry-step", "--carry-step: .*--max-steps"),
        ("ptb_char", "--stair=exp-alpha --carry-step", "--carry-step: .*--max-steps"),
        ("addition", "--stair=alpha --c-length=9 --max-steps=8", "the 9 steps"),
        ("copy", "--net-type=LSTM --stair=expalpha", "--stair: LSTM has gates"),
        ("copy", "--net-type=EURNN --stair=exp-alpha", "--stair: EURNN has a non-lin"),
        ("copy", "--net-type=ANRU --stair=expn", "--stair: ANRU has a controller"),
        ("copy", "--net-type=GRU --stair=expalpha", "--stair: GRU is a network wit"),
        ("psmnist", "--stair=expn --rounds=0", "--rounds"),
        ("psmnist", "--rounds=2 --seed=4294967295", "--rounds: expected seeds below"),
        ("copy", "--stair=expn --name=a/b", "--name: expected a part of a folder's"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_code_2(script, wrong, message, refused):
    assert re.search(message, refused(script, wrong))


def test_too_long_sequences_are_refused_before_anything_heavy_loads(
    python, repository, tmp_path
):
    path = repository / "experiments" / "copy.py"
    flags = ["--stair", "alpha", "--max-steps", "7"]
    refused = python("-X", "importtime", path, *flags, cwd=tmp_path)
    assert refused.returncode == 2
    imported = {line.split("|")[-1].strip() for line in refused.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported.intersection({"tensorflow", "keras", "keras_nonnormal"})


@pytest.mark.parametrize(
    ("script", "given", "said"),
    [
        ("copy", "--slen=220", "--slen has no effect"),
        ("psmnist", "--stair=expn --bptt=784", "--max-steps has no effect: the stair"),
        ("ptb_char", "--carry-step", "--carry-step has no effect: there is no stair"),
    ],
)
def test_flags_without_effect_are_remarked_on_in_one_line(script, given, said, capsys):
    settled(script, given.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{script}.py: warning: ")
    assert said in line


def test_flags_with_an_effect_are_not_remarked_on(capsys):
    settled("copy", ["--stair=alpha", "--bptt=400", "--net-type=expRNN"])
    settled("ptb_char", ["--stair=n", "--carry-step"])
    settled("copy", ["--net-type=expRNN", "--nonlin=tanh"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("--stair expn", "networks"),
        ("--nvar=1n", "networks"),
        ("--stair none", "networks"),
        ("--bptt 220", "networks"),
        ("--preset stair2/sRNN-128", "networks"),
        ("--T 100", "starts"),
    ],
)
def test_a_stair_means_a_network(arguments, kind):
    assert family("copy", arguments.split()) == kind


def test_a_stair_alone_is_a_demonstration_of_its_network():
    options = settled("copy", ["--preset=demo", "--stair", "expn"])
    assert (options.preset, options.net_type, options.T) == ("demo", "nnRNN", 20)
    given = ["--preset=demo", "--nvar=alpha", "--net-type=expRNN2"]
    options = settled("copy", given)
    assert (options.preset, options.net_type, options.lr) == ("demo", "expRNN", 1e-3)
    assert options.max_steps == 40


def test_a_run_is_named_by_its_stair_or_by_what_one_likes():
    options = made("copy", stair="1n2")
    assert (options.label, options.start) == (
        "nnRNN-128-n2",
        "nnRNN, 128 units, stair n2",
    )
    assert made("copy").label == "nnRNN-128"
    assert made("copy", stair="n", name="mine").label == "mine"
    assert re.fullmatch(r"runs/copy/[\d-]+-mine", settled("copy", ["--name=mine"]).out)


def test_other_spellings_are_those_a_run_began_with(tmp_path):
    """What config.json says, and what may be said again to go on."""
    options = settled("copy", ["--nvar=1n2", "--net-type=RNN-Orth"])
    assert (options.stair, options.net_type) == ("n2", "RNN-orth")
    kept = {"stair": options.stair, "net_type": options.net_type}
    (tmp_path / "config.json").write_text(
        json.dumps({"experiment": "copy", "family": "networks", "options": kept})
    )
    again = ["--resume", "--out", str(tmp_path), "--stair=n^2", "--net-type=RNN-Orth"]
    assert settled("copy", again).stair == "n2"


@pytest.mark.parametrize("network", WITH_STAIRS)
def test_a_budget_counts_what_a_learned_stair_learns(network):
    def size(**given):
        return made("copy", net_type=network, budget=1000, **given).nhid

    assert size(stair="alpha") < size(stair="expn") == size()


def test_options_can_also_be_spelled_in_python():
    assert made("copy", stair="1n").stair == "n"
    with pytest.raises(OptionError, match="--stair"):
        made("copy", stair="2n")
