"""A feed-forward Keras model as blocks, each a weight layer and what follows it."""

import contextlib
import itertools
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal._model_graph import check_model, run_graph
from keras_nonnormal.pretraining import graph
from keras_nonnormal.pretraining.dynamics import scale
from keras_nonnormal.pretraining.transition import Transition, sample_width
from keras_nonnormal.pretraining.variables import assign, is_movable


class BlockStack:
    """A model without recurrent layers, block by block.

    A block begins at the input of a layer with a kernel and ends at the input of the
    next one, or at the model's output. It is a transition: `"enc"` the first, `"dec"`
    the last, `"depth"` those between. Tensors of more axes are taken as flat vectors.

    Args:
        model: A built Sequential or functional model.

    Raises:
        ValueError: If the model is unbuilt, of a kind that cannot be looked into, or
            has no layer with a kernel.
    """

    recurrent = False
    batch_size = 8  # by default: radii differ less from sample to sample
    narrow = False

    def __init__(self, model):
        check_model(model)
        self.model = model
        self.layers, below, top = _trace(model)
        if not self.layers:
            raise ValueError(
                "Expected a model with recurrent layers or layers with a kernel. "
                f"Received: '{model.name}'"
            )
        self._index = {id(layer): i for i, layer in enumerate(self.layers)}
        self.ends: list[tuple[int, int | None]] = []
        self.transitions: list[Transition] = []
        edges = [(i, j) for j, lower in enumerate(below) for i in sorted(lower)]
        for i, j in [*edges, *((i, None) for i in sorted(top))]:
            kind = "dec" if j is None else "depth" if below[i] else "enc"
            lower = None if j in (None, i + 1) else j
            self.ends.append((i, j))
            self.transitions.append(Transition(kind, i, self.layers[i].name, lower))
        self.variables = list(model.variables)

    @property
    def depth(self) -> int:
        """How many layers with a kernel there are."""
        return len(self.layers)

    def weights(self) -> list:
        """The values of all variables, for the functions that take them."""
        return [ops.convert_to_tensor(v) for v in self.variables]

    def movable(self, transition: Transition) -> bool:
        """Whether `move` has a way to change the radius of a transition."""
        return is_movable(self.layers[transition.layer].kernel)

    def move(self, factors: dict, targets: dict, means: list) -> None:
        """Scales the kernels by the factors that the radii want."""
        wanted: dict[int, list[float]] = {}
        for transition in self.transitions:
            wanted.setdefault(transition.layer, []).append(factors[transition.key])
        for i, values in wanted.items():
            scale([self.layers[i].kernel], float(np.exp(np.mean(np.log(values)))))

    def break_symmetry(self, rng: np.random.Generator) -> None:
        """Redraws zero biases before a cosine, which is flat there, from U[0, 1)."""
        for layer, activation in zip(self.layers, self._activations(), strict=True):
            bias = getattr(layer, "bias", None)
            if bias is not None and activation == "cos" and not np.any(bias):
                assign(bias, rng.random(bias.shape).astype(bias.dtype))

    def _activations(self) -> list[str]:
        """The name of the nonlinearity right behind each layer."""
        names = [_name(getattr(layer, "activation", None)) for layer in self.layers]
        order = [op for op in self.model._flatten_layers() if op is not self.model]
        for this, following in itertools.pairwise(order):
            if id(this) in self._index and isinstance(
                following, keras.layers.Activation
            ):
                names[self._index[id(this)]] = _name(following.activation)
        return names

    def initial_states(self, batch_size: int) -> list:
        """Nothing is carried along time."""
        return []

    def entries(self, batch: Any) -> list:
        """The model's inputs as tensors."""
        return [ops.convert_to_tensor(x) for x in keras.tree.flatten(batch)]

    def frame(self, entries: list, t: int) -> list:
        """The batch is its only frame."""
        return entries

    def length(self, entries: list) -> int:
        """One frame."""
        return 1

    def functions(self, frame: list, states: list) -> tuple[list, list, list]:
        """The transitions as functions of one argument; see `FrameStack`."""
        inputs: dict[int, Any] = {}
        calls: list[Any] = []
        starts: dict[int, int] = {}

        def record(layer, *args, **kwargs):
            if id(layer) in self._index:
                inputs[self._index[id(layer)]] = args[0]
                starts[self._index[id(layer)]] = len(calls)
            calls.append(layer(*args, **graph.inference(layer, kwargs)))
            return calls[-1]

        outputs = keras.tree.flatten(run_graph(self.model, frame, record))
        found = []
        for i, j in self.ends:
            block = self._block(j, frame, inputs[i], calls[: starts[i]])
            ends = outputs if j is None else [inputs[j]]
            found.append((block, _flat(inputs[i]), sum(map(sample_width, ends))))
        return found, [], []

    def _block(self, end, frame, at, before):
        """From the input of a layer to that of another; calls before it are known."""

        def function(flat):
            caught: list[Any] = []
            counter = itertools.count()

            def call(layer, *args, **kwargs):
                count = next(counter)
                if count < len(before):
                    return before[count]
                if count == len(before):
                    args = (ops.reshape(flat, ops.shape(at)), *args[1:])
                elif end is not None and self._index.get(id(layer)) == end:
                    caught.append(args[0])
                    raise graph.Found
                return layer(*args, **graph.inference(layer, kwargs))

            with contextlib.suppress(graph.Found):
                caught = keras.tree.flatten(run_graph(self.model, frame, call))
            return ops.concatenate([_flat(each) for each in caught], axis=-1)

        return function


def _trace(model: Any) -> tuple[list, list, frozenset]:
    """Layers with a kernel; which of them feed each; which feed the output."""
    layers, below = [], []

    def call(layer, *args, **kwargs):
        source = graph.union([*args, *kwargs.values()])
        if getattr(layer, "kernel", None) is not None:
            layers.append(layer)
            below.append(source.stages)
            source = graph.Sources(frozenset([len(layers) - 1]))
        return [source] * graph.MOST_OUTPUTS

    outputs = run_graph(model, [graph.Sources()] * len(model.inputs), call)
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError(
            "A layer with a kernel is called more than once in the model. Expected "
            "each to be called once"
        )
    return layers, below, graph.union([outputs]).stages


def _flat(tensor: Any) -> Any:
    return ops.reshape(tensor, (ops.shape(tensor)[0], -1))


def _name(activation: Any) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
