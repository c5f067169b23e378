"""Derivatives of first and higher order of every recurrent layer, in every mode."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tests.derivatives import check_derivatives, of_variables
from tests.helpers import compiled_recurrences
from tests.layers.registry import RECURRENT

if keras.backend.backend() != "tensorflow":
    pytest.skip("Keras rounds float64 to float32 on JAX", allow_module_level=True)

import tensorflow as tf

SMOOTH = [name for name, entry in RECURRENT.items() if entry.smooth]
# One for each way backwards: by slope, by parameters' cotangents, by running the step
# again, by an adjoint, by linear scans, with a gain, with a matrix that is made.
WAYS = (
    "simple tanh",
    "simple modrelu",
    "simple stair",
    "lstm",
    "gru",
    "exp tanh",
    "anru",
    "lru",
    "min gru",
    "stair tanh exp-alpha",
)


# modReLU turns within its epsilon: there the differences are no better.
TOLERANCE = 1e-5


def function_of(name, mask=None, states=False, **arguments):
    """A layer as a function of inputs, initial states and weights, and such arrays."""
    keras.utils.set_random_seed(0)  # on no kink of the activation
    entry = RECURRENT[name]
    layer = entry.make(dtype="float64", **arguments)
    random = np.random.default_rng(3)
    x = random.normal(size=(2, 3, entry.features))
    layer.build(x.shape)
    for variable in layer.trainable_variables:  # off the kinks and zeros of the start
        variable.assign(variable + random.normal(0, 0.05, variable.shape))
    sizes = layer.state_size[: len(layer.state_size) - bool(layer.stair)]
    first = [random.normal(0, 0.3, (2, size)) for size in sizes] if states else []
    inputs: list = []

    def call():
        x, *state = inputs
        if state and layer.stair:
            state = [*state, ops.zeros((2, 1), "float64")]
        outputs = layer(x, initial_state=state or None, mask=mask)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        flat = [ops.reshape(each, (2, -1)) for each in outputs]
        return ops.concatenate(flat, axis=-1)

    of_values, values = of_variables(layer, call)

    def function(*tensors):
        inputs[:] = tensors[: 1 + len(first)]
        return of_values(*tensors[1 + len(first) :])

    return function, [x, *first, *values]


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives_are_those_of_finite_differences(name):
    function, arrays = function_of(name)
    check_derivatives(function, arrays, tolerance=TOLERANCE)


@settings(max_examples=8)
@given(
    name=st.sampled_from(SMOOTH),
    mask=st.one_of(
        st.none(),
        st.lists(st.booleans(), min_size=6, max_size=6).filter(lambda m: m[0] and m[3]),
    ),
    states=st.booleans(),
    arguments=st.fixed_dictionaries(
        {
            "return_sequences": st.booleans(),
            "return_state": st.booleans(),
            "go_backwards": st.booleans(),
        }
    ),
)
def test_law_holds_with_masks_states_and_all_that_is_given_out(
    name, mask, states, arguments
):
    mask = None if mask is None else np.reshape(mask, (2, 3))
    function, arrays = function_of(name, mask, states, **arguments)
    check_derivatives(function, arrays, tolerance=TOLERANCE)


@pytest.mark.compiled
@pytest.mark.parametrize("name", WAYS)
def test_second_derivatives_under_xla(name):
    function, arrays = function_of(name)
    with compiled_recurrences(True):
        check_derivatives(function, arrays, True, True, TOLERANCE)


@pytest.mark.parametrize("name", ["alif", "alif signed"])
def test_surrogates_are_differentiated_as_in_keras_own_loop(name):
    def second(fused):
        function, arrays = function_of(name, fused=fused)
        tensors = [tf.convert_to_tensor(a) for a in arrays]
        with tf.GradientTape() as outer:
            outer.watch(tensors)
            with tf.GradientTape() as inner:
                inner.watch(tensors)
                loss = tf.reduce_sum(function(*tensors) ** 2)
            gradients = inner.gradient(loss, tensors, unconnected_gradients="zero")
            penalty = sum(tf.reduce_sum(g * g) for g in gradients)
        return outer.gradient(penalty, tensors, unconnected_gradients="zero")

    for fused, plain in zip(second(True), second(False), strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-9, atol=1e-12)


# TensorFlow's forward mode needs functions that are traced. The loop of "exp tanh" is
# that of "simple tanh".
@pytest.mark.graphs
@pytest.mark.parametrize("name", ["lstm", "exp tanh", "lru", "min gru"])
def test_forward_mode_third_derivatives_and_jacobians(name):
    function, (x, *weights) = function_of(name)
    plain, _ = function_of(name, fused=False)
    x, v = tf.constant(x), tf.constant(np.random.default_rng(5).normal(size=x.shape))

    def gradient(of, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(of(x, *weights) ** 3)
        return tape.gradient(loss, x)

    def along(of, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            slope = tf.reduce_sum(gradient(of, x) * v)
        return tape.gradient(slope, x)

    def third(of):
        with tf.GradientTape() as tape:
            tape.watch(x)
            slope = tf.reduce_sum(along(of, x) * v)
        return tape.gradient(slope, x)

    def forward(of):
        with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
            y, slopes = of(x, *weights), gradient(of, x)
        return tf.concat(
            [tf.reshape(accumulator.jvp(each), [-1]) for each in (y, slopes)], 0
        )

    for what in (third, forward):
        np.testing.assert_allclose(what(function), what(plain), rtol=1e-9, atol=1e-9)
    if name == "exp tanh":  # takes by far the longest
        with tf.GradientTape() as tape:
            tape.watch(x)
            slopes = gradient(function, x)
        rows = tf.reshape(tape.jacobian(slopes, x), (x.shape.num_elements(), -1))
        expected = tf.reshape(along(plain, x), (-1, 1))
        np.testing.assert_allclose(rows @ tf.reshape(v, (-1, 1)), expected, atol=1e-9)


@pytest.mark.graphs
def test_forward_mode_in_a_graph_is_refused():
    layer = RECURRENT["lstm"].make()
    x = tf.ones((2, 3, 4))
    layer(x)

    @tf.function(autograph=False)
    def forward(x):
        with tf.autodiff.ForwardAccumulator(x, x) as accumulator:
            y = layer(x)
        return accumulator.jvp(y)

    with pytest.raises(Exception, match=r"inside a tf\.function"):
        forward(x)
