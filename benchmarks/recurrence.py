"""Time and memory of one training step: this library beside Keras, JAX and torch.

    python benchmarks/recurrence.py

All peers train the same network on the same data in the same run, each in a process of
its own, in turns; the table gives medians. With `KERAS_BACKEND=jax` the library and
Keras run on JAX.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.peers import PEERS, Problem, available
from benchmarks.workers import Worker

PROBLEMS = {
    "copy": Problem(220, 10, 128, sequences=True, steps=200),
    "long copy": Problem(500, 16, 100, sequences=True, steps=80),
    "digits": Problem(784, 100, 512, sequences=False, steps=2),
}
SLOW = ("keras jit",)
"""Peers that may need seconds for a step: timed once, by their first pass alone."""


def measure(problem: Problem, names: list[str], repeats: int) -> dict[str, dict]:
    """Milliseconds per training step and peak memory in MiB of every peer."""
    return timed({name: PEERS[name] for name in names}, problem, repeats, check)


def check(workers: dict[str, Worker]) -> None:
    """Raises a RuntimeError if a peer does not train the network that we train."""
    reference = workers["ours"].loss
    for name, worker in workers.items():
        if not (np.isnan(worker.loss) or np.isclose(worker.loss, reference, rtol=1e-3)):
            raise RuntimeError(
                f"{name} trains another network: loss {worker.loss}, ours {reference}"
            )


def timed(peers: dict, problem: Problem, repeats: int, check=lambda _: None) -> dict:
    """Milliseconds per training step and peak memory in MiB of functions, in turns."""
    workers = {name: Worker(peer, problem) for name, peer in peers.items()}
    check(workers)
    seconds: dict = {name: [] for name in peers}
    for repeat in range(repeats):
        for name, worker in workers.items():
            if name not in SLOW or repeat == 0:
                seconds[name].append(worker.seconds())
    for worker in workers.values():
        worker.close()
    result = {}
    for name, worker in workers.items():
        low, median, high = np.percentile(seconds[name], [25, 50, 75])
        scale = 1e3 / problem.steps
        result[name] = {
            "ms": median * scale,
            "ms_quartiles": [low * scale, high * scale],
            "peak_memory_mib": worker.memory,
            "versions": worker.versions,
        }
    return result


def fastest(results: dict[str, dict], library: str) -> float:
    """Milliseconds of a library in the faster of its two modes."""
    return min(r["ms"] for name, r in results.items() if name.split()[0] == library)


def table(measured: dict[str, dict[str, dict]]) -> str:
    """Markdown: our milliseconds, how many times longer the peers take, and memory."""
    libraries = ["keras", "jax", "torch", "products"]
    header = ["T, B, N, output", "ours, ms", *[f"{p} / ours" for p in libraries]]
    rows = []
    for label, results in measured.items():
        ours = fastest(results, "ours")
        present = {name.split()[0] for name in results}
        rows.append(
            [label, f"{ours:.2f}"]
            + [
                f"{fastest(results, p) / ours:.2f}" if p in present else "-"
                for p in libraries
            ]
        )
    names = [name for name in PEERS if name != "products"]
    memory = [
        [label, *[f"{r[n]['peak_memory_mib']:.0f}" if n in r else "-" for n in names]]
        for label, r in measured.items()
    ]
    return "\n".join(
        [*rows_of(header, rows), "", *rows_of(["peak MiB", *names], memory)]
    )


def rows_of(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def machine() -> str:
    """Processor and number of cores, in words."""
    info = Path("/proc/cpuinfo")
    names = (
        [line for line in info.read_text().splitlines() if "model name" in line]
        if info.exists()
        else []
    )
    processor = names[0].split(":")[1].strip() if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS)
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=available())
    parser.add_argument("--json", type=Path, default=Path("benchmark.json"))
    options = parser.parse_args()
    peers = ["ours", *(p for p in options.peers if p != "ours")]
    measured = {}
    for name in options.problems:
        problem = PROBLEMS[name]
        measured[problem.label] = measure(problem, peers, options.repeats)
        print(table({problem.label: measured[problem.label]}), "\n", flush=True)
    report = {"machine": machine(), "problems": measured}
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{table(measured)}\n\n{machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
