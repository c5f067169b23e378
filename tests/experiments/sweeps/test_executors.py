"""The two back ends: one behaviour, whatever happens to their workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from experiments.sweeps.pool import Died, Ended, Started, run_in_processes, run_on_ray
from tests.experiments.commands import ROOT
from tests.experiments.sweeps import work


def in_processes(units, function, **environment):
    return run_in_processes(units, function, 2, lambda number: environment)


def on_ray(units, function, **environment):
    pytest.importorskip("ray")
    return run_on_ray(units, function, 2, environment)


def told(events):
    """What happened to each unit, in order; units by what is told of them."""
    found = {}
    for event in events:
        if isinstance(event, Started | Ended | Died):
            found.setdefault(event.unit, []).append(event)
    return found


@pytest.mark.parametrize("execute", [in_processes, on_ray])
def test_a_unit_whose_worker_is_killed_is_done_by_another(execute, tmp_path):
    units = [str(tmp_path / name) for name in ("a", "b", "c")]
    Path(units[2]).touch()  # this one kills nobody
    events = told(execute(units, work.dies_once))
    assert {unit: each[-1].result for unit, each in events.items()} == dict(
        zip(units, "abc", strict=True)
    )


def test_a_unit_that_kills_every_worker_is_given_up_and_others_are_done():
    events = told(in_processes([1], work.dies))
    assert [type(each) for each in events[1]] == [Started] * 3 + [Died]
    assert events[1][-1].how == "signal 9"


def test_workers_are_replaced_now_and_then(monkeypatch):
    monkeypatch.setattr("experiments.sweeps.pool.UNITS_PER_WORKER", 1)
    events = told(in_processes([1, 2, 3], work.doubled))
    assert [events[unit][-1].result for unit in (1, 2, 3)] == [2, 4, 6]


def test_workers_have_an_environment_of_their_own():
    events = told(in_processes(["KN_TEST"], work.variable, KN_TEST="here"))
    assert events["KN_TEST"][-1].result == "here"
    assert "KN_TEST" not in os.environ


def test_closing_ends_the_workers(tmp_path):
    file = tmp_path / "process"
    events = in_processes([str(file)], work.tells_its_process_and_waits)
    with contextlib.closing(events):
        worker = process_told(file, lambda: next(events))
    gone(worker)


def test_workers_go_with_a_driver_that_is_killed(tmp_path):
    file = tmp_path / "process"
    program = (
        "from tests.experiments.sweeps.test_executors import *\n"
        "if __name__ == '__main__':\n"
        f"    units = [{str(file)!r}]\n"
        "    list(in_processes(units, work.tells_its_process_and_waits))\n"
    )
    script = tmp_path / "driver.py"
    script.write_text(program)
    driver = subprocess.Popen(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    worker = process_told(file, driver.poll)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    gone(worker)


def process_told(file, meanwhile):
    """The process whose number comes into a file; `meanwhile` fails or ends before."""
    while not (file.exists() and file.read_text()):
        code = meanwhile()
        assert not isinstance(code, int), "the driver ended"
        time.sleep(0.01)
    return psutil.Process(int(file.read_text()))


def gone(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait(10)
    assert not process.is_running()
