"""A chain of dense layers and activations, cut into segments of two."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_nonnormal import _backend


@dataclass(frozen=True)
class Segment:
    """Two neighbouring layers, a dense one and an activation in either order.

    Attributes:
        layer: The dense layer.
        activation: A function, or None for a dense layer on its own.
        first: Whether the dense layer is the first of the two.
    """

    layer: Any
    activation: Any
    first: bool

    @property
    def weights(self) -> tuple[Any, Any]:
        """Kernel and bias of the dense layer."""
        return _values(self.layer)


class DenseSegments:
    """The segments of a model of dense layers with an activation between each two.

    Positions are 0, its input, and then what comes out of each of its `pieces`. Dropout
    is inactive, inputs are flattened, and an activation of the last dense layer does
    not count.

    Args:
        model: A built Sequential or functional model.

    Raises:
        ValueError: If the model is something else.
    """

    def __init__(self, model: Any):
        self.pieces = _pieces_of(model)
        self.dense = [p for p in self.pieces if isinstance(p, keras.layers.Dense)]
        self._compiled: dict = {}

    def has_activation(self, name: str) -> bool:
        """Whether there is an activation of this name."""
        return any(_name(piece) == name for piece in self.pieces)

    def segment(self, position: int) -> Segment:
        """The two pieces behind a position; behind the last activation only one."""
        pieces = self.pieces[position : position + 2]
        dense = [isinstance(piece, keras.layers.Dense) for piece in pieces]
        layer = pieces[dense.index(True)]
        activation = pieces[dense.index(False)] if False in dense else None
        return Segment(layer, activation, dense[0])

    def value_at(self, position: int, batch: Any) -> Any:
        """The values of a batch at a position, `(batch, width)`."""
        h: Any = ops.cast(ops.convert_to_tensor(batch), self.dense[0].compute_dtype)
        h = ops.reshape(h, (h.shape[0], -1))
        for piece in self.pieces[:position]:
            if isinstance(piece, keras.layers.Dense):
                kernel, bias = _values(piece)
                h = ops.matmul(h, kernel) + bias
            else:
                h = piece(h)
        return h

    def jacobian(self, segment: Segment, h: Any) -> Any:
        """Of a segment at `h`, shape `(batch, out, in)`."""
        return self._functions(segment)[0](*segment.weights, h)

    def gradient(self, segment: Segment, h: Any, cotangent: Any) -> tuple:
        r"""Of $\langle G, J \rangle$ by kernel and bias, for a constant $G$."""
        return self._functions(segment)[1](*segment.weights, h, cotangent)

    def _functions(self, segment) -> tuple[Callable, Callable]:
        """Compiled once for all segments of the same kind and widths."""
        key = (segment.activation, segment.first)
        if key not in self._compiled:
            jacobian = _jacobian_of(segment.activation, segment.first)

            def gradient(kernel, bias, h, cotangent):
                def weighted(w, b):
                    return (ops.sum(jacobian(w, b, h) * cotangent),)

                _, pullback = _backend.vjp(weighted, kernel, bias)
                return tuple(pullback((ops.ones((), kernel.dtype),)))

            self._compiled[key] = _backend.jit(jacobian), _backend.jit(gradient)
        return self._compiled[key]


def _pieces_of(model: Any) -> list:
    """Dense layers, meant without their activations, and activations, in order."""
    pieces = []
    for layer in getattr(model, "layers", []):
        if isinstance(layer, _NOTHING):
            continue
        if isinstance(layer, keras.layers.Dense) and layer.built:
            pieces.append(layer)
            if _name(layer.activation) != "linear":
                pieces.append(layer.activation)
        elif pieces and isinstance(layer, keras.layers.Activation):
            pieces.append(layer.activation)
        elif pieces and isinstance(layer, keras.layers.ReLU):
            pieces.append(layer)
        else:
            raise ValueError(
                "Expected a built chain of Dense layers and elementwise activations. "
                f"Received: layer '{layer.name}' of class {type(layer).__name__}"
            )
    while pieces and not isinstance(pieces[-1], keras.layers.Dense):
        pieces.pop()
    dense = [isinstance(piece, keras.layers.Dense) for piece in pieces]
    if not pieces or dense != [i % 2 == 0 for i in range(len(pieces))]:
        raise ValueError(
            "Expected Dense layers with one activation between each two. Received: "
            f"{[_name(piece) for piece in pieces]}"
        )
    return pieces


_NOTHING = (keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Dropout)


def _jacobian_of(activation, dense_first):
    """A function of kernel, bias and input `(B, n)`, giving `(B, out, in)`."""

    def slope(at):
        _, pullback = _backend.vjp(lambda u: (activation(u),), at)
        return pullback((ops.ones_like(at),))[0]

    def jacobian(kernel, bias, h):
        matrix = ops.transpose(kernel)[None]
        if activation is None:
            return ops.repeat(matrix, h.shape[0], axis=0)
        if dense_first:
            return slope(ops.matmul(h, kernel) + bias)[:, :, None] * matrix
        return matrix * slope(h)[:, None, :]

    return jacobian


def _values(layer):
    """Kernel and bias of a dense layer, zeros where it has none."""
    kernel: Any = ops.convert_to_tensor(layer.kernel)
    if layer.use_bias:
        return kernel, ops.convert_to_tensor(layer.bias)
    return kernel, ops.zeros((kernel.shape[1],), kernel.dtype)


def _name(piece):
    return getattr(piece, "__name__", type(piece).__name__)
