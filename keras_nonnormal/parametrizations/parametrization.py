from typing import Any

import keras


class Parametrization(keras.layers.Layer):
    """Variables, and the square matrix that a recurrent layer makes of them.

    The layer asks for the matrix once per call, not once per time step. It is computed
    in the dtype of the variables, in float32 if that is narrower, also under a mixed
    dtype policy: an orthogonal matrix is only as orthogonal as it was computed.

    Subclasses create their variables in `build((size, size))` and say what the matrix
    is in `matrix()`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built_size = 0

    def build(self, shape):
        """Creates the variables of a matrix of this shape, `(size, size)`."""
        self.built_size = check_square(type(self).__name__, shape)

    def matrix(self, training: bool = False) -> Any:
        """The matrix, `(size, size)`, for states that are rows: $h_t = h_{t-1} V$.

        Args:
            training: Whether the call is a step of training, which a parametrization
                that changes its chart counts.
        """
        raise NotImplementedError

    def add_variable(self, name, shape, initializer, **kwargs) -> Any:
        """A variable that is read in its own dtype; see `_precision.precise`."""
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, autocast=False, **kwargs
        )


def check_square(owner: str, shape) -> int:
    """The size n of a shape (n, n)."""
    sizes = tuple(shape)
    if len(sizes) == 2 and sizes[0] == sizes[1] and isinstance(sizes[0], int):
        return sizes[0]
    raise ValueError(
        f"{owner} makes square matrices: expected a shape (size, size). "
        f"Received: shape={shape!r}"
    )


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """`value`, checked to be one of `choices`."""
    if value in choices:
        return value
    raise ValueError(
        f"Expected `{name}` to be one of {', '.join(map(repr, choices))}. "
        f"Received: {name}={value!r}"
    )
