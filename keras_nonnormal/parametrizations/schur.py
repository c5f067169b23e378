import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal._precision import precise
from keras_nonnormal.parametrizations.orthogonal import Orthogonal
from keras_nonnormal.parametrizations.parametrization import Parametrization, one_of


@keras.saving.register_keras_serializable("keras_nonnormal")
class Schur(Parametrization):
    r"""A matrix by its real Schur form: rotations, a triangle, and a basis.

    $$ V = P Θ P^T, \qquad
       Θ = \mathrm{diag}(γ_i R(θ_i)) + \mathrm{triu}(T), \qquad
       R(θ) = \begin{pmatrix} \cos θ & -\sin θ \\ \sin θ & \cos θ \end{pmatrix} $$

    $P$ is orthogonal. The rotations carry the spectrum and $T$ all that is not normal:
    with $T = 0$ and $γ = 1$, as it starts, $V$ is orthogonal. States are rows here, so
    the upper triangular $Θ$ is the lower triangular one of the paper's figures.

    Args:
        orthogonal: The parametrization of $P$, an `Orthogonal`. Defaults to the
            exponential of a Henaff draw.
        theta_initializer: Start of the angles, `(size / 2,)`, in radians. Defaults to
            uniform in [0, 2π).
        gamma_penalty: Float, at least 0, the paper's δ: δ Σ(γ_i - 1)² is added to the
            loss.
        t_mask: Which entries $T$ has: `"strict"`, all above the diagonal, as in the
            published program; or `"block"`, none inside the 2x2 blocks, so that the
            eigenvalues of $V$ are exactly $γ_i e^{±iθ_i}$.
        **kwargs: The arguments every Keras layer takes.

    Raises:
        ValueError: When built for an odd size.

    Example:

    >>> schur = Schur()
    >>> schur.build((6, 6))
    >>> [(w.name, tuple(w.shape)) for w in schur.weights]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('theta', (3,)), ('gamma', (3,)), ('upper', (6, 6)), ('skew', (6, 6))]

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), "Non-normal Recurrent
          Neural Network (nnRNN)", eq. (3)
    """

    def __init__(
        self,
        orthogonal=None,
        theta_initializer=None,
        gamma_penalty=1e-4,
        t_mask="strict",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(orthogonal, dict):
            orthogonal = keras.saving.deserialize_keras_object(orthogonal)
        self.orthogonal = orthogonal or Orthogonal(dtype=self.dtype_policy)
        self.theta_initializer = keras.initializers.get(
            theta_initializer or keras.initializers.RandomUniform(0.0, 2 * math.pi)
        )
        if not gamma_penalty >= 0:
            raise ValueError(
                "Expected `gamma_penalty` to be at least 0. "
                f"Received: gamma_penalty={gamma_penalty!r}"
            )
        self.gamma_penalty = float(gamma_penalty)
        self.t_mask = one_of("t_mask", t_mask, ("strict", "block"))

    def build(self, shape):
        super().build(shape)
        size = self.built_size
        check_even(size)
        if not self.orthogonal.built:  # it is, where both come from a file
            self.orthogonal.build(shape)
        half = (size // 2,)
        self.theta = self.add_variable("theta", half, self.theta_initializer)
        self.gamma = self.add_variable(
            "gamma",
            half,
            "ones",
            regularizer=PullTowardsOne(self.gamma_penalty)
            if self.gamma_penalty
            else None,
        )
        self.upper = self.add_variable("upper", shape, "zeros")

    def basis(self, training=False):
        """The orthogonal matrix $P$, `(size, size)`."""
        return self.orthogonal.matrix(training)

    def schur_form(self):
        """The block triangular matrix $Θ$, `(size, size)`."""
        size = self.built_size
        theta, gamma, upper = map(precise, (self.theta, self.gamma, self.upper))
        zero = ops.zeros_like(theta)
        cosine, sine = gamma * ops.cos(theta), gamma * ops.sin(theta)

        def spread(first, second):
            return ops.reshape(ops.stack([first, second], axis=1), (size,))

        # Entries (j, j), (2i, 2i + 1) and (2i + 1, 2i): rows of a diagonal matrix,
        # shifted to the right and to the left.
        blocks = (
            ops.diag(spread(cosine, cosine))
            + ops.diag(spread(-sine, zero)[:-1], k=1)
            + ops.diag(spread(sine, zero)[:-1], k=-1)
        )
        triangle: Any = ops.triu(upper, 1)
        if self.t_mask == "block":
            inside = np.kron(np.eye(size // 2), np.ones((2, 2)))
            triangle = triangle * ops.convert_to_tensor(1 - inside, triangle.dtype)
        return blocks + triangle

    def matrix(self, training=False):
        basis = self.basis(training)
        left = ops.matmul(basis, self.schur_form())
        return ops.matmul(left, ops.transpose(basis))

    def get_config(self):
        return {
            **super().get_config(),
            "orthogonal": keras.saving.serialize_keras_object(self.orthogonal),
            "theta_initializer": keras.initializers.serialize(self.theta_initializer),
            "gamma_penalty": self.gamma_penalty,
            "t_mask": self.t_mask,
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class PullTowardsOne(keras.regularizers.Regularizer):
    """A penalty on numbers other than one: `strength * sum((x - 1) ** 2)`.

    It has the dtype of losses, `keras.config.floatx()`, for variables of any dtype.

    Args:
        strength: Float, at least 0.
    """

    def __init__(self, strength=1e-4):
        self.strength = float(strength)

    def __call__(self, x):
        penalty = self.strength * ops.sum(ops.square(precise(x) - 1))
        return ops.cast(penalty, keras.config.floatx())

    def get_config(self):
        return {"strength": self.strength}


def check_even(size: int) -> None:
    """Raises a ValueError for an odd number of units."""
    if size % 2:
        raise ValueError(
            "The Schur form pairs units into rotations: expected an even number of "
            f"units. Received: units={size}"
        )
