"""What figures call runs."""

import pytest

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
    assert labels({}) == ["run"]
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
