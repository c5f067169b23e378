"""Training steps on an accelerator, beside cuDNN through torch and `jax.lax.scan`.

    python benchmarks/accelerator.py

Needs JAX and torch, no TensorFlow. All three train one layer and a linear read-out with
the same weights on the same data, in turns on one device; a step that ends at another
loss than ours is an error. Then `Ensemble`: many networks of 100 units as one program.
Writes milliseconds and ratios into a JSON file.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
# Torch wants memory of the same device.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax
import jax.numpy as jnp
import keras
import numpy as np
import torch

import keras_nonnormal
import keras_nonnormal.ensembles
from benchmarks.peers import CLASSES, FEATURES, LEARNING_RATE
from benchmarks.recurrence import rows_of

SIZES = ((220, 10, 128), (500, 16, 100), (784, 100, 512), (150, 128, 1024))
"""Time steps, samples, units."""

CELLS = ("tanh", "relu", "LSTM", "GRU")
GATES = {"tanh": 1, "relu": 1, "LSTM": 4, "GRU": 3}
MEMBERS = (1, 8, 64, 512)
STEPS = 3
"""Steps of one timing."""

Step = Callable[[], Any]
"""One training step; its result is a loss that is not waited for."""


class Problem:
    """A batch of sequences with a class each, and the weights at the start."""

    def __init__(self, cell: str, length: int, batch: int, units: int):
        random = np.random.default_rng(0)
        self.cell, self.units = cell, units
        width = GATES[cell] * units

        def normal(scale, *shape):
            return random.normal(0, scale, shape).astype("float32")

        self.inputs = normal(1, batch, length, FEATURES)
        self.targets = random.integers(CLASSES, size=batch)
        # Small enough that a relu stays finite over hundreds of steps.
        self.weights = {
            "kernel": normal(0.1, FEATURES, width),
            "recurrent": normal(0.5 * units**-0.5, units, width),
            "bias": np.zeros((2, width) if cell == "GRU" else width, "float32"),
            "head": normal(units**-0.5, units, CLASSES),
        }


def of_states(last_state: Callable, problem: Problem) -> Step:
    """A step of gradient descent in JAX, from weights and inputs to the last state."""

    def loss(weights, x, y):
        scores = jax.nn.log_softmax(last_state(weights, x) @ weights["head"])
        return -jnp.mean(scores[jnp.arange(len(y)), y])

    @jax.jit
    def update(weights, x, y):
        value, gradient = jax.value_and_grad(loss)(weights, x, y)
        move = lambda w, g: w - LEARNING_RATE * g  # noqa: E731
        return jax.tree.map(move, weights, gradient), value

    weights = jax.tree.map(jnp.asarray, problem.weights)
    x, y = jnp.asarray(problem.inputs), jnp.asarray(problem.targets)

    def step():
        nonlocal weights
        weights, value = update(weights, x, y)
        return value

    return step


def ours(problem: Problem) -> Step:
    """A layer of the library."""
    n = problem.units
    layer: Any = {
        "tanh": lambda: keras_nonnormal.FusedSimpleRNN(n),
        "relu": lambda: keras_nonnormal.FusedSimpleRNN(n, activation="relu"),
        "LSTM": lambda: keras_nonnormal.FusedLSTM(n),
        "GRU": lambda: keras_nonnormal.FusedGRU(n),
    }[problem.cell]()
    layer.build(problem.inputs.shape)
    fixed = [variable.value for variable in layer.non_trainable_variables]

    def last_state(weights, x):
        values = [weights[name] for name in ("kernel", "recurrent", "bias")]
        return layer.stateless_call(values, fixed, x)[0]

    return of_states(last_state, problem)


def scan(problem: Problem) -> Step:
    """`jax.lax.scan` over the equations of the cell."""
    n, sigmoid = problem.units, jax.nn.sigmoid

    def simple(activation):
        return lambda drive, state, fed: (activation(drive + fed(state[0])),)

    def lstm(drive, state, fed):
        i, f, c, o = jnp.split(drive + fed(state[0]), 4, axis=-1)
        c = sigmoid(f) * state[1] + sigmoid(i) * jnp.tanh(c)
        return sigmoid(o) * jnp.tanh(c), c

    def gru(drive, state, fed):
        (z, r, h), (uz, ur, uh) = (
            jnp.split(x, 3, axis=-1) for x in (drive, fed(state[0]))
        )
        z, r = sigmoid(z + uz), sigmoid(r + ur)
        return (z * state[0] + (1 - z) * jnp.tanh(h + r * uh),)

    cells = {"tanh": simple(jnp.tanh), "relu": simple(jax.nn.relu)}
    cell = (cells | {"LSTM": lstm, "GRU": gru})[problem.cell]
    states = 2 if problem.cell == "LSTM" else 1

    def last_state(weights, x):
        bias = weights["bias"]
        bias, inner = bias if problem.cell == "GRU" else (bias, 0)
        drive = jnp.swapaxes(x, 0, 1) @ weights["kernel"] + bias

        def fed(h):
            return h @ weights["recurrent"] + inner

        first = (jnp.zeros((len(x), n)),) * states
        return jax.lax.scan(lambda s, d: (cell(d, s, fed), None), first, drive)[0][0]

    return of_states(last_state, problem)


def through_torch(problem: Problem) -> Step:
    """`torch.nn.RNN`, `LSTM` or `GRU`: cuDNN where there is a GPU."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    n = problem.units
    kind: Any = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}.get(problem.cell)
    if kind:
        rnn = kind(FEATURES, n, batch_first=True)
    else:
        rnn = torch.nn.RNN(FEATURES, n, nonlinearity=problem.cell, batch_first=True)
    head = torch.nn.Linear(n, CLASSES, bias=False)

    def of_gates(values):
        if problem.cell != "GRU":
            return torch.tensor(values.T)
        z, r, h = np.split(values.T, 3)  # torch begins with the reset gate
        return torch.tensor(np.concatenate([r, z, h]))

    with torch.no_grad():
        rnn.weight_ih_l0.copy_(of_gates(problem.weights["kernel"]))
        rnn.weight_hh_l0.copy_(of_gates(problem.weights["recurrent"]))
        rnn.bias_ih_l0.zero_()
        rnn.bias_hh_l0.zero_()
        head.weight.copy_(torch.tensor(problem.weights["head"].T))
    # One bias is enough where two are only ever added.
    rnn.bias_hh_l0.requires_grad_(problem.cell == "GRU")
    rnn, head = rnn.to(device), head.to(device)
    parameters = [p for p in (*rnn.parameters(), *head.parameters()) if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, LEARNING_RATE)
    x = torch.tensor(problem.inputs, device=device)
    y = torch.tensor(problem.targets, device=device)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(head(rnn(x)[0][:, -1]), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


PEERS: dict[str, Callable[[Problem], Step]] = {
    "ours": ours,
    "scan": scan,
    "torch": through_torch,
}


def ensemble(members: int, length: int, batch: int, units: int) -> Step:
    """A step of many networks, each with a batch of its own."""

    def network():
        layer = keras_nonnormal.FusedSimpleRNN(units)
        parts = [keras.Input((length, FEATURES)), layer, keras.layers.Dense(CLASSES)]
        return keras.Sequential(parts)

    networks = keras_nonnormal.ensembles.Ensemble([network() for _ in range(members)])
    random = np.random.default_rng(0)
    shape = (members, batch)
    x = jnp.asarray(random.normal(size=(*shape, length, FEATURES)), "float32")
    y = jax.nn.one_hot(random.integers(CLASSES, size=shape), CLASSES)

    def loss(values):
        with keras.StatelessScope(zip(networks.variables, values, strict=True)):
            scores = jax.nn.log_softmax(networks(x))
        return -jnp.sum(jnp.mean(jnp.sum(scores * y, -1), -1))

    @jax.jit
    def update(values):
        value, gradient = jax.value_and_grad(loss)(values)
        moved = [w - LEARNING_RATE * g for w, g in zip(values, gradient, strict=True)]
        return moved, value

    values = [variable.value for variable in networks.variables]

    def step():
        nonlocal values
        values, value = update(values)
        return value

    return step


def in_turns(steps: dict[str, Step], repeats: int) -> dict[str, float]:
    """Milliseconds of a step of each, medians."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                value = step()
            float(value)  # waits until the device is done
            seconds[name].append(time.perf_counter() - start)
    return {name: 1e3 * float(np.median(s)) / STEPS for name, s in seconds.items()}


def compared(cell: str, size: tuple[int, ...], repeats: int) -> dict[str, float]:
    """Milliseconds of every peer, and how many times ours the others take.

    Raises:
        RuntimeError: If one of them trains another network.
    """
    problem = Problem(cell, *size)
    steps = {name: peer(problem) for name, peer in PEERS.items()}
    losses = {name: [float(step()) for _ in range(3)] for name, step in steps.items()}
    for name, values in losses.items():
        if not np.allclose(values, losses["ours"], rtol=1e-3):
            raise RuntimeError(f"{name} trains another network than ours: {losses}")
    ms = in_turns(steps, repeats)
    ratios = {f"{name} / ours": ms[name] / ms["ours"] for name in ("scan", "torch")}
    return {**{f"{name} ms": value for name, value in ms.items()}, **ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="sizes divided by ten")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument(
        "--limit", type=float, default=330, help="seconds after which nothing is begun"
    )
    parser.add_argument("--json", type=Path, default=Path("benchmark_accelerator.json"))
    options = parser.parse_args()
    start = time.perf_counter()

    def in_time():
        return time.perf_counter() - start < options.limit

    divisor = 10 if options.small else 1
    measured: dict[str, Any] = {}
    for size in SIZES:
        size = tuple(max(2, number // divisor) for number in size)
        for cell in filter(lambda _: in_time(), options.cells):
            label = ", ".join([*map(str, size), cell])
            measured[label] = compared(cell, size, options.repeats)
            print(label, measured[label], flush=True)
    many: dict[str, Any] = {}
    shape = (50 // (5 if options.small else 1), 16, 100 // divisor)
    for members in MEMBERS[: 3 if options.small else None]:
        if in_time():
            step = ensemble(members, *shape)
            float(step())
            ms = in_turns({"ensemble": step}, options.repeats)["ensemble"]
            many[str(members)] = {"ms": ms, "ms per network": ms / members}
            print(f"Ensemble of {members}: {many[str(members)]}", flush=True)
    devices = {"jax": jax.devices()[0].device_kind, "torch": "cpu"}
    if torch.cuda.is_available():
        devices["torch"] = torch.cuda.get_device_name()
    modules = {"keras": keras, "jax": jax, "torch": torch}
    report = {
        "devices": devices,
        "versions": {name: each.__version__ for name, each in modules.items()},
        "T, B, N, cell": measured,
        "ensemble T, B, N": {", ".join(map(str, shape)): many},
        "complete": in_time(),
    }
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    header = ["T, B, N, cell", *next(iter(measured.values()), {})]
    rows = [[k, *(f"{v:.2f}" for v in row.values())] for k, row in measured.items()]
    print("\n".join(rows_of(header, rows)))


if __name__ == "__main__":
    main()
