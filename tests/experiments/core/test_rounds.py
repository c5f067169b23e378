"""The means of runs that are repeated with other seeds."""

import json

import pytest

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.command import composed
from experiments.core.run import execute_rounds


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("tested", [True, False])
def test_means_are_those_of_tests_or_else_of_the_last_rows(
    tmp_path, capsys, sized, tested
):
    size = {"T": 30, "train_size": 16, "validation_size": 8, "test_size": 8}
    size |= {"batch_size": 8}
    given = {"out": str(tmp_path), "rounds": 2, "compare": None, **size}

    def execute(program):
        loss = float(program.run.seed)
        last = {"epoch": 1, "loss": loss, "seconds": 1.0}
        found = {"test": {"loss": loss} if tested else {}, "last": last}
        return {**found, "parameters": 7} if sized else found

    summary = execute_rounds(composed("copy", "starts", given), execute)
    assert summary["test"] == {"loss": 1.5}
    assert summary["test_deviation"] == {"loss": pytest.approx(0.5**0.5)}
    assert summary.get("parameters") == (7 if sized else None)
    assert summary == json.loads((tmp_path / "summary.json").read_text())
    assert "1.5000" in capsys.readouterr().out
