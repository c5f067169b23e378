import keras

from keras_nonnormal.initializers._checks import float_dtype, matrix_shape
from keras_nonnormal.initializers._seeds import with_distinct_seeds

HALF_PRECISION = ("float16", "bfloat16")


@keras.saving.register_keras_serializable("keras_nonnormal")
class Gatewise(keras.initializers.Initializer):
    """One initializer per gate, for kernels that hold their gates side by side.

    Keras stores the kernel and the recurrent kernel of a gated layer as one matrix
    `(rows, gates * units)`. An initializer that sees only that rectangle cannot do
    its work: Keras's `Orthogonal`, for one, makes the rows of the whole orthonormal
    and leaves no gate orthogonal. `Gatewise` fills the matrix block by block.

    The order of the gates is Keras's: input, forget, cell (the tanh update), output
    for an LSTM; update z, reset r, candidate h for a GRU.

    Random gates are drawn independently. Keras's initializers repeat their values
    when they are called again, or made twice from one seed; here the first gate
    that uses a seed keeps it, and the later ones get seeds derived from it.

    Gates of a float16 or bfloat16 kernel are drawn in float32 and rounded at the
    end, because QR decomposition (`Orthogonal`) exists in neither.

    Args:
        initializers: A list with one entry per gate: initializer instances, or
            identifiers that `keras.initializers.get` understands. Each is called
            with shape `(rows, units)`.

    Raises:
        ValueError: If the list is empty or holds no initializer somewhere; when
            called, if the shape is not of rank 2 or its columns cannot be shared
            out equally among the gates.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import Chain, Gatewise, Ramp, Source
    >>> layer = keras.layers.LSTM(
    ...     100,
    ...     kernel_initializer=Gatewise([Source()] * 4),
    ...     recurrent_initializer=Gatewise([Ramp(), Ramp(), Chain(), Ramp()]),
    ... )
    >>> keras.ops.convert_to_numpy(Gatewise([Chain(2.0), Chain(3.0)])(shape=(2, 4)))
    array([[0., 2., 0., 3.],
           [0., 0., 0., 0.]], dtype=float32)

    Reference:

    - [Orhan and Pitkow, 2020, section 3.3](https://arxiv.org/abs/1905.13715)
    """

    def __init__(self, initializers):
        if not isinstance(initializers, (list, tuple)) or not initializers:
            raise ValueError(
                "Expected `initializers` to be a list with one initializer per gate. "
                f"Received: initializers={initializers!r}"
            )
        self.initializers = [_initializer(entry) for entry in initializers]
        self._gates = with_distinct_seeds(self.initializers)

    def __call__(self, shape, dtype=None):
        """Returns the blocks of all gates side by side, as a backend tensor.

        Args:
            shape: `(rows, gates * units)`; rows are the input channels for a kernel
                and the units for a recurrent kernel.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of shape `(rows, gates * units)`.

        Raises:
            ValueError: If `shape` is not of rank 2, its columns are not a multiple
                of the number of gates, or `dtype` is not floating.
        """
        rows, columns = matrix_shape("Gatewise", shape)
        dtype = float_dtype("Gatewise", dtype)
        units, left_over = divmod(columns, len(self._gates))
        if left_over or not units:
            raise ValueError(
                f"Gatewise has {len(self._gates)} gates: expected a `shape` whose "
                f"columns are a multiple of that. Received: shape={shape!r}"
            )
        draw_dtype = "float32" if dtype in HALF_PRECISION else dtype
        blocks = [gate((rows, units), dtype=draw_dtype) for gate in self._gates]
        return keras.ops.cast(keras.ops.concatenate(blocks, axis=1), dtype)

    def get_config(self):
        serialize = keras.initializers.serialize
        return {"initializers": [serialize(gate) for gate in self.initializers]}


def _initializer(entry):
    initializer = keras.initializers.get(entry)
    if initializer is None:
        raise ValueError(
            "Expected every entry of `initializers` to be an initializer. "
            "Received an entry None"
        )
    return initializer
