"""Run directories of which a file is broken, made by trainings that were real."""

import shutil

import pytest

from keras_nonnormal.training import RunDirectoryError, read_metrics


@pytest.fixture(scope="module")
def three_epochs(train_small, tmp_path_factory):
    """A training of three epochs that keeps the state after every second."""
    folder = tmp_path_factory.mktemp("three")
    train_small(folder, epochs=3, save_every=2)
    return folder


@pytest.fixture
def kept(three_epochs, tmp_path):
    """A copy of it."""
    return shutil.copytree(three_epochs, tmp_path / "run")


def states(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def cut(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_a_broken_state_is_set_aside_if_there_is_one_before(
    train_small, three_epochs, kept, capsys, share
):
    cut(kept / "checkpoints/epoch-0003.weights.h5", share)
    _, result = train_small(kept, resume=True, epochs=3, save_every=2)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "epoch-0003.weights.h5 cannot be read (" in said
    assert said.endswith("); back to the state after 2 epochs\n")
    assert states(kept) == [
        "broken-epoch-0003.weights.h5",
        "epoch-0002.weights.h5",
        "epoch-0003.weights.h5",
    ]
    whole = read_metrics(three_epochs / "metrics.csv")
    assert [row["val_loss"] for row in result.history] == [
        row["val_loss"] for row in whole
    ]


def test_a_broken_state_that_is_the_only_one_is_named_and_stays(train_small, kept):
    (kept / "checkpoints/epoch-0002.weights.h5").unlink()
    cut(kept / "checkpoints/epoch-0003.weights.h5")
    with pytest.raises(RunDirectoryError) as error:
        train_small(kept, resume=True, epochs=5)
    assert str(error.value).endswith(
        "epoch-0003.weights.h5 cannot be read (truncated file); put back a copy of it, "
        "or begin again in another folder."
    )
    assert states(kept) == ["epoch-0003.weights.h5"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda text: "", "it has 0 of the 3 epochs behind|cut off"),
        (lambda text: text[:-40], "line 4 is not one of numbers"),
        (lambda text: text[:-2], "its last line is cut off"),
        (lambda text: text[: text.rindex("\r\n3,") + 2], "it has 2 of the 3 epochs"),
        (lambda text: text.replace("\r\n2,", "\r\n2,x"), "line 3 is not one of"),
        (lambda text: "\0" * len(text), "cannot be read"),
    ],
)
def test_broken_metrics_are_named_and_stay(train_small, kept, broken, said):
    with open(kept / "metrics.csv", newline="") as file:
        text = file.read()
    with open(kept / "metrics.csv", "w", newline="") as file:
        file.write(broken(text))
    before = (kept / "metrics.csv").read_bytes()
    with pytest.raises(RunDirectoryError, match=said) as error:
        train_small(kept, resume=True, epochs=5)
    assert "\n" not in str(error.value)
    assert (kept / "metrics.csv").read_bytes() == before


def test_best_weights_that_are_broken_are_named(train_small, tmp_path):
    settings = {"compiled": False, "keep_best": True, "epochs": 1}
    train_small(tmp_path, **settings)
    cut(tmp_path / "checkpoints/best-0001.weights.h5")
    with pytest.raises(RunDirectoryError, match=r"best-0001.*\(truncated file\)"):
        train_small(tmp_path, resume=True, **settings)
    (tmp_path / "checkpoints/best-0001.weights.h5").unlink()
    with pytest.raises(RunDirectoryError, match=r"best-0001.*\(no such file or dir"):
        train_small(tmp_path, resume=True, **settings)
