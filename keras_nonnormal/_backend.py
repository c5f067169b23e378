"""The few primitives that ``keras.ops`` lacks, for TensorFlow and JAX.

Everything else in the library is written with ``keras.ops``. Neither backend is
imported before it is chosen, so the core works where the other is not installed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

Tensors = Sequence[Any]

_BACKEND = keras.backend.backend()

if _BACKEND not in ("tensorflow", "jax"):
    raise ImportError(
        "keras_nonnormal runs on the Keras backends 'tensorflow' and 'jax'. Received: "
        f"'{_BACKEND}'. Set the environment variable KERAS_BACKEND to one of them."
    )

_jit_compile = True


def set_jit_compile(enabled: bool) -> None:
    """Says whether the recurrence is compiled with XLA of its own accord.

    It is by default, also inside a model that is not, because the loop is several
    times faster so. Functions that were traced before the call stay as they are.
    """
    global _jit_compile
    _jit_compile = bool(enabled)


def jit_compile_enabled() -> bool:
    """Whether the recurrence is compiled with XLA of its own accord."""
    return _jit_compile


if _BACKEND == "tensorflow":
    import tensorflow as tf

    def jit(function: Callable, xla: bool = True) -> Callable:
        """``function`` of tensors, compiled once for every set of shapes.

        ``xla=False`` is for what TensorFlow's own graphs do faster.
        """
        compiled = {
            flag: tf.function(
                function, jit_compile=(flag and xla) or None, autograph=False
            )
            for flag in (True, False)
        }
        return lambda *args: compiled[_jit_compile](*args)

    def cached(function: Callable) -> Callable:
        """``function`` of tensors, whose branches are not compiled at every call."""
        return function

    def scan(
        body: Callable,
        carry: tuple,
        sequences: tuple,
        outputs: tuple,
        reverse: bool = False,
    ) -> tuple[tuple, tuple]:
        """Folds ``body(carry, slices) -> (carry, outputs)`` over the first axis.

        Unlike ``keras.ops.scan``, the outputs need not be shaped like the carry.

        Args:
            body: Function of two tuples of tensors, returning two such tuples.
            carry: The value handed to the first call.
            sequences: Tensors of equal length along axis 0; a call gets one slice each.
            outputs: Shape and dtype of each output of one call, as pairs.
            reverse: Whether to start at the last slice.

        Returns:
            The last carry, and the outputs stacked along axis 0 in the order of
            the slices they belong to.
        """
        length = tf.shape(sequences[0])[0]
        readers = tuple(
            tf.TensorArray(
                s.dtype, length, element_shape=s.shape[1:], clear_after_read=False
            ).unstack(s)
            for s in sequences
        )
        writers = tuple(
            tf.TensorArray(dtype, length, element_shape=shape)
            for shape, dtype in outputs
        )

        def iterate(i, carry, writers):
            t = length - 1 - i if reverse else i
            carry, ys = body(carry, tuple(r.read(t) for r in readers))
            pairs = zip(writers, ys, strict=True)
            return i + 1, carry, tuple(w.write(t, y) for w, y in pairs)

        _, carry, writers = tf.while_loop(
            lambda i, *_: i < length,
            iterate,
            (0, carry, writers),
            maximum_iterations=length,  # XLA wants the bound
        )
        stacks = tuple(w.stack() for w in writers)
        for stack, (shape, _) in zip(stacks, outputs, strict=True):
            # A loop forgets how often it ran; layers behind ask for the time axis.
            stack.set_shape((sequences[0].shape[0], *shape))
        return carry, stacks

    def vjp(function: Callable, *primals: Any) -> tuple[tuple, Callable]:
        """``function(*primals)`` and the map from its cotangents to the primals'."""
        with tf.GradientTape() as tape:
            tape.watch(primals)
            outputs = function(*primals)
        return outputs, lambda cotangents: tape.gradient(
            outputs,
            primals,
            output_gradients=cotangents,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    def batch_jacobian(function: Callable, primal: Any) -> Any:
        """The Jacobian ``(B, m, n)``, by sample, of a function ``(B, n) -> (B, m)``."""
        # A tensor of its own, or what `function` encloses could depend on it.
        primal = tf.identity(primal)
        with tf.GradientTape() as tape:
            tape.watch(primal)
            output = function(primal)
        return tape.batch_jacobian(
            output, primal, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    def custom_gradient(function: Callable) -> Callable:
        """``function(*args) -> (outputs, pullback)`` with that pullback as gradient.

        ``pullback`` maps the tuple of the outputs' cotangents to the arguments'.
        """

        @tf.custom_gradient
        def flat(*args):
            # Else TensorFlow also derives the gradient it will not need, which fails
            # where a loop leaves an XLA-compiled function.
            outputs, pullback = function(*map(tf.stop_gradient, args))
            return outputs, lambda *cotangents: pullback(cotangents)

        # A variable must be read before it gets there: TensorFlow wants the gradient of
        # every variable that it finds inside.
        return lambda *args: flat(*map(tf.convert_to_tensor, args))

else:
    import jax

    def jit(function: Callable, xla: bool = True) -> Callable:
        """``function`` of tensors, compiled once for every set of shapes."""
        compiled = jax.jit(function)
        return lambda *args: (compiled if _jit_compile else function)(*args)

    def cached(function: Callable) -> Callable:
        """``function`` of tensors, whose branches are not compiled at every call."""
        return jax.jit(function)

    def scan(
        body: Callable,
        carry: tuple,
        sequences: tuple,
        outputs: tuple,
        reverse: bool = False,
    ) -> tuple[tuple, tuple]:
        """Folds ``body(carry, slices) -> (carry, outputs)`` over the first axis."""
        return jax.lax.scan(body, carry, sequences, reverse=reverse)

    def vjp(function: Callable, *primals: Any) -> tuple[tuple, Callable]:
        """``function(*primals)`` and the map from its cotangents to the primals'."""
        return jax.vjp(function, *primals)

    def batch_jacobian(function: Callable, primal: Any) -> Any:
        """The Jacobian ``(B, m, n)``, by sample, of a function ``(B, n) -> (B, m)``."""
        output, pullback = jax.vjp(function, primal)
        rows = jax.vmap(
            lambda row: pullback(jax.numpy.broadcast_to(row, output.shape))[0]
        )(jax.numpy.eye(output.shape[-1], dtype=output.dtype))
        return jax.numpy.moveaxis(rows, 0, 1)

    def custom_gradient(function: Callable) -> Callable:
        """``function(*args) -> (outputs, pullback)`` with that pullback as gradient."""
        return jax.custom_gradient(function)
