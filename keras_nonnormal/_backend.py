"""The few primitives that ``keras.ops`` lacks, for TensorFlow, JAX and PyTorch.

Everything else in the library is written with ``keras.ops``. No backend is
imported before it is chosen, so the core works where the others are not installed.
"""

import functools
import math
import sys
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Tensors = Sequence[Any]

_BACKEND = keras.backend.backend()

_jit_compile = True


def set_jit_compile(enabled: bool) -> None:
    """Sets whether the recurrence is compiled with XLA of its own accord.

    It is by default, also inside a model that is not, because the loop is several
    times faster so. Functions that were traced before the call stay as they are.
    """
    global _jit_compile
    _jit_compile = bool(enabled)


def jit_compile_enabled() -> bool:
    """Whether the recurrence is compiled with XLA of its own accord."""
    return _jit_compile


def exported_without_xla() -> bool:
    """Whether the call is made by an export to ONNX or TFLite, which lack XLA."""
    return in_graph() and _called_from(_EXPORTERS)


def exported() -> bool:
    """Whether the call is made by an export, also of what other programs convert."""
    return in_graph() and _called_from(_EXPORTERS + _SAVERS)


def _called_from(modules: tuple[str, ...]) -> bool:
    """Whether a function of one of these modules is being executed."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(modules):
            return True
        frame = frame.f_back
    return False


def expm1(x: Any) -> Any:
    """$e^x - 1$, exact near zero; by operations of ONNX in an export."""
    return ops.tanh(x / 2) * (ops.exp(x) + 1) if exported() else ops.expm1(x)


def log1p(x: Any) -> Any:
    r"""$\ln(1 + x)$, exact near zero; by operations of ONNX in an export."""
    return 2 * ops.arctanh(x / (2 + x)) if exported() else ops.log1p(x)


def gelu(x: Any) -> Any:
    """$x Φ(x)$ with the normal distribution; by operations of ONNX in an export."""
    if exported():
        return x * (1 + ops.erf(x / math.sqrt(2))) / 2
    return ops.gelu(x, approximate=False)


_EXPORTERS = (
    *("keras.src.export.onnx", "keras.src.export.litert"),
    *("tf2onnx", "tensorflow.lite"),
)
_SAVERS = ("keras.src.export", "tensorflow.python.saved_model")

if _BACKEND == "tensorflow":
    import tensorflow as tf

    # There is no public way to ask which tensors an accumulator watches, nor whether
    # what is being traced is compiled with XLA as a whole.
    from tensorflow.python.eager.forwardprop_util import pack_tangents
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    def in_graph() -> bool:
        """Whether the call is traced rather than run eagerly."""
        return not tf.executing_eagerly()

    def known(tensor: Any, shape: Sequence[int | None]) -> Any:
        """A tensor that a graph knows to be of this shape, too.

        A function that was traced for any size of batch says so of its results.
        """
        tensor.set_shape(shape)
        return tensor

    def frozen(function: Callable) -> Any:
        """The tensor ``function()`` as a constant, also where a graph is being made."""
        with tf.init_scope():
            value: Any = keras.ops.convert_to_numpy(function())
        return tf.constant(value)

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

    def jit_twice(function: Callable) -> tuple[Callable, Callable]:
        """``function`` of tensors in TensorFlow's own graph, and compiled with XLA.

        It is traced once for both, where the first one is called first: tracing takes
        most of the time of a first call.
        """
        graph = tf.function(function, autograph=False)
        traced: dict = {}

        def key(args):
            tensors = (t for t in tf.nest.flatten(args) if t is not None)
            return tuple((str(t.shape), t.dtype) for t in tensors)

        def plain(*args):
            concrete = traced[key(args)] = graph.get_concrete_function(*args)
            return concrete(*args)

        @functools.partial(tf.function, jit_compile=True, autograph=False)
        def compiled(*args):
            # Within XLA, `graph` itself would be traced once more.
            return traced.get(key(args), function)(*args)

        return plain, compiled

    class Calls:
        """How often a part of a graph has run, counted while it runs.

        The count belongs to the process; it is no variable of a model.
        """

        def __init__(self):
            self._area = {"shared_name": f"calls_{uuid.uuid4().hex}"}

        def add(self) -> None:
            """Counts a call."""
            with tf.device("CPU"):
                tf.raw_ops.Stage(values=[tf.constant(True)], **self._area)

        def fewer_than(self, count: int) -> Any:
            """Whether there were fewer calls than that, as a tensor.

            False where calls cannot be counted: where XLA compiles the whole graph, or
            where the graph is being saved.
            """
            graph = tf.compat.v1.get_default_graph()
            if GraphOrParentsInXlaContext(graph) or _called_from(_SAVERS):
                return tf.constant(False)
            with tf.device("CPU"):
                calls = tf.raw_ops.StageSize(dtypes=[tf.bool], **self._area)
            return calls < count

    def choose(condition: Any, first: Callable, second: Callable) -> Any:
        """``first()`` if the boolean tensor is true, else ``second()``.

        Only the latter is traced where a graph knows the tensor to be false.
        """
        known = tf.get_static_value(condition)
        if known is not None and not known:
            return second()
        return tf.cond(condition, first, second)

    def cached(function: Callable) -> Callable:
        """``function`` of tensors, whose branches are not compiled at every call."""
        return function

    def scan(
        body: Callable,
        carry: tuple,
        sequences: tuple,
        outputs: tuple,
        reverse: bool = False,
        length: Any = None,
    ) -> tuple[tuple, tuple]:
        """Folds ``body(carry, slices) -> (carry, outputs)`` over the first axis.

        Unlike ``keras.ops.scan``, the outputs need not be shaped like the carry.

        Args:
            body: Function of two tuples of tensors, returning two such tuples.
            carry: The value handed to the first call.
            sequences: Tensors of equal length along axis 0; a call gets one slice each.
            outputs: Shape and dtype of each output of one call, as pairs.
            reverse: Whether to start at the last slice.
            length: How many slices to take, the first ones; by default all. The other
                outputs are zero.

        Returns:
            The last carry, and the outputs stacked along axis 0 in the order of
            the slices they belong to.
        """
        size = tf.shape(sequences[0])[0]
        length = size if length is None else length
        readers = tuple(
            tf.TensorArray(
                s.dtype, size, element_shape=s.shape[1:], clear_after_read=False
            ).unstack(s)
            for s in sequences
        )
        writers = tuple(
            tf.TensorArray(dtype, size, element_shape=shape) for shape, dtype in outputs
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
            maximum_iterations=size,  # XLA wants the bound
        )
        stacks = tuple(w.stack() for w in writers)
        for stack, (shape, _) in zip(stacks, outputs, strict=True):
            # A loop forgets how often it ran; layers behind ask for the time axis.
            stack.set_shape((sequences[0].shape[0], *shape))
        return carry, stacks

    def vjp(function: Callable, *primals: Any) -> tuple[tuple, Callable]:
        """``function(*primals)`` and the map from its cotangents to the primals'."""
        if tf.executing_eagerly():
            with tf.GradientTape() as tape:
                tape.watch(primals)
                outputs = function(*primals)
            return outputs, lambda cotangents: tape.gradient(
                outputs, primals, cotangents, tf.UnconnectedGradients.ZERO
            )
        # Forward mode traces functions while tapes stand still: graphs do without one.
        primals = tuple(map(tf.identity, primals))
        outputs = function(*primals)
        return outputs, lambda cotangents: tuple(
            tf.gradients(
                outputs,
                primals,
                cotangents,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
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

    LOOPS_COMPILED = True
    """Whether recurrent layers have a compiled loop."""

    LENGTHS_VARY = True
    """Whether a compiled function takes the number of its time steps as an argument."""

    LOOPS_NEED_GRADIENTS = True
    """Whether a `scan` is to be differentiated by what `custom_gradient` says alone."""

    def refuse_forward_mode(tensors: Tensors) -> None:
        """Raises a NotImplementedError where forward mode would ignore a gradient.

        In a graph, TensorFlow's forward mode differentiates the inside of a function
        with a gradient of its own, and has no rule for a loop there.
        """
        if not tf.executing_eagerly() and pack_tangents(list(tensors)).tangents:
            raise NotImplementedError(
                "Forward-mode derivatives (tf.autodiff.ForwardAccumulator) of a "
                "recurrent layer cannot be had inside a tf.function. Take them outside "
                "of it, or give the layer `unroll=True`"
            )

    def custom_gradient(function: Callable) -> Callable:
        """``function(*args) -> (outputs, pullback)`` with that pullback as gradient.

        ``pullback`` maps the tuple of the outputs' cotangents to the arguments'. It is
        differentiated as it stands, so higher derivatives are right if it consists of
        operations that have gradients, on tensors that depend on ``args``.
        """

        @tf.custom_gradient
        def flat(*args):
            outputs, pullback = function(*args)
            return outputs, lambda *cotangents: pullback(cotangents)

        # A variable must be read before it gets there: TensorFlow wants the gradient of
        # every variable that it finds inside.
        return lambda *args: flat(*map(tf.convert_to_tensor, args))

    def accelerated(plain: Callable, forward: Callable, backward: Callable) -> Callable:
        """``plain``, with its values and first derivatives from faster functions.

        Second and higher derivatives are those of ``plain``.

        Args:
            plain: Differentiable function of tensors, ``(*args) -> outputs``.
            forward: ``(*args) -> (outputs, residuals)``.
            backward: ``(cotangents, residuals, *args)`` to the cotangents of ``args``.
        """

        @functools.partial(jit, xla=False)
        def second(cotangents, args, seconds):
            """The pullback of the function from cotangents and ``args`` to theirs."""
            count = len(cotangents)

            def first(*tensors):
                return vjp(plain, *tensors[count:])[1](tensors[:count])

            return vjp(first, *cotangents, *args)[1](seconds)

        def pulled_back(cotangents, residuals, args):
            count = len(cotangents)

            def function(*tensors):
                cotangents, args = tensors[:count], tensors[count:]
                result = backward(_still(cotangents), residuals, *_still(args))
                return tuple(result), lambda cs: second(cotangents, args, cs)

            return custom_gradient(function)(*cotangents, *args)

        def function(*args):
            refuse_forward_mode(args)
            # The tape need not see the inside, of which it has no use, and of which it
            # can make nothing where a loop leaves what XLA compiled.
            outputs, residuals = forward(*_still(args))
            return outputs, lambda cotangents: pulled_back(cotangents, residuals, args)

        return custom_gradient(function)

    def _still(tensors: Tensors) -> tuple:
        return tuple(map(tf.stop_gradient, tensors))

elif _BACKEND == "torch":
    from keras_nonnormal._torch import (
        LENGTHS_VARY,
        LOOPS_COMPILED,
        LOOPS_NEED_GRADIENTS,
        accelerated,
        batch_jacobian,
        cached,
        custom_gradient,
        frozen,
        in_graph,
        jit,
        known,
        scan,
        vjp,
    )

else:
    import jax

    def in_graph() -> bool:
        """Whether the call is traced rather than run eagerly."""
        return False

    def known(tensor: Any, shape: Sequence[int | None]) -> Any:
        """The tensor with this static shape."""
        return tensor

    def frozen(function: Callable) -> Any:
        """The tensor ``function()`` as a constant, also where a graph is being made."""
        return function()

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
        length: Any = None,
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

    LOOPS_COMPILED = True
    """Whether recurrent layers have a compiled loop."""

    LENGTHS_VARY = False
    """Whether a compiled function takes the number of its time steps as an argument."""

    LOOPS_NEED_GRADIENTS = False
    """Whether a `scan` is to be differentiated by what `custom_gradient` says alone."""

    def custom_gradient(function: Callable) -> Callable:
        """``function(*args) -> (outputs, pullback)`` with that pullback as gradient."""
        return jax.custom_gradient(function)

    def accelerated(plain: Callable, forward: Callable, backward: Callable) -> Callable:
        """``plain``, with its values and first derivatives from faster functions.

        JAX differentiates these as often as one likes.
        """

        def function(*args):
            outputs, residuals = forward(*args)
            return outputs, lambda cotangents: backward(cotangents, residuals, *args)

        return jax.custom_gradient(function)
