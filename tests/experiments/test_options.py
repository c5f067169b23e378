"""The bridge from dataclasses to flags, and what it refuses."""

import dataclasses
import re

import pytest

from experiments.core.options import OptionError, named, option, options_of
from experiments.core.parts import Task
from experiments.core.program import known_options
from tests.experiments.settings import made, parsed

ALL = ["copy", "addition", "psmnist"]


def parse(words):
    return parsed("copy", words, "starts")


def copy(**given):
    return made("copy", "starts", **given)


def test_flags_of_the_published_scripts_keep_their_meaning():
    given = parse(
        [
            *("--init", "chain", "--init_scale", "1.02", "--lr", "5e-5"),
            *("--rand_seed", "3", "--batch_size", "16", "--epochs", "100"),
            *("--hidden_units", "100", "--clip_norm", "10", "--T", "500"),
        ],
    )
    assert given == {
        "init": "chain",
        "init_scale": 1.02,
        "learning_rate": 5e-5,
        "seed": 3,
        "batch_size": 16,
        "epochs": 100,
        "units": 100,
        "clip_norm": 10.0,
        "T": 500,
    }


@pytest.mark.parametrize("spelling", ["--batch-size 7", "--batch_size=7"])
def test_hyphens_and_underscores_mean_the_same(spelling):
    assert parse(spelling.split()) == {"batch_size": 7}


def test_underscores_of_values_are_left_alone():
    assert parse(["--out", "my_run"]) == {"out": "my_run"}
    assert parse(["--out=my_run"]) == {"out": "my_run"}


def test_none_stands_for_no_value_where_there_need_not_be_one(capsys):
    assert parse(["--clip-norm", "none"]) == {"clip_norm": None}
    with pytest.raises(SystemExit, match="2"):
        parse(["--lr", "none"])
    assert "--learning-rate: expected a value, received none" in capsys.readouterr().err


def test_switches():
    assert parse(["--no-jit", "--resume", "--no-tensorboard"]) == {
        "jit": False,
        "resume": True,
        "tensorboard": False,
    }


@pytest.mark.parametrize("script", ALL)
def test_every_option_is_a_flag_with_help_in_a_section(script, capsys):
    with pytest.raises(SystemExit, match="0"):
        parsed(script, ["--help"], "starts")
    shown = capsys.readouterr().out
    for each in known_options(script, "starts").values():
        assert f"--{each.name.replace('_', '-')}" in shown
        assert each.metadata["help"].split()[0] in shown
        assert f"\n{each.group}:" in shown


@pytest.mark.parametrize("script", ALL)
def test_gains_default_to_those_of_the_start(script):
    defaults = {"chain": 1.02, "fbchain": 0.04, "orthogonal": 1.0, "identity": 1.0}
    for init, gain in defaults.items():
        assert made(script, "starts", init=init).init_scale == gain


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"T": 20}, "--T: expected a whole number of at least 21, received 20"),
        ({"hidden_units": 0}, "--units: .* at least 1, received 0"),
        ({"hidden_units": -5}, "--units"),
        ({"batch_size": -1}, "--batch-size"),
        ({"epochs": 0}, "--epochs"),
        ({"train_size": -1}, "--train-size"),
        ({"validation_size": -1}, "--validation-size"),
        (
            {"lr": float("nan")},
            "--learning-rate: expected a finite number above 0, received nan",
        ),
        ({"lr": float("inf")}, "--learning-rate"),
        ({"lr": 0.0}, "--learning-rate"),
        ({"clip_norm": -1.0}, "--clip-norm"),
        ({"stop_below": float("nan")}, "--stop-below"),
        ({"seed": -1}, "--seed"),
        ({"seed": 2**32}, "--seed"),
        ({"init": "chian"}, "--init: expected one of chain, fbchain, .* 'chian'"),
        ({"compare": "glorot"}, "--compare"),
        ({"compare": "chain"}, "--compare: expected another start than chain"),
        ({"optimizer": "sgd"}, "--optimizer"),
        ({"device": "tpu"}, "--device"),
        ({"init_scale": 2.5}, "--init-scale: the gain of chain"),
        ({"init_scale": float("nan")}, "--init-scale"),
        ({"init_scale": -1.0}, "--init-scale"),
        # The chain's gain, given to a start whose gain is something else.
        ({"init": "fbchain", "init_scale": 1.02}, "gain of fbchain is its feedback"),
        ({"batch_size": 32, "train_size": 31}, "--batch-size: .* at most --train-size"),
        ({"legacy_data": True}, "--legacy-data: .* --validation-size 0"),
    ],
)
def test_impossible_options_are_refused_by_flag_in_one_line(wrong, message):
    with pytest.raises(OptionError, match=message) as error:
        copy(**wrong)
    assert "\n" not in str(error.value)


def test_digits_that_do_not_exist_are_not_asked_for():
    with pytest.raises(OptionError, match="--validation-size"):
        made("psmnist", "starts", validation_size=60_000)
    with pytest.raises(OptionError, match="--batch-size"):
        made("psmnist", "starts", validation_size=59_990)


def test_tensorboard_asked_for_and_missing_is_said(monkeypatch):
    monkeypatch.setattr("experiments.core.program.has_tensorboard", lambda: False)
    assert not copy().run.writes_events
    with pytest.raises(OptionError, match="pip install tensorboard"):
        copy(tensorboard=True)


def test_the_compared_start_differs_in_start_gain_and_folder_only():
    program = copy(compare="fbchain", out="run", init_scale=1.05, lr=0.1).program
    other = program.recipe.compared(program)
    changed = {k for k, v in program.options.items() if other.options[k] != v}
    assert changed == {"init", "init_scale", "compare", "out"}
    assert (other.network.init, other.network.init_scale) == ("fbchain", 0.04)
    assert re.fullmatch(r"run[/\\]fbchain", other.run.out)
    assert other.recipe.compared(other) is None


@dataclasses.dataclass(frozen=True)
class Kinds(Task):
    """An option of every kind."""

    count: int = option(1, "whole", low=1, alias=("c", "-c"))
    size: float | None = option(None, "number or none")
    pair: tuple[float, float] = option((0.0, 1.0), "two numbers")
    switch: bool = option(False, "switch", role="label")
    word: str = option("one", "text", choices=("one", "Two"), spellings={"zwei": "Two"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "3", 3),
        ("c", 3.0, 3),
        ("size", "none", None),
        ("size", "1e-4", 1e-4),
        ("pair", "0:0.9", (0.0, 0.9)),
        ("pair", "0.1, 0.2", (0.1, 0.2)),
        ("pair", [0, 1], (0.0, 1.0)),
        ("switch", "true", True),
        ("switch", "no", False),
        ("word", "two", "Two"),
        ("word", "zwei", "Two"),
    ],
)
def test_values_are_read_from_texts_and_data(name, text, value):
    assert named(options_of(Kinds), name).read(text) == value


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("count", "x"), ("count", 2.5), ("count", "none"), ("switch", "maybe")],
)
def test_values_that_cannot_be_read_are_refused(name, wrong):
    with pytest.raises(OptionError, match=f"--{name}: expected"):
        named(options_of(Kinds), name).read(wrong)


def test_roles_that_are_not_known_are_refused():
    with pytest.raises(ValueError, match="Expected a role of trained"):
        option(1, "x", role="nonsense")
