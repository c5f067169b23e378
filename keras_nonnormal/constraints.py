"""Constraints on variables."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class AtLeast(keras.constraints.Constraint):
    """Keeps every entry of a variable at or above a number.

    Args:
        minimum: Float, the number.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.constraints import AtLeast
    >>> [float(w) for w in AtLeast(0.5)(np.array([-1.0, 0.25, 2.0], "float32"))]
    [0.5, 0.5, 2.0]
    """

    def __init__(self, minimum):
        self.minimum = float(minimum)

    def __call__(self, w):
        return ops.maximum(w, ops.cast(self.minimum, w.dtype))

    def get_config(self):
        return {"minimum": self.minimum}


@keras.saving.register_keras_serializable("keras_nonnormal")
class Within(keras.constraints.Constraint):
    """Keeps the magnitude of every entry of a variable at or below a number.

    Args:
        bound: Positive float, the number.

    Raises:
        ValueError: If `bound` is not positive.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.constraints import Within
    >>> [float(w) for w in Within(0.5)(np.array([-1.0, 0.25, 2.0], "float32"))]
    [-0.5, 0.25, 0.5]
    """

    def __init__(self, bound):
        if not bound > 0:
            raise ValueError(f"Expected a positive `bound`. Received: bound={bound!r}")
        self.bound = float(bound)

    def __call__(self, w):
        return ops.clip(w, -self.bound, self.bound)

    def get_config(self):
        return {"bound": self.bound}
