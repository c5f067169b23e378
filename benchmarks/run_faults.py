"""Kills runs at random moments, and compares them with runs that were left alone.

python -m benchmarks.run_faults                  twenty kills of each, some minutes
python -m benchmarks.run_faults --only copy --kills 5

A copy task, and a language model with dropout and averaged weights on a made-up text,
in epochs of a fraction of a second, so that many kills (SIGKILL) hit a file that is
being written. A run that was killed goes on by --resume. One that comes to its end
before all kills are done is begun again elsewhere. In the end summaries, metrics and
the last states of all are compared with those of an unbroken run, bit by bit.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sweep_faults import ROOT, differences

COPY = (
    "experiments/copy.py --T 21 --hidden-units 40 --train-size 1600 "
    "--validation-size 160 --test-size 160 --epochs 200 --stop-below none "
    "--compare none --no-jit --lr 1e-3"
)
LANGUAGE = (
    "experiments/language_model.py --corpus ptb-char --layers 1 --emsize 16 --nhid 24 "
    "--batch 4 --bptt 12 --evaluation-columns 2 --optimizer sgd --lr 5 "
    "--average-window 3 --dropout 0.2 --epochs 200 --no-jit --data {text}"
)
RUNS = {"copy": COPY, "language": LANGUAGE}


def make_text(folder: Path) -> None:
    """A text of the form of the characters of the Penn Treebank."""
    draw = random.Random(1)
    words = ["t h e", "c a t", "a n", "o l d", "d o g", "r a n"]
    for name, lines in (("train", 100), ("valid", 40), ("test", 40)):
        text = "".join(
            f"{' _ '.join(draw.choices(words, k=6))}\n" for _ in range(lines)
        )
        (folder / f"{name}.txt").write_text(text)


def start(name: str, out: Path, text: Path, log) -> subprocess.Popen:
    """Starts a run, or has it go on."""
    command = RUNS[name].format(text=text).split()
    if (out / "config.json").exists():
        command = [command[0], "--resume"]
    return subprocess.Popen(
        [sys.executable, *command, "--out", str(out)], cwd=ROOT, stdout=log, stderr=log
    )


def killed(
    process: subprocess.Popen, out: Path, draw: random.Random, longest: float
) -> bool:
    """Kills a run at a random moment, unless it has come to its end.

    One time in four that is while it starts, else after the next state that it keeps.
    """
    before, early = states(out), draw.random() < 0.25
    while process.poll() is None and not early and states(out) <= before:
        time.sleep(0.01)
    try:
        code = process.wait(draw.uniform(0.0, longest))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    if code:
        raise SystemExit(f"a run ended with exit code {code}; see its log")
    return False


def states(out: Path) -> set[str]:
    """The names of the states that a run has kept."""
    return {path.name for path in out.glob("checkpoints/epoch-*.h5")}


def found_at(out: Path) -> str:
    """What a kill has left."""
    half = [path.name.partition("-")[2] for path in out.rglob(".partial-*")]
    if half:
        return f"{half[0].split('-')[0].split('.')[0]} half written"
    return ["nothing yet", "whole files", "two states"][len(states(out))]


def broken_runs(name: str, folder: Path, text: Path, options) -> list[Path]:
    """Runs that are killed so often in all, and go on until they are done."""
    draw, kills, runs, found = random.Random(options.seed), 0, [], Counter()
    while kills < options.kills:
        out = folder / f"broken-{len(runs)}" / name
        out.parent.mkdir(exist_ok=True)
        runs.append(out.parent)
        with open(folder / f"{name}.log", "a") as log:
            process = start(name, out, text, log)
            while kills < options.kills and killed(process, out, draw, options.longest):
                kills += 1
                what = found_at(out)
                found[what] += 1
                print(f"{name}: kill {kills}, {what}, {states(out)}", flush=True)
                process = start(name, out, text, log)
            if process.wait():
                raise SystemExit(f"{out} did not come to its end; see its log")
    print(f"{name}: {dict(found)}")
    return runs


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=RUNS, help="one of the two")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument(
        "--longest", type=float, default=4.0, help="seconds after a state"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="folder to keep (default: a temporary one)")
    options = parser.parse_args(arguments)
    table, wrong = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.out or temporary).resolve()
        text = folder / "text"
        text.mkdir(parents=True)
        make_text(text)
        for name in [options.only] if options.only else RUNS:
            begun = time.monotonic()
            with open(folder / f"{name}.log", "a") as log:
                start(name, folder / "whole" / name, text, log).wait()
            seconds = time.monotonic() - begun
            begun = time.monotonic()
            runs = broken_runs(name, folder, text, options)
            found = [
                each
                for run in runs
                for each in differences(folder / "whole", run)
                if each.startswith(name)
            ]
            wrong += found
            table.append(
                f"{name:>10} {options.kills:>5} {len(runs):>5} {seconds:>9.0f} "
                f"{time.monotonic() - begun:>8.0f} {', '.join(found) or 'none'}"
            )
    print(f"{'run':>10} kills  runs  unbroken   broken differences")
    print("\n".join(table))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
