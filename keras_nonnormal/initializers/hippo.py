import keras
import numpy as np

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._host_matrix import HostMatrix


@keras.saving.register_keras_serializable("keras_nonnormal")
class HiPPOLegS(HostMatrix):
    r"""The matrix of HiPPO-LegS as a start of a free recurrent matrix.

    $$ \dot c = A c, \qquad A_{nk} = - \sqrt{(2n+1)(2k+1)} \ (n > k), \quad
       -(n+1) \ (n = k), \quad 0 \ (n < k) $$

    is the motion of the coefficients of a history in scaled Legendre polynomials while
    nothing new comes in. A step of length Δ by the bilinear rule, in Keras's row form,

    $$ U = \left((I - Δ A / 2)^{-1} (I + Δ A / 2)\right)^T $$

    has the eigenvalues $(1 - Δ(n+1)/2) / (1 + Δ(n+1)/2)$, is far from normal, and never
    lengthens a vector, since $A + A^T$ is negative definite.

    Args:
        step: Positive number, Δ; None for `1 / units`, with which the eigenvalues go
            from `1 - 1 / units` down to 1/3. Defaults to None.

    Raises:
        ValueError: If `step` is not a positive number; when called, if the shape is
            not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import HiPPOLegS
    >>> keras.ops.convert_to_numpy(HiPPOLegS(step=1.0)(shape=(2, 2))).round(4)
    array([[ 0.3333, -0.5774],
           [ 0.    ,  0.    ]], dtype=float32)

    Reference:

    - [Gu et al., 2020](https://arxiv.org/abs/2008.07669), theorem 2
    - [Gu et al., 2022](https://arxiv.org/abs/2111.00396), equations 2 and 3
    """

    def __init__(self, step=None):
        self.step = None if step is None else finite_real("step", step)
        if self.step is not None and not self.step > 0:
            raise ValueError(
                f"Expected `step` to be None or positive. Received: step={step!r}"
            )

    def matrix(self, units):
        n = np.arange(units)
        root = np.sqrt(2.0 * n + 1)
        a = -np.tril(np.outer(root, root), -1) - np.diag(n + 1.0)
        half = a * (1 / units if self.step is None else self.step) / 2
        identity = np.eye(units)
        return np.linalg.solve(identity - half, identity + half).T

    def get_config(self):
        return {"step": self.step}
