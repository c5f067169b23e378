"""The recurrent layer of every parametrization, and its cell."""

import functools
from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal import _backend, activations
from keras_nonnormal.initializers.named_kernels import kernel_of
from keras_nonnormal.layers.arguments import ParametrizedArguments, arguments_of
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.layer_of_cell import LayerOfCell
from keras_nonnormal.parametrizations import Parametrization


@keras.saving.register_keras_serializable("keras_nonnormal")
class ParametrizedRNNCell(keras.layers.SimpleRNNCell):
    r"""One step of a simple recurrent network whose matrix is made of other variables.

    $$ h_t = \phi(x_t K + b + h_{t-1} V) $$

    In `keras.layers.RNN` it makes $V$ anew at every time step; `ParametrizedRNN` makes
    it once per call.

    Args:
        units: Positive integer, dimensionality of the output space.
        parametrization: The `keras_nonnormal.parametrizations.Parametrization` of $V$.
        activation: `"modrelu"` or any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        **kwargs: As for `keras.layers.SimpleRNNCell`, but for those of the recurrent
            kernel.
    """

    def __init__(
        self,
        units: int,
        parametrization: Any,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        use_bias: bool = True,
        **kwargs: Unpack[ParametrizedArguments],
    ):
        _refuse_recurrent(type(self).__name__, kwargs)
        dtype = kwargs.get("dtype")
        super().__init__(
            units,
            activation=activations.get(activation, dtype),
            use_bias=use_bias,
            kernel_initializer=kernel_of(kernel_initializer),
            **kwargs,
        )
        if isinstance(parametrization, dict):
            parametrization = keras.saving.deserialize_keras_object(parametrization)
        if not isinstance(parametrization, Parametrization):
            raise ValueError(
                "Expected `parametrization` to be a "
                "keras_nonnormal.parametrizations.Parametrization. "
                f"Received: parametrization={parametrization!r}"
            )
        self.parametrization = parametrization

    def build(self, input_shape):
        size = self.state_size
        self.kernel = self.add_weight(
            shape=(input_shape[-1], size),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(size,),
                name="bias",
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        if not self.parametrization.built:  # one from a saved configuration is
            self.parametrization.build((size, size))
        activation = self.activation
        if isinstance(activation, keras.layers.Layer) and not activation.built:
            activation.build((None, size))

    def matrix(self, training: bool = False):
        """The recurrent matrix in the dtype of the computation, `(size, size)`."""
        make = functools.partial(self.parametrization.matrix, training)
        # ONNX has no such matrix functions, and does not train.
        matrix = _backend.frozen(make) if _backend.exported_without_xla() else make()
        return ops.cast(matrix, self.compute_dtype)

    @property
    def recurrent_kernel(self):
        """The recurrent matrix, `(size, size)`."""
        made = vars(self).get(MADE)
        return self.matrix() if made is None else made

    def get_config(self):
        config = super().get_config()
        for name in _RECURRENT:
            del config[name]
        parametrization = keras.saving.serialize_keras_object(self.parametrization)
        return {**config, "parametrization": parametrization}


@keras.saving.register_keras_serializable("keras_nonnormal")
class ParametrizedRNN(FusedElementwiseLoop, LayerOfCell):
    r"""A simple recurrent network whose matrix is made of other variables.

    $$ h_t = \phi(x_t K + b + h_{t-1} V) $$

    {parametrization} x {activation}: every network of this kind in the library is one
    such choice. $V$ is made once per call; the loop is that of `FusedSimpleRNN`. It can
    do whatever a Keras recurrent layer can.

    Args:
        units: Positive integer, dimensionality of the output space.
        parametrization: The `keras_nonnormal.parametrizations.Parametrization` of $V$.
        activation: `"modrelu"` or any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        stair: A `Stair` or the name of its schedule: a factor of the nonlinearity for
            every time step. There is then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for those of the recurrent
            kernel.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import ParametrizedRNN
    >>> from keras_nonnormal.parametrizations import Orthogonal
    >>> layer = ParametrizedRNN(8, Orthogonal("haar", orthogonal_map="cayley"))
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 8)
    """

    cell_class = ParametrizedRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def parametrization(self) -> Parametrization:
        """The parametrization of the recurrent matrix."""
        return self.cell.parametrization

    def recurrent_matrix(self, training=False):
        return self.cell.matrix(training)

    def made_once(self, training):
        return {MADE: self.recurrent_matrix(training)}


MADE = "matrix_of_call"
"""Name of the attribute that holds the matrix of one call, see `made_once`."""

_RECURRENT = (
    "recurrent_initializer",
    "recurrent_regularizer",
    "recurrent_constraint",
)


def _refuse_recurrent(owner, kwargs):
    for name in _RECURRENT:
        if name in kwargs:
            raise ValueError(
                f"{owner} has no recurrent kernel of its own: expected what concerns "
                f"its matrix in the parametrization. Received: {name}={kwargs[name]!r}"
            )
