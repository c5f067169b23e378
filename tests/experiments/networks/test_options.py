"""Row 40: every option of the published programs, and what is refused."""

import json
import re

import pytest

from experiments.families import chosen
from experiments.networks.budget import NETWORKS
from experiments.networks.options import SKEW_STARTS
from experiments.options import parse
from experiments.prepare import prepare
from tests.experiments.networks.scripts import SCRIPTS

# Name and a value to give; then the defaults of the four programs: copy, psmnist,
# ptb_char and addition. "-": the program lacks it.
SHARED = [
    ("net-type", "expRNN", "nnRNN", "nnRNN", "nnRNN", "nnRNN"),
    ("nhid", 64, 128, 512, 1024, 128),
    ("cuda", True, False, False, False, False),
    ("seed", 7, 400, 400, 400, 400),
    ("random-seed", 7, 400, 400, 400, 400),
    ("batch", 3, 10, 100, 128, 1),
    ("lr", 0.5, 2e-4, 2e-4, 8e-4, 2e-4),
    ("lr_orth", 0.5, 2e-5, 2e-5, 8e-5, 2e-5),
    ("optimizer", "Adam", "RMSprop", "RMSprop", "RMSprop", "RMSprop"),
    ("alpha", 0.5, 0.99, 0.99, 0.9, 0.99),
    ("betas", (0.1, 0.2), (0.9, 0.999), (0.9, 0.999), (0.0, 0.9), (0.9, 0.999)),
    ("rinit", "random", "henaff", "henaff", "cayley", "cayley"),
    ("iinit", "torch_default", "xavier", "xavier", "kaiming", "xavier"),
    ("nonlin", "tanh", "modrelu", "modrelu", "modrelu", "modrelu"),
    ("alam", 0.5, 1e-4, 1e-4, 1.0, 1e-4),
    ("Tdecay", 0.5, 1e-5, 0.0, 1e-4, 1e-5),
    ("gamma-zero-gradient", True, False, False, False, False),
    ("clip", 5.0, None, None, None, None),
    ("clip-value", 5.0, None, None, None, None),
    ("capacity", 8, 4, 4, 4, 4),
    ("fft", True, False, False, False, False),
    ("t-mask", "block", "strict", "strict", "strict", "strict"),
    ("orthogonal-map", "cayley", "exp", "exp", "exp", "exp"),
    ("trivialization", "dynamic", "static", "static", "static", "static"),
    ("rebase-every", 9, 100, 100, 100, 100),
    ("project-every", 9, 30, 30, 30, 30),
    ("log-gradient-norm", True, False, False, False, False),
    ("T", 30, 200, "-", "-", "-"),
    ("labels", 4, 8, "-", "-", 8),
    ("c-length", 5, 10, "-", "-", 20),
    ("no-of-ones", 3, "-", "-", "-", 2),
    ("onehot", True, False, "-", "-", False),
    ("vari", True, False, "-", "-", "-"),
    ("updates", 300, 1500, "-", "-", 20_000),
    ("permute", True, "-", False, "-", "-"),
    ("shuffle", True, "-", False, "-", "-"),
    ("epochs", 4, "-", 100, 100, "-"),
    ("save-freq", 4, "-", 50, "-", "-"),
    ("emsize", 64, "-", "-", 200, "-"),
    ("bptt", 64, "-", "-", 150, "-"),
    ("tied", True, "-", "-", False, "-"),
    ("log-interval", 10, 20, "-", 200, 100),
    ("save", "best.keras", "-", "-", None, "-"),
]
CASES = [
    (script, name, given, default)
    for name, given, *defaults in SHARED
    for script, default in zip(
        ("copy", "psmnist", "ptb_char", "addition"), defaults, strict=True
    )
    if default != "-"
]


def networks(script):
    return SCRIPTS[script][-1]


@pytest.mark.parametrize(("script", "name", "given", "default"), CASES)
def test_every_published_option_has_its_default_and_is_accepted(
    script, name, given, default
):
    options = networks(script).options
    field = {"random-seed": "seed"}.get(name, name).replace("-", "_")
    assert getattr(options(), field) == default
    words = [f"--{name}"]
    if isinstance(given, tuple):
        words += map(str, given)
    elif given is not True:
        words.append(str(given))
    assert parse(options, words) == {field: given}
    # Hyphens and underscores mean the same.
    other = "--" + name.translate(str.maketrans("-_", "_-"))
    assert parse(options, [other, *words[1:]]) == {field: given}


@pytest.mark.parametrize("text", ["0.0 0.9", "0.0,0.9", "(0.0, 0.9)"])
def test_betas_are_two_numbers_in_any_form(text):
    words = ["--betas", *text.split()]
    assert parse(networks("copy").options, words) == {"betas": (0.0, 0.9)}
    kept = json.loads(json.dumps({"betas": (0.0, 0.9)}))
    assert networks("copy").options(**kept).betas == (0.0, 0.9)


def test_gamma_zero_gradient_may_be_followed_by_a_word():
    for words, value in (([], True), (["true"], True), (["False"], False)):
        given = parse(networks("copy").options, ["--gamma-zero-gradient", *words])
        assert given == {"gamma_zero_gradient": value}


def test_complex_can_be_switched_off():
    assert parse(networks("copy").options, ["--no-complex"]) == {"complex": False}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_network_has_valid_defaults_in_every_task(script, network):
    options = networks(script).options(net_type=network)
    assert options.start.startswith(network)
    if network in ("RNN-orth", "expRNN", "nnRNN"):
        assert options.rinit in SKEW_STARTS


@pytest.mark.parametrize("start", [*SKEW_STARTS, "xavier"])
def test_an_rnn_takes_every_start(start):
    assert networks("copy").options(net_type="RNN", rinit=start).rinit == start


def test_vari_has_updates_of_its_own():
    assert networks("copy").options(vari=True).updates == 200_000
    assert networks("copy").options(vari=True, updates=30).updates == 30


@pytest.mark.parametrize(
    ("updates", "interval", "per_row"),
    [(1500, 20, 20), (400, 20, 20), (7, 20, 7), (30, 20, 15), (997, 20, 1)],
)
def test_rows_of_metrics_divide_the_updates(updates, interval, per_row):
    options = networks("copy").options(updates=updates, log_interval=interval)
    assert options.updates_per_epoch == per_row
    assert options.epochs * per_row == updates


def test_the_budget_chooses_the_hidden_size():
    def size(**given):
        return networks("copy").options(onehot=True, budget=18_953, **given).nhid

    assert (size(), size(net_type="expRNN"), size(net_type="LSTM")) == (128, 176, 63)
    text = networks("ptb_char").options(net_type="LSTM", budget=1_318_200)
    assert text.nhid == 475


@pytest.mark.parametrize(
    ("script", "wrong", "message"),
    [
        ("copy", "--nhid=127", "--nhid: the Schur form of nnRNN .* received 127"),
        ("copy", "--net-type=EURNN --nhid=127", "--nhid: EURNN rotates pairs"),
        ("copy", "--net-type=EURNN --capacity=3", "--capacity: expected an even"),
        ("copy", "--net-type=EURNN --capacity=130", "of at most --nhid, 128"),
        ("copy", "--net-type=EURNN --fft --nhid=96", "--fft needs a power of two"),
        ("copy", "--net-type=EURNN --capacity=0", "--capacity"),
        ("copy", "--net-type=QRNN", "--net-type: expected one of RNN, RNN-orth"),
        ("copy", "--rinit=xavier", "--rinit: nnRNN starts from an orthogonal matrix"),
        ("copy", "--net-type=expRNN --rinit=xavier", "--rinit: expRNN"),
        ("copy", "--net-type=RNN-orth --rinit=xavier", "--rinit: RNN-orth"),
        ("copy", "--rinit=haarr --nhid=2", "--rinit: expected one of henaff"),
        ("copy", "--net-type=LSTM --frobnicate=1", "frobnicate"),
        ("copy", "--vari --T=1", "--T: --vari needs at least 2"),
        ("copy", "--onehot --T=0", "--T"),
        ("copy", "--net-type=nnRNN --updates=0", "--updates"),
        ("copy", "--clip=1 --clip-value=1", "exclude each other"),
        ("copy", "--clip=-1", "--clip"),
        ("copy", "--alam=-1", "--alam"),
        ("copy", "--alpha=1", "--alpha: expected less than 1"),
        ("copy", "--betas 0.9 1.5", "--betas: expected two finite numbers"),
        ("copy", "--betas 0.9", "--betas: expected two numbers"),
        ("copy", "--lr_orth=nan", "--lr-orth"),
        ("copy", "--preset=doc/nnRNN", "--preset: expected one of"),
        ("copy", "--net-type=nnRNN --preset=doc/nnRNN", "demo, script, short/"),
        ("copy", "--gamma-zero-gradient=maybe", "expected true or false"),
        ("addition", "--c-length=4 --no-of-ones=5", "--no-of-ones: .* at most 4"),
        ("psmnist", "--nhid=64 --batch=200 --train-size=100", "--batch"),
        ("ptb_char", "--tied", "--tied: needs --emsize equal to --nhid, 1024"),
        ("ptb_char", "--train-size=100", "--batch: expected at most half"),
        ("ptb_char", "--bptt=0", "--bptt"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_code_2(script, wrong, message, refused):
    assert re.search(message, refused(script, wrong))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--net-type=RNN --lr_orth=1e-5", "--lr-orth has no effect: RNN has no ortho"),
        ("--net-type=LSTM --lr-orth=1e-5", "LSTM has no orthogonal parameters"),
        ("--net-type=EURNN --lr_orth=1e-5", "EURNN has no orthogonal parameters"),
        ("--net-type=expRNN --alam=1", "--alam has no effect: expRNN has no gamma"),
        ("--net-type=LSTM --nonlin=tanh", "LSTM has no non-linearity to choose"),
        ("--net-type=nnRNN --capacity=2", "nnRNN has no rotations"),
        ("--net-type=EURNN --fft --capacity=4", "no effect with --fft"),
        ("--optimizer=Adam --alpha=0.9", "--alpha has no effect: the optimizer is Ad"),
        ("--budget=9000 --nhid=4", "--nhid has no effect: --budget chose"),
    ],
)
def test_flags_without_effect_are_remarked_on_in_one_line(given, said, capsys):
    options = prepare(networks("copy"), given.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("copy.py: warning: ")
    assert said in line
    assert options.out


def test_flags_that_are_accepted_for_their_own_sake_are_remarked_on(capsys):
    prepare(networks("addition"), ["--labels=8", "--onehot"])
    said = capsys.readouterr().err
    assert "--labels has no effect" in said
    assert "--onehot has no effect" in said


def test_flags_with_an_effect_are_not_remarked_on(capsys):
    prepare(networks("copy"), ["--lr_orth=1e-5", "--alam=1", "--Tdecay=0"])
    prepare(networks("copy"), ["--preset=doc/RNN-128"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "family"),
    [
        ("", "starts"),
        ("--T 100", "starts"),
        ("--init fbchain", "starts"),
        ("--preset paper", "starts"),
        ("--preset demo", "starts"),
        ("--frobnicate", "starts"),
        ("--net-type nnRNN", "networks"),
        ("--net_type=LSTM", "networks"),
        ("--net-type LSTM --preset demo", "networks"),
        ("--preset doc/nnRNN-128", "networks"),
        ("--preset=short/RNN-orth --T 30", "networks"),
        ("--nhid 64", "networks"),
        ("--random_seed 3 --rinit cayley --Tdecay 1e-6", "networks"),
        ("--net-type nnRNN --help", "networks"),
        ("--help", "starts"),
    ],
)
def test_flags_say_which_experiment_is_meant(arguments, family):
    assert chosen(SCRIPTS["copy"], arguments.split()).family == family


def test_a_resumed_run_says_which_experiment_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in (("old", {}), ("new", {"family": "networks"})):
        folder = tmp_path / "runs" / "copy" / name
        folder.mkdir(parents=True)
        config = {"experiment": "copy", "options": {}, **content}
        (folder / "config.json").write_text(json.dumps(config))
    for name, family in (("old", "starts"), ("new", "networks")):
        arguments = ["--resume", "--out", f"runs/copy/{name}"]
        assert chosen(SCRIPTS["copy"], arguments).family == family
    assert chosen(SCRIPTS["copy"], ["--resume", "--out=nowhere"]).family == "starts"
    assert prepare(networks("copy"), ["--resume", "--out=runs/copy/new"]).nhid == 128


@pytest.mark.parametrize("script", ["copy", "addition", "psmnist"])
def test_help_says_how_to_see_the_other_experiment(script, python):
    first = python(f"experiments/{script}.py", "--help").stdout
    assert f"{script}.py --net-type nnRNN --help" in first
    assert "--nhid" not in first
    second = python(f"experiments/{script}.py", "--net-type", "nnRNN", "--help").stdout
    assert f"{script}.py --init chain --help" in second
    assert "--nhid" in second
