"""What is settled before TensorFlow is loaded: presets, directories, resuming."""

import json

import pytest

from tests.experiments.settings import settled


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def options(*arguments):
    return settled("copy", arguments)


@pytest.fixture
def refused(capsys, tmp_path):
    """Checks that arguments end in one line, code 2, and nothing written."""

    def check(*arguments):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(SystemExit, match="2"):
            options(*arguments)
        error = capsys.readouterr().err
        assert error.startswith("copy.py: error: ")
        assert error.count("\n") == 1
        assert sorted(tmp_path.rglob("*")) == before
        return error

    return check


def begin_run(folder, finished=False, experiment="copy", **flags):
    """Leaves a folder as a run does that was broken off, or not."""
    folder.mkdir(parents=True)
    kept = {"preset": "demo", "lr": 0.25, "epochs": 9, "T": 30, **flags}
    content = {"experiment": experiment, "options": kept}
    (folder / "config.json").write_text(json.dumps(content))
    if finished:
        (folder / "summary.json").write_text("{}")


def test_no_arguments_give_the_demonstration():
    chosen = options()
    assert (chosen.preset, chosen.T, chosen.hidden_units) == ("demo", 50, 60)
    assert (chosen.init, chosen.compare) == ("chain", "orthogonal")


def test_quick_cuts_the_preset_down_and_flags_override_both():
    chosen = options("--preset", "paper", "--quick", "--epochs", 40)
    assert (chosen.T, chosen.train_size, chosen.epochs) == (500, 6400, 40)
    assert chosen.validation_size == 0  # still that of the preset


def test_a_preset_is_not_compared_with_the_start_that_was_chosen():
    demo = "--preset=demo"
    assert options(demo, "--init", "orthogonal").compare is None
    assert options(demo, "--init", "identity").compare == "orthogonal"
    assert options(demo, "--compare", "none").compare is None


def test_a_new_run_gets_a_folder_of_its_own(tmp_path):
    assert options("--quick").run.out.startswith("runs/copy/")
    first = options().run.out
    assert first.startswith("runs/copy/")
    assert first.endswith("-chain")
    (tmp_path / first).mkdir(parents=True)
    assert options().run.out != first


def test_what_argparse_cannot_read_is_refused_in_one_line(refused):
    assert "--foo" in refused("--foo", "1")
    assert "--learning-rate" in refused("--lr", "fast")
    assert "--epochs" in refused("--epochs")


def test_wrong_options_are_refused_in_one_line(refused):
    assert "at least 21" in refused("--T", 20)
    assert "demo, paper, script" in refused("--preset", "fast")


@pytest.mark.parametrize(
    ("finished", "said"), [(True, "holds a finished run"), (False, "add --resume")]
)
def test_a_run_is_not_overwritten(refused, tmp_path, finished, said):
    begin_run(tmp_path / "run", finished)
    assert said in refused("--out", "run")


def test_other_folders_and_files_are_not_taken(refused, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text("")
    assert "not an empty folder" in refused("--out", "data")
    assert "not an empty folder" in refused("--out", "data/x")
    assert "cannot write" in refused("--out", "data/x/run")


def test_resuming_takes_the_options_of_the_run(tmp_path):
    begin_run(tmp_path / "run")
    chosen = options("--resume", "--out", "run", "--epochs", 12, "--device", "cpu")
    assert (chosen.lr, chosen.T, chosen.epochs) == (0.25, 30, 12)
    assert chosen.resume
    assert chosen.out == "run"


def test_resuming_without_a_folder_takes_the_latest_unfinished_run(tmp_path):
    import os

    begin_run(tmp_path / "runs/copy/a", lr=0.1)
    begin_run(tmp_path / "runs/copy/b", lr=0.2)
    begin_run(tmp_path / "runs/copy/c", lr=0.3, finished=True)
    os.utime(tmp_path / "runs/copy/a/config.json", (1, 1))
    assert options("--resume").lr == 0.2


def test_options_that_differ_from_the_run_are_refused(refused, tmp_path):
    begin_run(tmp_path / "run")
    error = refused("--resume", "--out", "run", "--lr", 0.5)
    assert "--learning-rate: the run in run began with 0.25" in error
    assert options("--resume", "--out", "run", "--lr", 0.25).lr == 0.25


def test_what_cannot_be_resumed_is_said(refused, tmp_path):
    assert "no unfinished run" in refused("--resume")
    assert "there is no run" in refused("--resume", "--out", "nowhere")
    begin_run(tmp_path / "done", finished=True)
    assert "is finished" in refused("--resume", "--out", "done")
    begin_run(tmp_path / "other", experiment="addition")
    assert "belongs to addition.py" in refused("--resume", "--out", "other")
