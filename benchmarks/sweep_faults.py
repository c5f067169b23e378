"""Kills a sweep at random moments, and compares it with one that was left alone.

python -m benchmarks.sweep_faults                    ten kills, some minutes
python -m benchmarks.sweep_faults --executor ray --seed 2

Killed (SIGKILL) are the driver, one of its workers, or all of them at once, as when a
machine goes down. After a driver the same command is given again. In the end summaries,
metrics and the last states of all runs are compared bit by bit.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import psutil

ROOT = Path(__file__).parents[1]
# Runs of a few seconds: chains that learn, and some that diverge.
GRID = (
    *("T=21", "hidden_units=12", "train_size=320", "validation_size=64"),
    *("test_size=64", "batch_size=16", "epochs=12", "stop_below=none", "jit=false"),
    *("init=chain,orthogonal", "lr=1e-3,1e30", "seed=1..6"),
)
VICTIMS = ("driver", "worker", "all")


def sweep(out: Path, executor: str) -> subprocess.Popen:
    """Starts a sweep in a session of its own."""
    command = [sys.executable, "experiments/sweep.py", "copy", "--grid", *GRID]
    command += ["--out", str(out), "--executor", executor, "--workers", "2"]
    with open(out.parent / f"{out.name}.log", "a") as log:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )


def kill(driver: psutil.Process, victim: str, draw: random.Random) -> str | None:
    """Kills the victim; says what it was, or None if there is none."""
    inner = [each for each in driver.children(recursive=True) if _works(each)]
    if victim == "worker":
        if not inner:
            return None
        draw.choice(inner).kill()
        return victim
    others = inner if victim == "all" else []
    for process in (driver, *others):
        process.kill()
    return victim


def broken_sweep(out: Path, executor: str, kills: int, longest: float, seed: int):
    """A sweep that is killed so often, and started until it is done."""
    draw, done = random.Random(seed), 0
    while True:
        process = sweep(out, executor)
        while done < kills:
            try:
                process.wait(draw.uniform(0.0, longest))
                break
            except subprocess.TimeoutExpired:
                pass
            kept = sum(1 for _ in out.glob("*/summary.json"))
            victim = kill(psutil.Process(process.pid), VICTIMS[done % 3], draw)
            if victim is None:
                continue
            done += 1
            print(f"kill {done}: {victim}, {kept} runs were over", flush=True)
            if victim != "worker":
                break
        if process.wait() == 0:
            return done


def differences(one: Path, other: Path) -> Iterator[str]:
    """In what the runs of two sweeps differ."""
    keys = [
        {path.parent.name for path in out.glob("*/config.json")} for out in (one, other)
    ]
    yield from (f"{key}: only in one of them" for key in keys[0] ^ keys[1])
    for key in sorted(keys[0] & keys[1]):
        for name, read in (
            ("summary", _summary),
            ("metrics", _rows),
            ("state", _state),
        ):
            if read(one / key) != read(other / key):
                yield f"{key}: another {name}"


def _works(process: psutil.Process) -> bool:
    """Whether a process is a worker: of the pool, or of Ray."""
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "spawn_main" in line or line.startswith("ray::")


def _summary(run: Path) -> Any:
    return _timeless(json.loads((run / "summary.json").read_text()))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        leave = ("seconds", "directory")
        return {k: _timeless(v) for k, v in value.items() if k not in leave}
    return [*map(_timeless, value)] if isinstance(value, list) else value


def _rows(run: Path) -> Any:
    if not (run / "metrics.csv").exists():
        return []
    with open(run / "metrics.csv", newline="") as file:
        return [_timeless(row) for row in csv.DictReader(file)]


def _state(run: Path) -> dict[str, bytes]:
    """All arrays of the last state: weights and what the optimizer keeps."""
    (path,) = (run / "checkpoints").glob("epoch-*.weights.h5")
    found = {"file": path.name.encode()}

    def keep(name, node):
        if isinstance(node, h5py.Dataset):
            found[name] = node[()].tobytes()

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--executor", choices=("process", "ray"), default="process")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument(
        "--longest", type=float, default=35.0, help="seconds between kills"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="folder to keep (default: a temporary one)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(options.out or folder)
        out.mkdir(exist_ok=True)
        begun = time.monotonic()
        assert sweep(out / "whole", options.executor).wait() == 0
        print(f"unbroken: {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        kills = broken_sweep(
            out / "broken",
            options.executor,
            options.kills,
            options.longest,
            options.seed,
        )
        print(f"killed {kills} times: {time.monotonic() - begun:.0f} s")
        found = [*differences(out / "whole", out / "broken")]
    print("\n".join(found) or "no difference in any run")
    return int(bool(found) or kills < options.kills)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    raise SystemExit(main())
