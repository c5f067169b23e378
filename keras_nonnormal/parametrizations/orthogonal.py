import keras
from keras import ops

from keras_nonnormal import initializers
from keras_nonnormal._precision import precise, precise_dtype
from keras_nonnormal.parametrizations.matrix_functions import cayley, expm, skew
from keras_nonnormal.parametrizations.parametrization import Parametrization, one_of

MAPS = {"exp": expm, "cayley": cayley}


@keras.saving.register_keras_serializable("keras_nonnormal")
class Orthogonal(Parametrization):
    r"""An orthogonal matrix as the image of a skew-symmetric one.

    $$ Q = B \, \varphi(A), \qquad A = \mathrm{triu}_1(X) - \mathrm{triu}_1(X)^T,
       \qquad \varphi = \exp \text{ or Cayley} $$

    Every $X$ gives an orthogonal $Q$, so any optimizer may move it; nothing drifts,
    since $Q$ is made anew in every call. The static trivialization has $B = I$ for
    ever. The dynamic one moves $B$ to the current $Q$ from time to time and counts $X$
    from there, so that the map is always used near its centre.

    Args:
        skew_initializer: Start of $X$: a Keras initializer of square matrices, or a
            name that `keras_nonnormal.initializers.skew_initializer` knows.
        orthogonal_map: `"exp"`, or `"cayley"`: $(I + A)^{-1} (I - A)$, which costs less
            and turns the other way, by $2 \arctan a$ instead of $a$.
        trivialization: `"static"` or `"dynamic"`.
        rebase_every: Positive integer, training steps between moves of the base of a
            dynamic trivialization; the first step always moves it. `None` moves it
            then and never again.
        project_every: Positive integer: with every this-many-th move the base is
            replaced by the orthogonal matrix nearest to it, against round-off.
        rebase_gradient: `"consistent"`, or `"original"`: the published program takes
            the gradient of a step that moves the base half in the old chart.
        **kwargs: The arguments every Keras layer takes.

    Example:

    >>> import numpy as np
    >>> orthogonal = Orthogonal("henaff")
    >>> orthogonal.build((4, 4))
    >>> q = keras.ops.convert_to_numpy(orthogonal.matrix())
    >>> bool(np.allclose(q.T @ q, np.eye(4), atol=1e-6))
    True

    Reference:
        - [Lezcano-Casado and Martínez-Rubio 2019](https://arxiv.org/abs/1901.08428),
          "Cheap Orthogonal Constraints in Neural Networks" (static)
        - [Lezcano-Casado 2019](https://arxiv.org/abs/1909.09501), "Trivializations for
          Gradient-Based Optimization on Manifolds" (dynamic)
    """

    def __init__(
        self,
        skew_initializer="henaff",
        orthogonal_map="exp",
        trivialization="static",
        rebase_every: int | None = 100,
        project_every=30,
        rebase_gradient="consistent",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.skew_initializer = initializers.skew_initializer(skew_initializer)
        self.orthogonal_map = one_of("orthogonal_map", orthogonal_map, tuple(MAPS))
        self.trivialization = one_of(
            "trivialization", trivialization, ("static", "dynamic")
        )
        self.rebase_every = (
            None if rebase_every is None else _positive("rebase_every", rebase_every)
        )
        self.project_every = _positive("project_every", project_every)
        self.rebase_gradient = one_of(
            "rebase_gradient", rebase_gradient, ("consistent", "original")
        )

    def build(self, shape):
        super().build(shape)
        self.skew = self.add_variable("skew", shape, self.skew_initializer)
        if self.trivialization == "dynamic":
            fixed = {"trainable": False, "dtype": precise_dtype(self.variable_dtype)}
            counter = {"shape": (), "initializer": "zeros", **fixed, "dtype": "int32"}
            self.base = self.add_variable("base", shape, "identity", **fixed)
            # X is counted from here, rather than set to zero: a forward pass cannot
            # assign a trainable variable on every backend, and adaptive optimizers
            # move X alike wherever it is.
            self.origin = self.add_variable("origin", shape, "zeros", **fixed)
            self.uses = self.add_variable("uses", **counter)
            self.moves = self.add_variable("moves", **counter)

    def matrix(self, training=False):
        x = precise(self.skew)
        if self.trivialization == "static":
            return self._map(x)
        base, origin = map(ops.convert_to_tensor, (self.base, self.origin))
        if not training:
            return ops.matmul(base, self._map(x - origin))

        # Everything is computed before anything is assigned: what was read from a
        # variable may still be the variable.
        uses, moves = map(ops.convert_to_tensor, (self.uses, self.moves))
        due = ops.equal(uses, 0)
        moves = ops.where(due, (moves + 1) % self.project_every, moves)
        fixed_x = ops.stop_gradient(x)

        def moved():
            return ops.matmul(base, self._map(fixed_x - origin))

        new_base = ops.cond(
            due,
            lambda: ops.cond(
                ops.equal(moves, 0), lambda: nearest_orthogonal(moved()), moved
            ),
            lambda: 1.0 * base,
        )
        new_base = ops.stop_gradient(new_base)
        new_origin = ops.where(due, fixed_x, origin)
        if self.rebase_gradient == "consistent":
            image = self._map(x - new_origin)
        else:
            # The value of the new chart with the derivative of the old one.
            image = self._map(x - origin)
            surplus = image - ops.eye(self.built_size, dtype=image.dtype)
            surplus = ops.where(due, surplus, ops.zeros_like(surplus))
            image = image - ops.stop_gradient(surplus)
        result = ops.matmul(new_base, image)
        uses = (uses + 1) % (self.rebase_every or 1 << 30)
        self.base.assign(new_base)
        self.origin.assign(new_origin)
        self.moves.assign(moves)
        self.uses.assign(uses)
        return result

    def _map(self, x):
        return MAPS[self.orthogonal_map](skew(x))

    def get_config(self):
        return {
            **super().get_config(),
            "skew_initializer": keras.initializers.serialize(self.skew_initializer),
            "orthogonal_map": self.orthogonal_map,
            "trivialization": self.trivialization,
            "rebase_every": self.rebase_every,
            "project_every": self.project_every,
            "rebase_gradient": self.rebase_gradient,
        }


def nearest_orthogonal(matrix):
    """The orthogonal factor of the polar decomposition of a nearly orthogonal matrix.

    Two Newton-Schulz steps: each squares the distance to it.

    Args:
        matrix: Tensor `(n, n)` with singular values within 1e-3 of 1.
    """
    matrix = ops.convert_to_tensor(matrix)
    for _ in range(2):
        gram = ops.matmul(ops.transpose(matrix), matrix)
        matrix = 1.5 * matrix - 0.5 * ops.matmul(matrix, gram)
    return matrix


def geodesic_step(matrix, gradient, learning_rate, form="descent"):
    r"""A step of gradient descent that stays on the orthogonal group.

    $$ W ← (I + \tfrac{η}{2} S)^{-1} (I - \tfrac{η}{2} S) W, \qquad S = G W^T - W G^T $$

    Args:
        matrix: Orthogonal tensor `(n, n)`, the $W$ above.
        gradient: Tensor `(n, n)`, the $G$ above.
        learning_rate: Float, the $η$ above.
        form: `"descent"`, or `"original"` with $S = G^T W - W^T G$, which is what a
            published program computes and is no direction of descent.

    Returns:
        Orthogonal tensor `(n, n)`.

    Reference:
        - [Wisdom et al. 2016](https://arxiv.org/abs/1611.00035), eq. (6)
    """
    if one_of("form", form, ("descent", "original")) == "descent":
        product = ops.matmul(gradient, ops.transpose(matrix))
    else:
        product = ops.matmul(ops.transpose(gradient), matrix)
    s = product - ops.transpose(product)
    return ops.matmul(cayley(0.5 * learning_rate * s), matrix)


def _positive(name, value):
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(
        f"Expected `{name}` to be a positive integer. Received: {name}={value!r}"
    )
