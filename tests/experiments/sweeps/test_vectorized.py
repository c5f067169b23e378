"""Runs trained as one leave the directories they would leave alone."""

import json

import pytest

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.command import composed
from experiments.core.options import OptionError
from experiments.core.run import execute
from experiments.sweeps.plan import check_vectorized
from experiments.sweeps.worker import train_vectorized

pytestmark = pytest.mark.usefixtures("uncompiled_file")

BASE = {
    **{"preset": "script", "T": 22, "units": 5, "batch_size": 8, "epochs": 1},
    **{"train_size": 16, "validation_size": 8, "test_size": 8},
    **{"jit": False, "tensorboard": False},
}


def program(**changes):
    return composed("copy", "starts", {**BASE, **changes})


def test_a_group_leaves_the_summaries_of_runs_alone(tmp_path, capsys):
    settings = [
        {"init": init, "seed": seed, "learning_rate": rate}
        for init, seed, rate in (("chain", 1, 1e-3), ("orthogonal", 2, 3e-3))
    ]
    folders = [tmp_path / each["init"] for each in settings]
    summaries = train_vectorized(
        [
            program(**each, out=str(folder))
            for each, folder in zip(settings, folders, strict=True)
        ]
    )
    wanted = execute(program(**settings[1], out=str(tmp_path / "alone")))
    assert list(summaries[1]) == list(wanted)
    # Rounding in float32 over two steps.
    assert summaries[1]["test"] == pytest.approx(wanted["test"], rel=1e-4)
    for folder, each in zip(folders, settings, strict=True):
        names = {path.name for path in folder.iterdir()}
        assert names == {path.name for path in (tmp_path / "alone").iterdir()}
        config = json.loads((folder / "config.json").read_text())
        assert config["options"]["learning_rate"] == each["learning_rate"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"batch_size": 4}, "--batch-size"), ({"compare": "identity"}, "--compare none")],
)
def test_runs_that_differ_in_more_than_their_start_are_refused(change, message):
    with pytest.raises(OptionError, match=message):
        check_vectorized([program(), program(**change)])


def test_a_group_is_on_one_device():
    with pytest.raises(OptionError, match="expected --strategy none"):
        check_vectorized([program(strategy="mirrored")])
