"""Time of one training step of the networks of the library, beside one another.

    python benchmarks/networks.py

What a network takes beyond the first row of its table is what its matrix costs, forward
and backward: the loop is the same. All train in the same run, each in a process of its
own, in turns; the table gives medians.
"""

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers import FEATURES, Problem, Train, fit_of
from benchmarks.recurrence import machine, rows_of, timed

PROBLEMS = {
    "copy": Problem(220, 10, 128, sequences=True, steps=100),
    "digits": Problem(784, 100, 512, sequences=False, steps=2),
    "characters": Problem(150, 128, 1024, sequences=True, steps=2),
    "adaptive": Problem(784, 100, 400, sequences=False, steps=1),
}
LAYERS = {
    "RNN": ("FusedSimpleRNN", {"activation": "modrelu"}),
    "expRNN": ("ExpRNN", {}),
    "expRNN Cayley": ("ExpRNN", {"orthogonal_map": "cayley"}),
    "nnRNN": ("NNRNN", {}),
    "gamma": ("FusedSimpleRNN", {"activation": "gamma2"}),
    "EURNN 2": ("EURNN", {"capacity": 2}),
    "EURNN FFT": ("EURNN", {"fft": True}),
    "LSTM": ("FusedLSTM", {}),
    "Keras LSTM": ("keras.layers.LSTM", {}),
    "GRU": ("FusedGRU", {}),
    "Keras GRU": ("keras.layers.GRU", {}),
    "ANRU": ("ANRU", {}),
}
LARGE = ("RNN", "expRNN", "expRNN Cayley", "nnRNN")
NETWORKS = {
    "copy": tuple(LAYERS),
    "digits": LARGE,
    "characters": LARGE,
    "adaptive": ("RNN", "gamma", "ANRU"),
}
"""What is timed unless something else is asked for."""


def network(name: str, jit_compile: bool, problem: Problem) -> Train:
    """A recurrent layer and a dense one, through `model.fit`."""
    import keras

    import keras_nonnormal

    class_name, arguments = LAYERS[name]
    owner = keras.layers if class_name.startswith("keras.") else keras_nonnormal
    layer = getattr(owner, class_name.rpartition(".")[2])(
        problem.units, return_sequences=problem.sequences, **arguments
    )
    model = keras.Sequential(
        [
            keras.Input((problem.length, FEATURES), batch_size=problem.batch),
            layer,
            keras.layers.Dense(10),
        ]
    )
    orthogonal = any(w.name == "skew" for w in model.trainable_variables)
    optimizer = keras_nonnormal.RMSpropTorch(
        1e-4, rate_factors={"skew": 0.1} if orthogonal else None
    )
    return fit_of(model, problem, optimizer, jit_compile)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS)
    )
    parser.add_argument("--networks", nargs="+", choices=LAYERS)
    parser.add_argument("--json", type=Path, default=Path("benchmark-networks.json"))
    options = parser.parse_args()
    header = ["T, B, N, output", "network", "ms, XLA", "ms", "of RNN"]
    report, lines = {"machine": machine(), "problems": {}}, []
    for problem_name in options.problems:
        problem = PROBLEMS[problem_name]
        small = problem.units <= 128
        names = options.networks or NETWORKS[problem_name]
        # A large model is faster with the backend's own products around the loop.
        modes = (True, False) if small else (False,)
        peers = {(n, jit): partial(network, n, jit) for n in names for jit in modes}
        measured = timed(peers, problem, options.repeats)
        best = {n: min(measured[n, jit]["ms"] for jit in modes) for n in names}
        for name in names:
            ms = [
                f"{measured[name, jit]['ms']:.2f}" if jit in modes else "-"
                for jit in (True, False)
            ]
            relative = f"{best[name] / best[names[0]]:.2f}"
            lines.append([problem.label, name, *ms, relative])
            print("  ".join(lines[-1]), flush=True)
        report["problems"][problem.label] = {
            f"{name}, {'XLA' if jit else 'parts'}": result
            for (name, jit), result in measured.items()
        }
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    print("\n".join(rows_of(header, lines)))
    print(f"\n{machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
