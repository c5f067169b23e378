"""The reader of run directories."""

import json

import pytest

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core import runs
from experiments.core.options import OptionError
from tests.experiments.pictures.drawing import make_run


def test_labels_say_no_more_than_is_needed_to_differ(tmp_path):
    def labels(*options):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        paths = [make_run(folder / f"r{n}", each) for n, each in enumerate(options)]
        return [run.label for run in runs.run_folders(paths)]

    small, large = {"net_type": "RNN", "nhid": 8}, {"net_type": "RNN", "nhid": 9}
    assert labels(small, large) == ["RNN 8", "RNN 9"]
    assert labels(small, {**small, "seed": 401}) == [
        "RNN 8, seed 400",
        "RNN 8, seed 401",
    ]
    assert labels(small, small) == ["RNN 8 (r0)", "RNN 8 (r1)"]
    assert labels({"init": "chain", "hidden_units": 25}) == ["chain 25"]
    assert labels({}) == ["chain 100"]
    staired = {**small, "stair": "n2"}
    assert labels({**small, "stair": "none"}, staired) == ["RNN 8", "RNN 8, stair n2"]
    assert labels(staired, {**staired, "seed": 401}) == [
        "RNN 8, stair n2, seed 400",
        "RNN 8, stair n2, seed 401",
    ]


def test_heights_are_read_by_epoch(tmp_path):
    (run,) = runs.run_folders([str(make_run(tmp_path / "run", {}))])
    assert run.logged("alpha") == {}
    (run.path / "alpha.csv").write_text("epoch,0,1\n1,0.5,1e-3\n4,0.25,2\n")
    assert run.logged("alpha") == {1: [0.5, 1e-3], 4: [0.25, 2.0]}


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "epoch,0,1\n1,2\n", "epoch,0\n1,x\n", "epoch,0\n\n"]
)
def test_other_tables_of_heights_are_refused(tmp_path, text):
    (run,) = runs.run_folders([str(make_run(tmp_path / "run", {}))])
    (run.path / "alpha.csv").write_text(text)
    with pytest.raises(OptionError, match=r"cannot read .*alpha\.csv: "):
        run.logged("alpha")


def make_language_model(folder, seed, loss, **options):
    """A finished run of `language_model.py`."""
    chosen = {"corpus": "ptb-char", "cell": "lstm", "init": "chain", "lr": 10.0}
    path = make_run(
        folder, {**chosen, "seed": seed, **options}, "language_model", family="language"
    )
    summary = {
        "start": "lstm, chain",
        "epochs": 3,
        "seconds": 60.0,
        "best": {"val_loss": loss},
        "test": {"loss": loss},
    }
    (path / "summary.json").write_text(json.dumps(summary))
    return str(path)


# Fault 2: `strategy` came later and was missing in three sets of what may differ.
@pytest.mark.parametrize(
    "other",
    [
        {"strategy": "mirrored"},
        {"device": "gpu", "jit": None, "tensorboard": False},
        {"log_gradient_norm": True, "preset": "paper"},
        {"tied": True},  # its default, which older runs do not say
    ],
)
def test_repeats_differ_in_their_seed_wherever_they_were_trained(tmp_path, other):
    first = make_language_model(tmp_path / "a", 1, 1.0)
    second = make_language_model(tmp_path / "b", 2, 2.0, **other)
    third = make_language_model(tmp_path / "c", 2, 2.0, lr=1.0)
    found = runs.repeats(runs.run_folders([first, third, second]))
    assert [[run.path.name for run in group] for group in found] == [["a", "b"], ["c"]]


def test_settings_can_be_compared_but_for_pre_training(tmp_path):
    settings = [
        {"pretrain": "none", "clip_norm": None, "strategy": "mirrored"},
        {"pretrain": "controller", "target": "0.5", "clip_norm": 1.0},
        {"pretrain": "none", "stack": "5"},
    ]
    paths = [
        make_run(tmp_path / str(n), each, "deep_rnn", family="stability")
        for n, each in enumerate(settings)
    ]
    found = runs.run_folders(list(map(str, paths)))
    first, second, third = (
        r.setting_but("clip_norm", group="pre-training") for r in found
    )
    assert first == second != third


def test_runs_of_unknown_scripts_are_read_all_the_same(tmp_path):
    (run,) = runs.run_folders([str(make_run(tmp_path / "run", {}, "elsewhere"))])
    assert run.setting == {"seed": 400}
    assert run.history()[0]["loss"] == 0.5
    with pytest.raises(OptionError, match=r"elsewhere\.py .*not known here"):
        assert run.program


def test_states_are_in_the_order_of_their_epochs(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for epoch in ("0012", "0002", "10000"):
        (folder / f"epoch-{epoch}.weights.h5").touch()
    assert list(runs.states(tmp_path)) == [2, 12, 10000]


@pytest.mark.parametrize("text", ["", "[]", "{", None])
def test_a_summary_that_is_broken_is_none(tmp_path, text):
    if text is not None:
        (tmp_path / "summary.json").write_text(text)
    assert runs.read_summary(tmp_path) == {}
