"""Matrices that are orthogonal whatever is done to their variables."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.initializers import HenaffSkew
from keras_nonnormal.optimizers import AdamTorch
from keras_nonnormal.parametrizations import Orthogonal, expm, skew
from keras_nonnormal.parametrizations.orthogonal import nearest_orthogonal
from tests.helpers import DTYPE, relative_error, value_and_gradients


def built(size=6, dtype=DTYPE, **arguments):
    orthogonal = Orthogonal(dtype=dtype, **arguments)
    orthogonal.build((size, size))
    return orthogonal


def matrix_and_gradient(orthogonal, cotangent, training=True):
    """Q and the cotangent of the variable; counters and base move as in a layer."""
    frozen = [w.value for w in orthogonal.non_trainable_variables]
    scope = {}

    def matrix(x):
        mapping = [
            (orthogonal.skew, x),
            *zip(orthogonal.non_trainable_variables, frozen, strict=True),
        ]
        with keras.StatelessScope(state_mapping=mapping) as kept:
            q = orthogonal.matrix(training)
        scope["kept"] = kept
        return (q,)

    q, gradient = value_and_gradients(matrix, [orthogonal.skew.value], [cotangent])
    for variable in orthogonal.non_trainable_variables:
        new = scope["kept"].get_current_value(variable)
        if new is not None:
            variable.assign(new)
    return q, gradient


@pytest.mark.parametrize("orthogonal_map", ["exp", "cayley"])
@pytest.mark.parametrize("size", [1, 5, 8])
def test_every_variable_gives_an_orthogonal_matrix(orthogonal_map, size):
    orthogonal = built(size, orthogonal_map=orthogonal_map)
    orthogonal.skew.assign(np.random.default_rng(0).normal(size=(size, size)))
    q = ops.convert_to_numpy(orthogonal.matrix())
    bound = {"float32": 2e-6, "float64": 1e-13}[DTYPE]
    np.testing.assert_allclose(q.T @ q, np.eye(size), atol=bound)
    assert np.linalg.det(q) > 0


def test_cayley_map_turns_by_two_arctan_of_the_entry_the_other_way():
    q = {}
    for name in ("exp", "cayley"):
        orthogonal = built(2, orthogonal_map=name)
        orthogonal.skew.assign([[0.0, 0.3], [-0.3, 0.0]])
        q[name] = ops.convert_to_numpy(orthogonal.matrix())
    assert np.arctan2(q["exp"][0, 1], q["exp"][0, 0]) == pytest.approx(0.3)
    angle = np.arctan2(q["cayley"][0, 1], q["cayley"][0, 0])
    assert angle == pytest.approx(-2 * np.arctan(0.3), rel=1e-5)


def test_names_and_initializers_start_it():
    orthogonal = built(skew_initializer=HenaffSkew(seed=3))
    expected = ops.convert_to_numpy(HenaffSkew(seed=3)((6, 6), dtype=DTYPE))
    assert np.array_equal(ops.convert_to_numpy(orthogonal.skew), expected)
    assert isinstance(Orthogonal("henaff").skew_initializer, HenaffSkew)
    with pytest.raises(ValueError, match="skew"):
        Orthogonal("xavier")


@pytest.mark.parametrize(
    "arguments",
    [
        {"orthogonal_map": "log"},
        {"trivialization": "moving"},
        {"rebase_every": 0},
        {"project_every": 2.5},
        {"rebase_gradient": "none"},
    ],
    ids=str,
)
def test_wrong_arguments_are_named(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Orthogonal(**arguments)


# Row 12: eight steps of plain gradient descent on X alone.
def test_dynamic_trivialization_is_the_published_one(golden):
    if DTYPE != "float64":
        pytest.skip("the trace is of double precision")
    g = golden("nnrnn/exprnn_dtriv")
    n = g["A_before"].shape[-1]
    orthogonal = built(
        n,
        trivialization="dynamic",
        rebase_every=int(g["K"]),
        project_every=int(g["M"]),
        rebase_gradient="original",
    )
    orthogonal.skew.assign(g["A_before"][0])
    x = g["x"]
    for step in range(len(g["A_before"])):
        # X is counted from the origin here, and set to zero there.
        start = ops.convert_to_numpy(orthogonal.skew) - g["A_before"][step]
        np.testing.assert_allclose(
            start - ops.convert_to_numpy(orthogonal.origin), 0, atol=1e-7
        )
        assert relative_error(orthogonal.base, g["base_before"][step]) < 1e-7
        cotangent = recurrent_cotangent(g, g["B_fwd"][step], x)
        q, gradient = matrix_and_gradient(orthogonal, cotangent)
        # The published exponential is a single-precision algorithm.
        assert relative_error(q, g["B_fwd"][step]) < 1e-7
        assert relative_error(orthogonal.base, g["base_fwd"][step]) < 1e-7
        assert relative_error(gradient, g["grad_A"][step]) < 1e-7
        orthogonal.skew.assign_sub(float(g["sgd_lr"]) * gradient)


def recurrent_cotangent(g, matrix, x):
    """dL/dB of the network that the trace was made with."""

    def loss(b):
        h = ops.zeros((x.shape[0], matrix.shape[0]), dtype="float64")
        total = 0.0
        for t in range(x.shape[1]):
            z = ops.matmul(x[:, t], g["kernel"]) + ops.matmul(h, b)
            h = ops.sign(z) * ops.relu(ops.abs(z) + g["modrelu_bias"])
            logits = ops.matmul(h, g["head_kernel"]) + g["head_bias"]
            scores = ops.log_softmax(logits)
            chosen = ops.take_along_axis(scores, g["labels"][:, t, None], axis=-1)
            total = total - ops.mean(chosen)
        return (total / x.shape[1],)

    return value_and_gradients(loss, [matrix], [np.ones(())])[1]


def dynamic(**arguments):
    return built(trivialization="dynamic", **arguments)


def test_moving_the_base_changes_no_matrix():
    orthogonal = dynamic(rebase_every=2)
    cotangent = np.zeros((6, 6), DTYPE)
    for _ in range(5):
        expected = ops.convert_to_numpy(orthogonal.matrix(training=False))
        q, _ = matrix_and_gradient(orthogonal, cotangent)
        assert relative_error(q, expected) < {"float32": 2e-6, "float64": 1e-13}[DTYPE]
        again = orthogonal.matrix(training=False)
        assert (
            relative_error(again, expected) < {"float32": 2e-6, "float64": 1e-13}[DTYPE]
        )
        orthogonal.skew.assign_add(np.full((6, 6), 0.1))


def test_only_training_steps_are_counted():
    orthogonal = dynamic(rebase_every=3)
    cotangent = np.zeros((6, 6), DTYPE)
    seen = []
    for _ in range(7):
        orthogonal.matrix(training=False)
        matrix_and_gradient(orthogonal, cotangent)
        seen.append(int(ops.convert_to_numpy(orthogonal.uses)))
    assert seen == [1, 2, 0, 1, 2, 0, 1]


def test_base_without_a_period_moves_once():
    orthogonal = dynamic(rebase_every=None)
    bases = []
    for _ in range(4):
        matrix_and_gradient(orthogonal, np.zeros((6, 6), DTYPE))
        bases.append(ops.convert_to_numpy(orthogonal.base))
        orthogonal.skew.assign_add(np.full((6, 6), 0.1))
    assert not np.allclose(bases[0], np.eye(6))
    assert all(np.array_equal(bases[0], b) for b in bases[1:])


def test_consistent_gradient_of_a_move_is_that_of_the_new_chart():
    orthogonal = dynamic()
    g = np.random.default_rng(1).normal(size=(6, 6)).astype(DTYPE)
    q, gradient = matrix_and_gradient(orthogonal, g)
    expected = np.triu(q.T @ g - g.T @ q, 1)
    assert (
        relative_error(gradient, expected) < {"float32": 1e-5, "float64": 1e-13}[DTYPE]
    )


def test_nearest_orthogonal_matrix_is_the_polar_factor():
    random = np.random.default_rng(2)
    q = np.linalg.qr(random.normal(size=(7, 7)))[0]
    near = q + 1e-4 * random.normal(size=(7, 7))
    u, _, vt = np.linalg.svd(near)
    actual = ops.convert_to_numpy(nearest_orthogonal(near.astype(DTYPE)))
    bound = {"float32": 1e-6, "float64": 1e-14}[DTYPE]
    np.testing.assert_allclose(actual, u @ vt, atol=bound)


def test_variables_keep_their_precision_under_a_mixed_policy():
    orthogonal = built(8, dtype="mixed_bfloat16")
    with keras.src.backend.AutocastScope("bfloat16"):
        q = orthogonal.matrix()
    assert keras.backend.standardize_dtype(q.dtype) == "float32"


@pytest.mark.compiled
def test_matrix_is_orthogonal_after_many_large_updates():
    """In float32: Q is made anew each time, so round-off does not add up."""
    n, updates = 128, 1000
    orthogonal = built(n, dtype="float32")
    target = np.linalg.qr(np.random.default_rng(4).normal(size=(n, n)))[0]

    class Approach(keras.Model):
        def __init__(self):
            super().__init__()
            self.orthogonal = orthogonal

        def call(self, inputs, training=False):
            return self.orthogonal.matrix(training)[None] + 0 * inputs

    model = Approach()
    model.compile(AdamTorch(1e-2), "mse", jit_compile=True, steps_per_execution=updates)
    x = np.zeros((updates, 1, 1), "float32")
    y = np.broadcast_to(target.astype("float32"), (updates, n, n))
    start = ops.convert_to_numpy(orthogonal.skew)
    model.fit(x, y, batch_size=1, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == updates
    assert np.abs(ops.convert_to_numpy(orthogonal.skew) - start).max() > 0.5
    q = ops.convert_to_numpy(orthogonal.matrix())
    assert np.abs(q.T @ q - np.eye(n)).max() < 1e-5


def test_configuration_round_trips():
    orthogonal = Orthogonal(
        "cayley", orthogonal_map="cayley", trivialization="dynamic", rebase_every=None
    )
    again = Orthogonal.from_config(orthogonal.get_config())
    assert again.get_config() == orthogonal.get_config()


def test_skew_takes_the_strict_upper_triangle_alone():
    x = np.arange(9.0).reshape(3, 3)
    expected = [[0, 1, 2], [-1, 0, 5], [-2, -5, 0]]
    assert ops.convert_to_numpy(skew(x)).tolist() == expected
    assert expm(skew(x)).shape == (3, 3)
