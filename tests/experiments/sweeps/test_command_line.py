"""The scripts as a user starts them."""

import pytest

HEAVY = ("tensorflow", "keras", "keras_nonnormal", "numpy", "matplotlib", "ray", "yaml")


@pytest.mark.parametrize("script", ["sweep", "report"])
def test_help_loads_nothing_heavy(python, script):
    shown = python("-X", "importtime", f"experiments/{script}.py", "--help")
    assert shown.returncode == 0
    assert f"experiments/{script}.py" in shown.stdout
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert "argparse" in imported  # the list is what it is taken for
    assert not imported.intersection(HEAVY)


def test_a_sweep_is_refused_before_anything_is_written(python, repository, tmp_path):
    script = repository / "experiments" / "sweep.py"
    refused = python(script, "copy", "--grid", "lr=0", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("sweep.py: error: --learning-rate: ")
    assert list(tmp_path.iterdir()) == []
