"""Row 40: every option of the published programs, and what is refused."""

import json
import re

import pytest

from experiments.core.parts import network_names
from experiments.networks.recurrent import SKEW_STARTS
from tests.experiments.networks.scripts import SCRIPTS
from tests.experiments.settings import family, made, own_name, parsed, settled

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


@pytest.mark.parametrize(("script", "name", "given", "default"), CASES)
def test_every_published_option_has_its_default_and_is_accepted(
    script, name, given, default
):
    recipe, field = "nnrnn", own_name(script, name)
    if name not in ("cuda", "seed", "random-seed"):
        assert getattr(made(script), field) == default
    words = [f"--{name}"]
    if isinstance(given, tuple):
        words += map(str, given)
    elif given is not True:
        words.append(str(given))
    assert parsed(script, words, recipe) == {field: given}
    # Hyphens and underscores mean the same.
    other = "--" + name.translate(str.maketrans("-_", "_-"))
    assert parsed(script, [other, *words[1:]], recipe) == {field: given}


@pytest.mark.parametrize("text", ["0.0 0.9", "0.0,0.9", "(0.0, 0.9)"])
def test_betas_are_two_numbers_in_any_form(text):
    words = ["--betas", *text.split()]
    assert parsed("copy", words) == {"betas": (0.0, 0.9)}
    kept = json.loads(json.dumps({"betas": (0.0, 0.9)}))
    assert made("copy", **kept).betas == (0.0, 0.9)


def test_gamma_zero_gradient_may_be_followed_by_a_word():
    for words, value in (([], True), (["true"], True), (["False"], False)):
        given = parsed("copy", ["--gamma-zero-gradient", *words])
        assert given == {"gamma_zero_gradient": value}


def test_complex_can_be_switched_off():
    assert parsed("copy", ["--no-complex"]) == {"complex": False}


@pytest.mark.parametrize("network", network_names("gamma"))
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_network_has_valid_defaults_in_every_task(script, network):
    options = made(script, "gamma", net_type=network)
    assert options.start.startswith(network)
    if network in ("RNN-orth", "expRNN", "nnRNN"):
        assert options.rinit in SKEW_STARTS


@pytest.mark.parametrize("start", [*SKEW_STARTS, "xavier"])
def test_an_rnn_takes_every_start(start):
    assert made("copy", net_type="RNN", rinit=start).rinit == start


def test_vari_has_updates_of_its_own():
    assert made("copy", vari=True).updates == 200_000
    assert made("copy", vari=True, updates=30).updates == 30


@pytest.mark.parametrize(
    ("updates", "interval", "per_row"),
    [(1500, 20, 20), (400, 20, 20), (7, 20, 7), (30, 20, 15), (997, 20, 1)],
)
def test_rows_of_metrics_divide_the_updates(updates, interval, per_row):
    options = made("copy", updates=updates, log_interval=interval)
    assert options.updates_per_epoch == per_row
    assert options.epochs * per_row == updates


def test_the_budget_chooses_the_hidden_size():
    def size(**given):
        return made("copy", onehot=True, budget=18_953, **given).nhid

    assert (size(), size(net_type="expRNN"), size(net_type="LSTM")) == (128, 176, 63)
    text = made("ptb_char", net_type="LSTM", budget=1_318_200)
    assert text.nhid == 475


@pytest.mark.parametrize(
    ("script", "wrong", "message"),
    [
        (
            "copy",
            "--net-type=nnRNN --nhid=127",
            "--units: the Schur form of nnRNN .* received 127",
        ),
        ("copy", "--net-type=EURNN --nhid=127", "--units: EURNN rotates pairs"),
        ("copy", "--net-type=EURNN --capacity=3", "--capacity: expected an even"),
        ("copy", "--net-type=EURNN --capacity=130", "of at most --units, 128"),
        ("copy", "--net-type=EURNN --fft --nhid=96", "--fft needs a power of two"),
        ("copy", "--net-type=EURNN --capacity=0", "--capacity"),
        ("copy", "--net-type=QRNN", "--net-type: expected one of Antisymmetric"),
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
        ("copy", "--net-type=nnRNN --preset=doc/nnRNN", "such as"),
        ("copy", "--gamma-zero-gradient=maybe", "expected true or false"),
        ("addition", "--c-length=4 --no-of-ones=5", "--no-of-ones: .* at most 4"),
        ("psmnist", "--net-type=RNN --batch=200 --train-size=100", "--batch-size"),
        ("ptb_char", "--tied", "--tied: needs --emsize equal to --units, 1024"),
        ("ptb_char", "--train-size=100", "--batch-size: expected at most half"),
        ("ptb_char", "--bptt=0", "--bptt"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_code_2(script, wrong, message, refused):
    assert re.search(message, refused(script, wrong))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "--net-type=RNN --lr_orth=1e-5",
            "--lr-orth has no effect: it is an option of expRNN, nnRNN, ScoRNN, not",
        ),
        ("--net-type=LSTM --lr-orth=1e-5", "not of LSTM"),
        ("--net-type=EURNN --lr_orth=1e-5", "not of EURNN"),
        (
            "--net-type=expRNN --alam=1",
            "--alam has no effect: it is an option of nnRNN, not of expRNN",
        ),
        ("--net-type=LSTM --nonlin=tanh", "not of LSTM"),
        ("--net-type=nnRNN --capacity=2", "it is an option of EURNN, not of nnRNN"),
        ("--net-type=EURNN --fft --capacity=4", "no effect with --fft"),
        ("--optimizer=Adam --alpha=0.9", "--alpha has no effect: the optimizer is Ad"),
        ("--budget=9000 --nhid=4", "--units has no effect: --budget chose"),
    ],
)
def test_flags_without_effect_are_remarked_on_in_one_line(given, said, capsys):
    options = settled("copy", given.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("copy.py: warning: ")
    assert said in line
    assert options.out


def test_flags_that_are_accepted_for_their_own_sake_are_remarked_on(capsys):
    settled("addition", ["--labels=8", "--onehot"])
    said = capsys.readouterr().err
    assert "--labels has no effect" in said
    assert "--onehot has no effect" in said


def test_flags_with_an_effect_are_not_remarked_on(capsys):
    settled("copy", ["--lr_orth=1e-5", "--alam=1", "--Tdecay=0"])
    settled("copy", ["--preset=doc/RNN-128"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "kind"),
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
        ("--nhid 64", "starts"),
        ("--random_seed 3 --rinit cayley --Tdecay 1e-6", "networks"),
        ("--net-type nnRNN --help", "networks"),
        ("--help", "starts"),
    ],
)
def test_flags_say_which_recipe_is_meant(arguments, kind):
    assert family("copy", arguments.split()) == kind


def test_a_resumed_run_says_which_experiment_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in (("old", {}), ("new", {"family": "networks"})):
        folder = tmp_path / "runs" / "copy" / name
        folder.mkdir(parents=True)
        config = {"experiment": "copy", "options": {}, **content}
        (folder / "config.json").write_text(json.dumps(config))
    for name, kind in (("old", "starts"), ("new", "networks")):
        arguments = ["--resume", "--out", f"runs/copy/{name}"]
        assert family("copy", arguments) == kind
    assert family("copy", ["--resume", "--out=nowhere"]) == "starts"
    assert settled("copy", ["--resume", "--out=runs/copy/new"]).nhid == 128


@pytest.mark.parametrize("script", ["copy", "addition", "psmnist"])
def test_help_says_how_to_see_the_other_recipes_and_their_presets(script, python):
    first = python(f"experiments/{script}.py", "--help").stdout
    assert "--recipe nnrnn --help" in first
    assert "--net-type {" not in first
    listed = first.split("  networks: ")[1].split("\nrecipe ")[0]
    assert set(re.split(r",\s+", listed)) == set(network_names())
    second = python(f"experiments/{script}.py", "--net-type", "nnRNN", "--help").stdout
    assert "--recipe starts --help" in second
    for title in ("task:", "network:", "stair:", "EURNN:", "training:", "run:"):
        assert f"\n{title}" in second
    if script != "addition":
        assert "doc/nnRNN-" in first


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "--net-type=RNN --init=chain",
            "--init is of the recipe starts, --net-type of",
        ),
        ("--preset=doc/nnRNN-128 --init=chain", "starts, --preset doc/nnRNN-128 of nn"),
        ("--recipe=awd", "--recipe: expected one of starts, nnrnn, gamma"),
        ("--task=psmnist", "--task: this is copy.py, expected copy"),
    ],
)
def test_flags_that_point_to_two_recipes_are_refused(words, message, refused):
    assert message in refused("copy", words)


@pytest.mark.parametrize(
    ("words", "recipe", "reason"),
    [
        ("", "starts", "as no flag says what is trained"),
        ("--seed 3 --quick", "starts", "as no flag says what is trained"),
        ("--batch 10", "starts", "nnrnn and gamma would fit, too: --recipe nnrnn"),
        ("--batch-size 10", "starts", "nnrnn and gamma would fit, too"),
        ("--clip 1", "starts", "nnrnn and gamma would fit, too"),
        ("--hidden-units 10", "starts", "nnrnn and gamma would fit, too"),
        ("--init chain --init_scale 1.02 --lr 5e-5", "starts", "because of --init"),
        ("--net-type LSTM", "nnrnn", "because of --net-type; gamma would fit, too"),
        ("--recipe gamma --net-type LSTM", "gamma", "as asked for"),
        ("--nonlin gamma", "gamma", "because of --nonlin"),
    ],
)
def test_the_recipe_is_said_with_its_reason(words, recipe, reason):
    program = settled("copy", words.split()).program
    assert program.recipe.name == recipe
    assert f"recipe {recipe}" in program.why
    assert reason in program.why


def test_any_flag_that_says_what_is_trained_means_the_published_defaults():
    words = "--init chain --init_scale 1.02 --lr 5e-5 --rand_seed 3".split()  # noqa: SIM905
    chain = settled("copy", words)
    assert (chain.T, chain.units, chain.train_size) == (500, 100, 60_000)
    assert chain.compare is None
    assert settled("copy", ["--preset=demo", "--lr=5e-5"]).T == 50
    assert settled("copy", ["--seed=3"]).T == 50


def test_names_in_any_case_of_letters_are_known():
    for word in ("nnrnn", "NNRNN", "nnRNN"):
        assert settled("addition", [f"--net-type={word}"]).net_type == "nnRNN"
    assert settled("copy", ["--nonlin=None", "--net-type=RNN"]).nonlin == "none"
    given = ["--net-type=RNN-orth", "--rinit", "random orth."]
    assert settled("copy", given).rinit == "random"
