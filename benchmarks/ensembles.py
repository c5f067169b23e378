"""Runs of the copy grid per hour: one by one, and many networks at once.

    python benchmarks/ensembles.py                T = 500, 100 units, batches of 16
    python benchmarks/ensembles.py --members 1 8 32 --processes 1 2

All ways train in the same run of this program, in turns; the table gives medians. A run
is 10 epochs of 3,750 steps.
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.peers import CLASSES, FEATURES, Problem, Train
from benchmarks.recurrence import machine
from benchmarks.workers import Worker

STEPS_PER_RUN = 37_500


def packet(members: int, threads: int | None, problem: Problem) -> Train:
    """Networks that train at once; one trains as `train` would have it."""
    import tensorflow as tf

    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras

    from keras_nonnormal import Chain, FusedSimpleRNN, RMSpropKeras2, Source
    from keras_nonnormal.datasets.pipeline import without_tuning
    from keras_nonnormal.ensembles import Ensemble, MemberwiseOptimizer
    from keras_nonnormal.training.members import Members
    from keras_nonnormal.training.watched_model import WatchedModel

    def network():
        layer = FusedSimpleRNN(
            problem.units,
            "elu",
            kernel_initializer=Source(),
            recurrent_initializer=Chain(),
            return_sequences=True,
        )
        inputs = keras.Input((problem.length, FEATURES))
        return keras.Model(inputs, keras.layers.Dense(CLASSES)(layer(inputs)))

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    networks = [network() for _ in range(members)]
    rules = [RMSpropKeras2(5e-5, global_clipnorm=10.0) for _ in networks]
    x, y = problem.inputs[: problem.batch], problem.targets[: problem.batch]
    settings = {"jit_compile": True, "steps_per_execution": problem.steps}
    if members == 1:
        model = WatchedModel(networks[0])
        model.compile(rules[0], loss, **settings)
    else:
        for rule, each in zip(rules, networks, strict=True):
            rule.build(each.trainable_variables)
        ensemble = Ensemble(networks)
        rule = MemberwiseOptimizer(rules, ensemble.variables)
        model = Members(ensemble, rule, loss, [[] for _ in networks])
        model.compile(**settings)
        x, y = np.stack([x] * members), np.stack([y] * members)
    batches = tf.data.Dataset.from_tensors((x, y)).repeat(problem.steps)
    batches = without_tuning(batches)

    def train():
        fit: Any = model.fit
        history = fit(batches, shuffle=False, verbose=0).history
        return next(iter(history.values()))[-1]

    return train


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--length", type=int, default=500)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=10, help="updates per timing")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    problem = Problem(
        options.length,
        options.batch,
        options.units,
        sequences=True,
        steps=options.steps,
    )
    print("| members | processes | ms per step and network | runs per hour | MiB |")
    print("|---|---|---|---|---|")
    ways = {}
    for members in options.members:
        for processes in options.processes:
            threads = None if processes == 1 else 1
            peer = partial(packet, members, threads)
            ways[members, processes] = [Worker(peer, problem) for _ in range(processes)]
    seconds: dict[tuple, list] = {way: [] for way in ways}
    for _ in range(options.repeats):
        for way, workers in ways.items():
            for worker in workers:
                worker.begin()
            seconds[way].append(max(worker.end() for worker in workers))
    for (members, processes), workers in ways.items():
        each = np.median(seconds[members, processes]) / (members * processes)
        hourly = 3600 / (each / problem.steps * STEPS_PER_RUN)
        memory = sum(worker.memory for worker in workers)
        print(
            f"| {members} | {processes} | {1e3 * each / problem.steps:.2f} | "
            f"{hourly:.1f} | {memory:.0f} |"
        )
        for worker in workers:
            worker.close()
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
