"""Grids and the runs that they make."""

import hashlib
import json
from pathlib import Path

import pytest

from experiments.core.options import OptionError
from experiments.core.parts import network_names
from experiments.sweeps.command import parsed
from experiments.sweeps.grids import PUBLISHED, axes_of, grid_of, listed
from experiments.sweeps.plan import planned, varied


def runs_of(what, *words, only=(), out="runs"):
    grid = grid_of(str(what)).along(axes_of(words))
    return planned(grid, Path(out), axes_of(only, "--only"))


def test_ranges_and_lists_of_values():
    assert listed("1..3,7,1e-4,none") == ["1", "2", "3", "7", "1e-4", "none"]
    assert listed("-1..1") == ["-1", "0", "1"]


def test_a_grid_has_all_combinations_each_once():
    runs = runs_of("copy", "init=chain,orthogonal", "lr=1e-4,1e-04", "seed=1..3")
    assert [(run.options["init"], run.options["seed"]) for run in runs] == [
        (init, seed) for init in ("chain", "orthogonal") for seed in (1, 2, 3)
    ]
    assert {run.options["learning_rate"] for run in runs} == {1e-4}
    assert {run.options["compare"] for run in runs} == {None}


def test_a_flag_given_twice_adds_to_itself():
    flags = ["copy", "--grid", "lr=1e-3", "T=30", "--grid", "seed=1..2"]
    assert parsed(None, flags).grid == ["lr=1e-3", "T=30", "seed=1..2"]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("starts/copy", (462, 462, 594, 594)),
        ("starts/addition", (462, 462, 594, 594)),
        ("starts/psmnist", (462, 462, 594, 594)),
    ],
)
def test_the_grids_of_starts_have_the_published_numbers_of_runs(name, counts):
    runs = runs_of(name)
    inits = [run.options["init"] for run in runs]
    found = [inits.count(i) for i in ("chain", "fbchain", "orthogonal", "identity")]
    assert tuple(found) == counts
    assert {run.options["validation_size"] for run in runs} == {0}
    assert len({run.key for run in runs}) == sum(counts)


@pytest.mark.parametrize(
    ("name", "count", "sizes"),
    [
        (
            "lsc/fig2",
            756,
            {"learning_rate": 7, "dataset": 3, "activation": 3, "seed": 4},
        ),
        ("lsc/fig3", 432, {"task": 3, "net": 6, "stack": 2, "target": 3, "seed": 4}),
        ("gamma/copy", 135, {"gain": 9, "saturation": 5}),
        ("gamma/psmnist", 240, {"gain": 16, "saturation": 5}),
        ("gamma/text", 240, {"gain": 16, "saturation": 5}),
    ],
)
def test_the_other_published_grids(name, count, sizes):
    runs = runs_of(name)
    differ = varied(runs)
    assert len(runs) == count
    assert sizes.items() <= {k: len(values) for k, values in differ.items()}.items()


def test_a_published_grid_can_be_cut_and_made_shorter():
    runs = runs_of("starts/copy", "T=200", "epochs=5", only=["seed=1", "init=chain"])
    assert len(runs) == 77
    assert {(run.options["T"], run.options["epochs"]) for run in runs} == {(200, 5)}


def test_the_key_is_that_of_the_run_not_of_where_or_how_it_was_named():
    (paper,) = runs_of("copy", "preset=paper", out="a")
    named = ("preset=script", "legacy_data=true", "validation_size=0", "lr=5e-5")
    (script,) = runs_of("copy", *named, "seed=3", "device=cpu", out="b")
    (other,) = runs_of("copy", *named, "seed=4")
    assert paper.key == script.key == paper.directory.name
    assert other.key != script.key


def test_options_decide_which_recipe_is_meant():
    (network,) = runs_of("copy", "net_type=nnRNN")
    (start,) = runs_of("copy", "init=chain")
    assert network.program.recipe.name == "nnrnn"
    assert start.program.recipe.name == "starts"
    assert network.program.network.net_type == "nnRNN"


def test_every_network_can_be_a_value_of_a_grid():
    names = [*network_names("nnrnn"), *network_names("gamma")]
    for name in names:
        (run,) = runs_of("copy", f"net_type={name}", "quick=true")
        assert name in run.program.network.names
    assert "AntisymmetricRNN" in names


def test_a_yaml_file_is_a_grid(tmp_path):
    pytest.importorskip("yaml")
    file = tmp_path / "grid.yaml"
    file.write_text(
        "sweep: copy\n"
        "grid:\n"
        "  - {init: chain, init_scale: [1, 1.02], lr: [1e-4, 0.001], seed: 1..2}\n"
        "  - {init: orthogonal, seed: [1, 2]}\n"
    )
    runs = runs_of(file, "T=30")
    assert len(runs) == 10
    assert {run.options["learning_rate"] for run in runs[:8]} == {1e-4, 1e-3}
    assert {run.options["T"] for run in runs} == {30}


@pytest.mark.parametrize(
    ("what", "words", "only", "said"),
    [
        ("kopy", (), (), "expected one of addition, copy"),
        ("none.yaml", (), (), "cannot read none.yaml"),
        ("copy", ("lr",), (), "expected an option and its values"),
        ("copy", ("lr=1e-4,",), (), "expected an option and its values"),
        (
            "copy",
            ("lr=fast",),
            (),
            "--learning-rate: expected a number, received",
        ),
        ("copy", ("seed=1.5",), (), "seed: expected a whole number"),
        ("copy", ("lr=-1",), (), "--learning-rate: expected a finite number above 0"),
        ("copy", ("rate=1",), (), "no option 'rate'"),
        ("copy", ("out=a",), (), "no option 'out' that a sweep could set"),
        ("copy", ("preset=paprika",), (), "--preset: expected one of "),
        ("copy", ("init=chain", "init_scale=3"), (), "--init-scale: the gain of"),
        ("copy", (), ("rate=1",), "--only: copy.py has no option 'rate'"),
    ],
)
def test_what_makes_no_sense_is_refused(what, words, only, said):
    with pytest.raises(OptionError, match=said.replace("(", r"\(")):
        runs_of(what, *words, only=only)


KEYS = json.loads((Path(__file__).parent / "keys.json").read_text())


@pytest.mark.parametrize("what", PUBLISHED)
def test_published_grids_are_in_the_folders_they_have_always_been_in(what):
    keys = sorted(run.key for run in runs_of(what) if not came_later(run.options))
    digest = hashlib.sha256(" ".join(keys).encode()).hexdigest()
    assert (len(keys), digest) == (
        KEYS["grids"][what]["runs"],
        KEYS["grids"][what]["sha256"],
    )


def came_later(options):
    """Whether a run is one of the rows of spiking networks with the target 1/2."""
    spiking = options.get("net") in ("maLSNN", "maLSNNb")
    return spiking and options["target"] == "0.5"


@pytest.mark.parametrize("words", KEYS["runs"])
def test_presets_are_in_the_folders_they_have_always_been_in(words):
    what, *axes = words.split()
    (run,) = runs_of(what, *axes)
    assert run.key == KEYS["runs"][words]


@pytest.mark.parametrize(
    ("what", "axis", "value"),
    [
        ("deep_rnn", "net=malsnn", "maLSNN"),
        ("copy", "net_type=nnrnn", "nnRNN"),
        ("psmnist", "net-type=EXPRNN", "expRNN"),
    ],
)
def test_values_are_read_in_any_case(what, axis, value):
    (run,) = runs_of(what, axis)
    name = axis.split("=")[0].replace("-", "_")
    assert run.options[name] == value
    assert run.key == runs_of(what, f"{name}={value}")[0].key
    assert len(runs_of(what, f"{name}={value}", only=[axis])) == 1


def test_a_value_that_is_none_of_the_choices_is_refused_by_only():
    with pytest.raises(OptionError, match="--net: expected one of "):
        runs_of("deep_rnn", "net=LSTM", only=["net=malsn"])
