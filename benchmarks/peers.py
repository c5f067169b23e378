"""One training problem, trained by this library and by each of its peers.

Every peer starts from the same weights, sees the same batches in the same order, and
makes the same plain gradient step, so that all of them must end at the same loss.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CLASSES = 10
FEATURES = 10
LEARNING_RATE = 1e-3

Train = Callable[[], float]
"""Trains over all batches once and returns the loss of the last batch."""


@dataclass(frozen=True)
class Problem:
    """A batch of sequences to classify, at every step or at the last one."""

    length: int
    batch: int
    units: int
    sequences: bool
    steps: int
    inputs: np.ndarray = field(init=False, repr=False)
    targets: np.ndarray = field(init=False, repr=False)
    weights: dict = field(init=False, repr=False)

    def __post_init__(self):
        random = np.random.default_rng(0)
        n, classes = self.units, CLASSES
        shape = (self.steps * self.batch, self.length)
        values = {
            "inputs": random.standard_normal((*shape, FEATURES), dtype=np.float32),
            "targets": random.integers(
                classes, size=shape if self.sequences else shape[:1], dtype=np.int32
            ),
            "weights": {
                "kernel": random.normal(0, 0.1, (FEATURES, n)).astype("float32"),
                "recurrent": np.linalg.qr(random.normal(size=(n, n)))[0].astype(
                    "float32"
                ),
                "bias": np.zeros(n, "float32"),
                "head": random.normal(0, n**-0.5, (n, classes)).astype("float32"),
                "head_bias": np.zeros(classes, "float32"),
            },
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def batches(self):
        for start in range(0, len(self.inputs), self.batch):
            rows = slice(start, start + self.batch)
            yield self.inputs[rows], self.targets[rows]

    @property
    def label(self) -> str:
        output = "sequences" if self.sequences else "last"
        return f"{self.length}, {self.batch}, {self.units}, {output}"


def keras_model(problem: Problem, layer_class, jit_compile: bool) -> Train:
    """A recurrent layer class of Keras's interface, through `model.fit`."""
    import keras

    model: Any = keras.Sequential(
        [
            keras.Input((problem.length, FEATURES), batch_size=problem.batch),
            layer_class(problem.units, return_sequences=problem.sequences),
            keras.layers.Dense(CLASSES),
        ]
    )
    model.set_weights(list(problem.weights.values()))
    return fit_of(model, problem, keras.optimizers.SGD(LEARNING_RATE), jit_compile)


def fit_of(model, problem: Problem, optimizer, jit_compile: bool) -> Train:
    """`model.fit` over all batches, as one call of the compiled function."""
    import keras

    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit_compile,
        steps_per_execution=problem.steps,
    )

    if keras.backend.backend() == "tensorflow":
        data = {"x": _batches_without_tuning(problem)}
    else:
        data = {"x": problem.inputs, "y": problem.targets, "batch_size": problem.batch}

    def train():
        history = model.fit(**data, shuffle=False, verbose=0)
        return history.history["loss"][-1]

    return train


def _batches_without_tuning(problem: Problem):
    # What Keras makes of arrays tunes itself in a thread, for whose next turn the end
    # of every `fit` waits: up to a second that no step has taken.
    import tensorflow as tf

    from keras_nonnormal.datasets.pipeline import without_tuning

    examples = tf.data.Dataset.from_tensor_slices((problem.inputs, problem.targets))
    return without_tuning(examples.batch(problem.batch, drop_remainder=True))


def ours(problem: Problem) -> Train:
    from keras_nonnormal.layers import FusedSimpleRNN

    return keras_model(problem, FusedSimpleRNN, jit_compile=False)


def ours_jit(problem: Problem) -> Train:
    from keras_nonnormal.layers import FusedSimpleRNN

    return keras_model(problem, FusedSimpleRNN, jit_compile=True)


def keras_simple_rnn(problem: Problem) -> Train:
    import keras

    return keras_model(problem, keras.layers.SimpleRNN, jit_compile=False)


def keras_simple_rnn_jit(problem: Problem) -> Train:
    import keras

    return keras_model(problem, keras.layers.SimpleRNN, jit_compile=True)


def torch_rnn(problem: Problem) -> Train:
    import torch

    rnn: Any = torch.nn.RNN(FEATURES, problem.units, batch_first=True)
    head = torch.nn.Linear(problem.units, CLASSES)
    w = {name: torch.tensor(value) for name, value in problem.weights.items()}
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(w["kernel"].T)
        rnn.weight_hh_l0.copy_(w["recurrent"].T)
        rnn.bias_ih_l0.copy_(w["bias"])
        rnn.bias_hh_l0.zero_()
        head.weight.copy_(w["head"].T)
        head.bias.copy_(w["head_bias"])
    rnn.bias_hh_l0.requires_grad_(False)
    parameters = [p for p in (*rnn.parameters(), *head.parameters()) if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, LEARNING_RATE)
    batches = [
        (torch.tensor(x), torch.tensor(y.astype("int64"))) for x, y in problem.batches()
    ]

    def train():
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad(set_to_none=True)
            states, last = rnn(x)
            logits = head(states if problem.sequences else last[0])
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, CLASSES), y.reshape(-1)
            )
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total) / len(batches)

    return train


def jax_scan(problem: Problem) -> Train:
    import jax
    import jax.numpy as jnp

    def loss(w, x, y):
        drive = jnp.swapaxes(x, 0, 1) @ w["kernel"] + w["bias"]

        def step(h, a):
            h = jnp.tanh(a + h @ w["recurrent"])
            return h, h

        last, states = jax.lax.scan(step, jnp.zeros((len(x), problem.units)), drive)
        h = jnp.swapaxes(states, 0, 1) if problem.sequences else last
        scores = jax.nn.log_softmax(h @ w["head"] + w["head_bias"])
        return -jnp.mean(jnp.take_along_axis(scores, y[..., None], -1))

    @jax.jit
    def update(w, x, y):
        value, gradient = jax.value_and_grad(loss)(w, x, y)
        new = jax.tree.map(lambda p, g: p - LEARNING_RATE * g, w, gradient)
        return new, value

    weights = jax.tree.map(jnp.asarray, problem.weights)
    batches = [(jnp.asarray(x), jnp.asarray(y)) for x, y in problem.batches()]

    def train():
        nonlocal weights
        total = 0.0
        for x, y in batches:
            weights, value = update(weights, x, y)
            total += value
        jax.block_until_ready(weights)
        return float(total) / len(batches)

    return train


def matrix_products(problem: Problem) -> Train:
    """Only the matrix products that one training step of this recurrence must make."""
    from keras import ops

    from keras_nonnormal import _backend

    t, b, n = problem.length, problem.batch, problem.units

    def products(x, kernel, matrix, error):
        rows = ops.reshape(x, (t * b, FEATURES))
        drive = ops.matmul(rows, kernel)

        def power(h, matrix):
            body = lambda h, _: ((ops.matmul(h[0], matrix),), ())  # noqa: E731
            return _backend.scan(body, (h,), (x[:, 0, 0],), ())[0][0]

        forward = power(error + drive[:b], matrix)
        backward = power(forward, ops.transpose(matrix))
        # Made of what the loops gave, so that the compiler cannot leave them out.
        states = ops.broadcast_to(backward[0], (t * b, n)) + drive
        return (
            ops.matmul(ops.transpose(states), states + 1),
            ops.matmul(ops.transpose(rows), states),
        )

    compiled = _backend.jit(products)
    w = problem.weights
    x, _ = next(problem.batches())
    arguments = [
        ops.convert_to_tensor(v)
        for v in (
            x.transpose(1, 0, 2),
            w["kernel"],
            w["recurrent"],
            np.ones((b, n), "float32"),
        )
    ]

    def train():
        for _ in range(problem.steps):
            result = compiled(*arguments)
        ops.convert_to_numpy(result[1])
        return float("nan")

    return train


PEERS: dict[str, Callable[[Problem], Train]] = {
    "ours": ours,
    "ours jit": ours_jit,
    "keras": keras_simple_rnn,
    "keras jit": keras_simple_rnn_jit,
    "jax": jax_scan,
    "torch": torch_rnn,
    "products": matrix_products,
}


def available() -> list[str]:
    """The peers whose library is installed."""
    missing = {name for name in ("jax", "torch") if not importlib.util.find_spec(name)}
    return [name for name in PEERS if name not in missing]
