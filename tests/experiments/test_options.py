"""The bridge from dataclasses to flags, and what it refuses."""

import dataclasses
import re

import pytest

from experiments.addition import AdditionOptions
from experiments.copy_task import CopyOptions
from experiments.options import OptionError, parse
from experiments.psmnist import PsmnistOptions

ALL = [CopyOptions, AdditionOptions, PsmnistOptions]


def test_flags_of_the_published_scripts_keep_their_meaning():
    given = parse(
        CopyOptions,
        [
            *("--init", "chain", "--init_scale", "1.02", "--lr", "5e-5"),
            *("--rand_seed", "3", "--batch_size", "16", "--epochs", "100"),
            *("--hidden_units", "100", "--clip_norm", "10", "--T", "500"),
        ],
    )
    assert given == {
        "init": "chain",
        "init_scale": 1.02,
        "lr": 5e-5,
        "seed": 3,
        "batch_size": 16,
        "epochs": 100,
        "hidden_units": 100,
        "clip_norm": 10.0,
        "T": 500,
    }


@pytest.mark.parametrize("spelling", ["--batch-size 7", "--batch_size=7"])
def test_hyphens_and_underscores_mean_the_same(spelling):
    assert parse(CopyOptions, spelling.split()) == {"batch_size": 7}


def test_underscores_of_values_are_left_alone():
    assert parse(CopyOptions, ["--out", "my_run"]) == {"out": "my_run"}
    assert parse(CopyOptions, ["--out=my_run"]) == {"out": "my_run"}


def test_none_stands_for_no_value_where_there_need_not_be_one(capsys):
    assert parse(CopyOptions, ["--clip-norm", "none"]) == {"clip_norm": None}
    with pytest.raises(SystemExit, match="2"):
        parse(CopyOptions, ["--lr", "none"])
    assert "invalid float value" in capsys.readouterr().err


def test_switches():
    assert parse(CopyOptions, ["--no-jit", "--resume", "--no-tensorboard"]) == {
        "jit": False,
        "resume": True,
        "tensorboard": False,
    }


@pytest.mark.parametrize("options_class", ALL)
def test_every_field_is_a_flag_with_help(options_class, capsys):
    with pytest.raises(SystemExit, match="0"):
        parse(options_class, ["--help"])
    shown = capsys.readouterr().out
    for field in dataclasses.fields(options_class):
        assert f"--{field.name.replace('_', '-')}" in shown
        assert field.metadata["help"].split()[0] in shown


@pytest.mark.parametrize("options_class", ALL)
def test_gains_default_to_those_of_the_start(options_class):
    defaults = {"chain": 1.02, "fbchain": 0.04, "orthogonal": 1.0, "identity": 1.0}
    for init, gain in defaults.items():
        assert options_class(init=init).init_scale == gain


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"T": 20}, "--T: expected a whole number of at least 21, received 20"),
        ({"hidden_units": 0}, "--hidden-units: .* at least 1, received 0"),
        ({"hidden_units": -5}, "--hidden-units"),
        ({"batch_size": -1}, "--batch-size"),
        ({"epochs": 0}, "--epochs"),
        ({"train_size": -1}, "--train-size"),
        ({"validation_size": -1}, "--validation-size"),
        ({"lr": float("nan")}, "--lr: expected a finite number above 0, received nan"),
        ({"lr": float("inf")}, "--lr"),
        ({"lr": 0.0}, "--lr"),
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
        CopyOptions(**wrong)
    assert "\n" not in str(error.value)


def test_digits_that_do_not_exist_are_not_asked_for():
    with pytest.raises(OptionError, match="--validation-size"):
        PsmnistOptions(validation_size=60_000)
    with pytest.raises(OptionError, match="--batch-size"):
        PsmnistOptions(validation_size=59_990)


def test_tensorboard_asked_for_and_missing_is_said(monkeypatch):
    monkeypatch.setattr("experiments.settings.has_tensorboard", lambda: False)
    assert not CopyOptions().writes_events
    with pytest.raises(OptionError, match="pip install tensorboard"):
        CopyOptions(tensorboard=True)


def test_the_compared_start_differs_in_start_gain_and_folder_only():
    options = CopyOptions(compare="fbchain", out="run", init_scale=1.05, lr=0.1)
    other = options.compared()
    changed = {
        field.name
        for field in dataclasses.fields(options)
        if getattr(options, field.name) != getattr(other, field.name)
    }
    assert changed == {"init", "init_scale", "compare", "out"}
    assert (other.init, other.init_scale) == ("fbchain", 0.04)
    assert re.fullmatch(r"run[/\\]fbchain", other.out)
    assert other.compared() is None
