"""Runs trained as one leave the directories they would leave alone."""

import dataclasses
import json

import pytest
from experiments.options import OptionError
from experiments.packets import check_packet, run_packet

from experiments import copy_task

pytestmark = pytest.mark.usefixtures("uncompiled_file")

BASE = copy_task.CopyOptions(
    T=22,
    hidden_units=5,
    train_size=16,
    validation_size=8,
    test_size=8,
    batch_size=8,
    epochs=1,
    jit=False,
    tensorboard=False,
)


def test_a_packet_leaves_the_summaries_of_runs_alone(tmp_path, capsys):
    runs = [
        dataclasses.replace(
            BASE, init=init, init_scale=None, seed=seed, lr=lr, out=str(tmp_path / init)
        )
        for init, seed, lr in (("chain", 1, 1e-3), ("orthogonal", 2, 3e-3))
    ]
    summaries = run_packet(copy_task.EXPERIMENT, runs)
    alone = dataclasses.replace(runs[1], out=str(tmp_path / "alone"))
    wanted = copy_task.EXPERIMENT.run(alone)
    assert list(summaries[1]) == list(wanted)
    # Rounding in float32 over two steps.
    assert summaries[1]["test"] == pytest.approx(wanted["test"], rel=1e-4)
    for run in runs:
        names = {path.name for path in (tmp_path / run.init).iterdir()}
        assert names == {path.name for path in (tmp_path / "alone").iterdir()}
        config = json.loads((tmp_path / run.init / "config.json").read_text())
        assert config["options"]["lr"] == run.lr


@pytest.mark.parametrize(
    ("change", "message"),
    [({"batch_size": 4}, "--batch-size"), ({"compare": "identity"}, "--compare none")],
)
def test_runs_that_differ_in_more_than_their_start_are_refused(change, message):
    with pytest.raises(OptionError, match=message):
        check_packet(copy_task.EXPERIMENT, [BASE, dataclasses.replace(BASE, **change)])


def test_a_packet_is_on_one_device():
    with pytest.raises(OptionError, match="expected --strategy none"):
        check_packet(
            copy_task.EXPERIMENT, [dataclasses.replace(BASE, strategy="mirrored")]
        )
