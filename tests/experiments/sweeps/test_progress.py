"""What is shown while a sweep goes on."""

import io

import pytest

from experiments.sweeps.cost import Cost, cost_lines
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.plan import planned
from experiments.sweeps.progress import Progress, duration
from experiments.sweeps.worker import DIVERGED, FINISHED, Outcome


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def runs(tmp_path):
    axes = axes_of(["init=chain,orthogonal", "lr=1e-4,1e-3"])
    return planned(grid_of("copy").along(axes), tmp_path)


def ended(loss, seconds, success=True):
    summary = {"best": {"val_loss": loss}, "success": success}
    return Outcome(FINISHED, summary, seconds=seconds)


def test_the_table_counts_runs_of_groups_and_shows_the_best(runs):
    kept = {runs[0].key: ended(0.5, 0), runs[2].key: ended(0.3, 0, success=False)}
    progress = Progress(runs, kept, io.StringIO())
    progress.started((runs[1],))
    progress.ended((runs[1],), [ended(0.25, 100)])
    progress.started((runs[3],))
    runs[3].directory.mkdir()
    (runs[3].directory / "metrics.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n")
    lines = progress.lines()
    assert lines[1] == "3 of 4 runs, 1 running, after epoch 2, 1 min 40 s left"
    chain, orthogonal = (line.split() for line in lines[4:])
    assert chain[:7] == ["chain", "2/2", "0", "0", "0", "2", "0.2500"]
    assert chain[-2:] == ["learning_rate", "0.001"]
    assert orthogonal[:7] == ["orthogonal", "1/2", "1", "0", "0", "0", "0.3000"]


def test_elsewhere_than_on_a_terminal_there_is_a_line_for_each_run(runs):
    stream = io.StringIO()
    progress = Progress(runs, {}, stream)
    progress.started((runs[0],))
    progress.started((runs[1],))
    progress.ended((runs[0],), [ended(0.25, 60)])
    progress.ended((runs[1],), [Outcome(DIVERGED, message="why", seconds=20)])
    assert stream.getvalue().splitlines() == [
        "0 of 4 runs, 1 running, after epoch 0",
        "[1/4] init chain, init_scale 1.02, learning_rate 0.0001: loss 0.2500, "
        "1 min 0 s (1 min 30 s left)",
        "[2/4] init chain, init_scale 1.02, learning_rate 0.001: diverged, why, 20 s "
        "(40 s left)",
    ]


def test_on_a_terminal_the_table_is_written_over(runs):
    stream = Terminal()
    progress = Progress(runs, {}, stream)
    progress.show(last=True)
    first = stream.getvalue()
    progress.show(last=True)
    again = stream.getvalue().removeprefix(first)
    assert again == f"\x1b[{first.count(chr(10))}A\x1b[J" + first


def test_durations_in_words():
    words = [duration(seconds) for seconds in (0, 59.6, 3900, 90_000)]
    assert words == ["0 s", "1 min 0 s", "1 h 5 min", "1 d 1 h"]


def test_the_cost_is_that_of_steps_and_of_beginning():
    cost = Cost(start=10.0, step=0.01, steps=100, epochs=5)
    assert cost.seconds == pytest.approx(15.0)
    lines = [*cost_lines([(8, cost)], missing=12, workers=2)]
    assert "8 runs of 5 epochs of 100 steps: 10.0 s to begin, 10.00 ms" in lines[0]
    assert lines[1:] == [
        "4 runs of other kinds are taken to cost the mean",
        "in all 3 min 0 s, 1 min 30 s on 2 workers; pre-training is not counted",
    ]


def test_a_cost_that_is_estimated_says_so():
    cost = Cost(start=10.0, step=0.5, steps=100, epochs=2, estimated=True)
    (line, _) = cost_lines([(8, cost)], missing=8, workers=None)
    assert "estimated from its products of matrices alone" in line
    assert "at least 1 min 50 s each" in line
    unseen = Cost(start=0.0, step=0.5, steps=0, epochs=2, estimated=True)
    line, last = cost_lines([(8, unseen)], missing=8, workers=None)
    assert "a step takes 500.00 ms at least, estimated" in line
    assert "once a run is trained" in last
