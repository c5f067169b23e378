import pytest

from keras_nonnormal.training import Monitor
from keras_nonnormal.training.monitor import BestSoFar

ROWS = [{"epoch": i + 1, "val_loss": v} for i, v in enumerate([3, 1, 2, 1])]


def test_the_best_row_is_the_first_of_equals():
    assert Monitor().best(ROWS)["epoch"] == 2
    assert Monitor(mode="max").best(ROWS)["epoch"] == 1


@pytest.mark.parametrize(
    ("name", "mode", "more_is_better"),
    [
        ("val_loss", "auto", False),
        ("val_accuracy", "auto", True),
        ("val_recall_accuracy", "auto", True),
        ("bits_per_character", "auto", False),
        ("val_accuracy", "min", False),
        ("gradient_norm", "max", True),
    ],
)
def test_the_name_says_what_is_better_unless_told(name, mode, more_is_better):
    assert Monitor(name, mode).better({name: 2}, {name: 1}) is more_is_better
    assert not Monitor(name, mode).better({name: 1}, {name: 1})


def test_an_improvement_is_better_than_all_before():
    best = BestSoFar(Monitor())
    assert [best.improved(row) for row in ROWS] == [True, True, False, False]
    assert best.row == ROWS[1]
    assert [BestSoFar(Monitor(), ROWS[:1]).improved(row) for row in ROWS[1:2]] == [True]
    assert not BestSoFar(Monitor(), ROWS[:2]).improved(ROWS[2])


def test_a_value_that_is_not_logged_is_refused_by_name():
    message = r"epoch, val_loss. Received: 'val_bpc'"
    with pytest.raises(ValueError, match=message):
        Monitor("val_bpc").best(ROWS)
    with pytest.raises(ValueError, match=message):
        BestSoFar(Monitor("val_bpc")).improved(ROWS[0])
    with pytest.raises(ValueError, match="mode"):
        Monitor(mode="least")  # pyright: ignore[reportArgumentType]
