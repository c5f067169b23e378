"""Time of one training step of the language models, beside the same on Keras's layers.

    python benchmarks/language.py

A network and its copy on Keras's layers start from the same weights and must end at the
same loss. Each trains in a process of its own, in turns; the table gives medians.
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.peers import Problem, Train, fit_of
from benchmarks.recurrence import machine, rows_of, timed


@dataclass(frozen=True)
class Text(Problem):
    """Chunks of random tokens, and which token is next; `units` is the hidden width."""

    vocabulary: int
    embedding: int

    def __post_init__(self):
        random = np.random.default_rng(0)
        shape = (2, self.steps * self.batch, self.length)
        tokens = random.integers(self.vocabulary, size=shape, dtype=np.int32)
        for name, value in zip(("inputs", "targets"), tokens, strict=True):
            object.__setattr__(self, name, value)


PROBLEMS = {
    "small": Text(70, 20, 256, True, steps=8, vocabulary=50, embedding=128),
    "words": Text(70, 20, 1150, True, steps=1, vocabulary=10_000, embedding=400),
    "characters": Text(150, 128, 1000, True, steps=1, vocabulary=50, embedding=200),
}
KINDS = ("input", "hidden", "output", "embedding", "weight")
PLAIN = {f"dropout_{kind}": 0.0 for kind in KINDS} | {"ar": 0.0, "tar": 0.0}
NETWORKS = {
    "RNN": {"cell": "rnn"},
    "LSTM": {"cell": "lstm"},
    "LSTM, half the weights": {"cell": "lstm", "dropout_weight": 0.5},
    "Keras RNN": {"cell": "rnn"},
    "Keras LSTM": {"cell": "lstm"},
}


def network(name: str, jit_compile: bool, problem: Text) -> Train:
    """A language model of three layers whose states are carried, through `fit`."""
    import keras

    from experiments.networks.language import LanguageNetwork
    from keras_nonnormal.training import CarriedState

    model = LanguageNetwork(
        **{"emsize": problem.embedding, "units": problem.units, "init": "orthogonal"},
        **{**PLAIN, **NETWORKS[name]},
    ).build(problem.vocabulary, seed=1)
    if name.startswith("Keras"):
        model = on_keras_layers(model)
    carried = CarriedState(model, columns=[problem.batch])
    return fit_of(carried, problem, keras.optimizers.SGD(1.0), jit_compile)


def on_keras_layers(model):
    """The same network, with the same weights, on the layers of Keras."""
    import keras

    from keras_nonnormal import FusedLSTM, FusedSimpleRNN

    bases = {FusedLSTM: keras.layers.LSTM, FusedSimpleRNN: keras.layers.SimpleRNN}

    def clone(layer):
        layer_class = bases.get(type(layer), type(layer))
        return layer_class.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def check(workers: dict) -> None:
    """Raises a RuntimeError if a network and its copy do not train alike."""
    losses: dict = {}
    for (name, _), worker in workers.items():
        losses.setdefault(name.removeprefix("Keras "), []).append(worker.loss)
    for name, values in losses.items():
        if "weights" not in name and not np.allclose(values, values[0], rtol=1e-3):
            raise RuntimeError(f"{name}: the losses differ, {values}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--problems", nargs="+", choices=PROBLEMS, default=["small", "words"]
    )
    parser.add_argument(
        "--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS)
    )
    parser.add_argument("--json", type=Path, default=Path("benchmark-language.json"))
    options = parser.parse_args()
    header = ["T, B, N", "network", "ms", "ms, XLA"]
    report, lines = {"machine": machine(), "problems": {}}, []
    for problem_name in options.problems:
        problem = PROBLEMS[problem_name]
        # XLA takes seconds for the loops of Keras, and what is large runs no faster.
        peers = {
            (name, jit): partial(network, name, jit)
            for name in options.networks
            for jit in (False, True)
            if not jit or (problem.units <= 256 and not name.startswith("Keras"))
        }
        measured = timed(peers, problem, options.repeats, check)
        label = problem.label.rpartition(",")[0]
        for name in options.networks:
            both = (measured.get((name, jit)) for jit in (False, True))
            lines.append([label, name, *(f"{m['ms']:.0f}" if m else "-" for m in both)])
            print("  ".join(lines[-1]), flush=True)
        report["problems"][label] = {
            f"{name}, {'XLA' if jit else 'parts'}": result
            for (name, jit), result in measured.items()
        }
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    print("\n".join(rows_of(header, lines)))
    print(f"\n{machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
