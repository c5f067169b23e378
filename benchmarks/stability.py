"""Radii before and after `stabilize`, for every network, depth and target; its cost.

python -m benchmarks.stability                     the table of the README
python -m benchmarks.stability --cost 128 1300     seconds per iteration of an LSTM
"""

import argparse
import itertools
import os
import platform
import time

NETS = ("LSTM", "GRU", "relu", "sigmoid", "ALIF+", "ALIF-")
KINDS = ("rec", "enc", "depth")
FEATURES, CLASSES = 10, 4


def layer(net: str, units: int):
    """A recurrent layer that gives out all time steps."""
    import keras_nonnormal as kn

    makers = {
        "LSTM": (kn.FusedLSTM, {}),
        "GRU": (kn.FusedGRU, {}),
        "relu": (kn.FusedSimpleRNN, {"activation": "relu"}),
        "sigmoid": (kn.FusedSimpleRNN, {"activation": "sigmoid"}),
        "ALIF+": (kn.ALIF, {}),
        "ALIF-": (kn.ALIF, {"signed_beta": True}),
    }
    maker, arguments = makers[net]
    return maker(units, return_sequences=True, **arguments)


def network(net: str, depth: int, units: int, seed: int):
    """A stack of one kind of layer and a read-out."""
    import keras

    keras.utils.set_random_seed(seed)
    stack = [layer(net, units) for _ in range(depth)]
    ends = keras.Input((None, FEATURES)), keras.layers.Dense(CLASSES)
    return keras.Sequential([ends[0], *stack, ends[1]])


def noise(samples: int, steps: int):
    """Gaussian sequences."""
    import numpy as np

    shape = samples, steps, FEATURES
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def table(nets, depths, targets, units, seed) -> None:
    """Prints a row of Markdown for every case."""
    from keras_nonnormal import stabilize

    data = noise(512, 50)
    print("| net | layers | target | rec | enc | depth | mean | frames | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for net, depth, target in itertools.product(nets, depths, targets):
        model = network(net, depth, units, seed)
        report = stabilize(model, data, target, seed=seed, verbose=0)
        before, after = report.kinds("before"), report.kinds()
        cells = [f"{before[k]:.2f} → {after[k]:.3f}" for k in KINDS]
        cells.append(f"{report.mean_before:.2f} → {report.mean_after:.3f}")
        cells += [str(len(report.losses)), f"{report.seconds:.0f}"]
        print(f"| {net} | {depth} | {target:g} | {' | '.join(cells)} |", flush=True)


def forward(depth: int, units: int, seed: int) -> None:
    """Prints a row of Markdown for every activation of a feed-forward network."""
    import keras
    import numpy as np

    from keras_nonnormal import stabilize
    from keras_nonnormal.activations.waves import cos, sin

    x = np.random.default_rng(0).standard_normal((2000, 784)).astype("float32")
    print("| activation | mean radius before | after | farthest | iterations |")
    print("|---|---|---|---|---|")
    for name, activation in (("relu", "relu"), ("sin", sin), ("cos", cos)):
        keras.utils.set_random_seed(seed)
        hidden = [
            keras.layers.Dense(units, activation, kernel_initializer="glorot_normal")
            for _ in range(depth)
        ]
        ends = keras.Input((784,)), keras.layers.Dense(CLASSES)
        report = stabilize(keras.Sequential([ends[0], *hidden, ends[1]]), x, verbose=0)
        far = max(abs(r - report.targets[k]) for k, r in report.after.items())
        means = f"{report.mean_before:.3f} | {report.mean_after:.3f}"
        print(f"| {name} | {means} | {far:.3f} | {len(report.losses)} |", flush=True)


def cost(widths, batch, repeats) -> None:
    """Prints seconds per iteration of two LSTM layers."""
    from keras_nonnormal.pretraining.frames import FrameStack
    from keras_nonnormal.pretraining.jacobians import Jacobians

    print("| units | compile, s | iteration, s |")
    print("|---|---|---|")
    for units in widths:
        stack = FrameStack(network("LSTM", 2, units, 0))
        jacobians = Jacobians(stack)
        entries = stack.entries(noise(batch, repeats + 1))
        states, seconds = stack.initial_states(batch), []
        for t in range(repeats + 1):
            started = time.perf_counter()
            _, states, _ = jacobians.radii(stack.frame(entries, t), states)
            seconds.append(time.perf_counter() - started)
        median = sorted(seconds[1:])[len(seconds[1:]) // 2]
        print(f"| {units} | {seconds[0]:.1f} | {median:.3f} |", flush=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nets", nargs="+", choices=NETS, default=NETS)
    parser.add_argument("--depths", nargs="+", type=int, default=(2, 5))
    parser.add_argument("--targets", nargs="+", type=float, default=(1.0, 0.5))
    parser.add_argument("--units", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forward", action="store_true", help="30 layers of 128")
    parser.add_argument("--cost", nargs="+", type=int, metavar="UNITS")
    parser.add_argument("--batch", type=int, default=8, help="samples, with --cost")
    parser.add_argument("--repeats", type=int, default=7, help="with --cost")
    options = parser.parse_args()
    if options.cost:
        cost(options.cost, options.batch, options.repeats)
    elif options.forward:
        forward(30, 128, options.seed)
    else:
        table(
            options.nets, options.depths, options.targets, options.units, options.seed
        )
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
