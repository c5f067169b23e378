"""Processor seconds over sequences of many lengths, beside Keras.

    python benchmarks/lengths.py

Every batch has a length of its own, the last one fewer sequences. Each network runs in
a process of its own: the first `predict`, the first epoch of `fit`, and the median of
the epochs after it. One thread, so that processor time is that of the work.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.recurrence import machine, rows_of

LENGTHS = {"40 of 10..400": (10, 400, 40), "200 of 10..1000": (10, 1000, 200)}
PAIRS = {
    "FusedSimpleRNN": "SimpleRNN",
    "FusedLSTM": "LSTM",
    "FusedGRU": "GRU",
    "ExpRNN": "SimpleRNN",
}
UNITS, FEATURES = 64, 4


def seconds(name: str, lengths: str, batch: int, epochs: int) -> list[float]:
    """First predict, first epoch and a later epoch of one layer."""
    import keras
    import numpy as np
    import tensorflow as tf

    import keras_nonnormal

    random = np.random.default_rng(0)
    least, most, count = LENGTHS[lengths]
    each = random.permutation(np.linspace(least, most, count).astype(int))
    sizes = [batch] * (count - 1) + [max(1, batch // 2)]
    data = [
        (random.normal(size=(b, t, FEATURES)).astype("float32"), np.zeros((b, 1)))
        for t, b in zip(each, sizes, strict=True)
    ]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(data),
        output_signature=(
            tf.TensorSpec((None, None, FEATURES)),
            tf.TensorSpec((None, 1)),
        ),
    )
    library = keras_nonnormal if name in PAIRS else keras.layers
    layers = [getattr(library, name)(UNITS), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((None, FEATURES)), *layers])
    model.compile("adam", "mse")

    def measured(action):
        begun = time.process_time()
        action(dataset, verbose=0)
        return time.process_time() - begun

    predict, first = measured(model.predict), measured(model.fit)
    measured(model.fit)  # what is compiled late belongs to neither
    later = [measured(model.fit) for _ in range(epochs)]
    return [predict, first, statistics.median(later)]


def in_a_process(*arguments) -> list[float]:
    """The same, in a process of its own."""
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lengths", nargs="+", choices=LENGTHS, default=list(LENGTHS))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 16])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, lengths, batch, epochs = options.one
        print(json.dumps(seconds(name, lengths, int(batch), int(epochs))))
        return
    header = ["lengths, batch", "layer", "predict", "first epoch", "later epoch"]
    print("\n".join(rows_of(header, [])))
    for lengths in options.lengths:
        for batch in options.batches:
            for ours, theirs in PAIRS.items():
                a, b = (
                    in_a_process(name, lengths, batch, options.epochs)
                    for name in (ours, theirs)
                )
                cells = [
                    f"{x:.2f} ({x / y:.2f} x {theirs})"
                    for x, y in zip(a, b, strict=True)
                ]
                row = [f"{lengths}, {batch}", ours, *cells]
                print(rows_of(row, [])[0], flush=True)
    print(f"\nProcessor seconds (times those of Keras). {machine()}")


if __name__ == "__main__":
    main()
