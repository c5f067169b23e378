"""The recurrent layer of every parametrization, and its cell."""

import contextlib
import inspect
from typing import Any

import keras
from keras import ops

from keras_nonnormal import activations
from keras_nonnormal.initializers import kernel_initializer
from keras_nonnormal.initializers.named_kernels import KERNELS
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.stair_cell import bare
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
        units,
        parametrization,
        activation="tanh",
        kernel_initializer: Any = "glorot_uniform",
        **kwargs,
    ):
        _refuse_recurrent(type(self).__name__, kwargs)
        dtype = kwargs.get("dtype")
        super().__init__(
            units,
            activation=activations.get(activation, dtype),
            kernel_initializer=_kernel_initializer(kernel_initializer),
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
        self._made: Any = None

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
        return ops.cast(self.parametrization.matrix(training), self.compute_dtype)

    @property
    def recurrent_kernel(self):
        """The recurrent matrix, `(size, size)`."""
        return self.matrix() if self._made is None else self._made

    @contextlib.contextmanager
    def matrix_made_once(self, training):
        """A context in which `recurrent_kernel` stays what it is at its beginning."""
        self._made = self.matrix(training)
        try:
            yield
        finally:
            self._made = None

    def get_config(self):
        config = super().get_config()
        for name in _RECURRENT:
            del config[name]
        parametrization = keras.saving.serialize_keras_object(self.parametrization)
        return {**config, "parametrization": parametrization}


@keras.saving.register_keras_serializable("keras_nonnormal")
class ParametrizedRNN(FusedElementwiseLoop, keras.layers.RNN):
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

    cell: Any
    cell_class: Any = ParametrizedRNNCell

    def __init__(self, *args, **kwargs):
        loop = {name: kwargs.pop(name) for name in _LOOP & kwargs.keys()}
        shared = {name: kwargs[name] for name in _SHARED & kwargs.keys()}
        stair = {p.name: kwargs.pop(p.name, p.default) for p in _STAIR}
        cell = self.make_cell(*args, **kwargs, name="cell")
        super().__init__(cell, **loop, **shared)
        self._mount_stair(**stair)
        self.input_spec = [keras.InputSpec(ndim=3)]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            return
        # The arguments are mostly the cell's; editors and `help` should say so.
        signature = inspect.signature(cls.cell_class.__init__)
        _, *parameters, others = signature.parameters.values()
        cls.__signature__ = inspect.Signature([*parameters, *_STAIR, others])

    def make_cell(self, *args, **kwargs) -> ParametrizedRNNCell:
        """The cell of a layer with these arguments, but for those of the loop."""
        return self.cell_class(*args, **kwargs)

    @property
    def units(self) -> int:
        """Dimensionality of the output space."""
        return self.cell.units

    @property
    def parametrization(self) -> Parametrization:
        """Where the recurrent matrix comes from."""
        return self.cell.parametrization

    def recurrent_matrix(self, training=False):
        return self.cell.matrix(training)

    def matrix_made_once(self, training):
        return self.cell.matrix_made_once(training)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        config |= self.stair_config()
        cell = bare(self.cell).get_config()
        return {**{k: v for k, v in cell.items() if k not in config}, **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


_RECURRENT = (
    "recurrent_initializer",
    "recurrent_regularizer",
    "recurrent_constraint",
)
_LOOP = {
    "name",
    "activity_regularizer",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
}
_SHARED = {"dtype", "trainable"}
_STAIR = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
    for name, default in (("stair", None), ("reset_step", False))
)


def _refuse_recurrent(owner, kwargs):
    for name in _RECURRENT:
        if name in kwargs:
            raise ValueError(
                f"{owner} has no recurrent kernel of its own: expected what concerns "
                f"its matrix in the parametrization. Received: {name}={kwargs[name]!r}"
            )


def _kernel_initializer(identifier) -> Any:
    if isinstance(identifier, str) and identifier in KERNELS:
        return kernel_initializer(identifier)
    return identifier
