"""The spectral radius and the norm of Jacobians, with gradients."""

import numpy as np

from keras_nonnormal.pretraining.leading import leading_pairs

# u^H v of unit vectors below which the radius counts as not differentiable there. That
# of a defective eigenvalue is about the root of the rounding error.
DEFECTIVE = 1e-7
# How far from the eigenvalue, relative to the matrix, inverse iteration is shifted, for
# there has to be an inverse; off the real axis, where other eigenvalues may be.
SHIFT = 1e-10 * np.exp(0.25j * np.pi)
# Matrices at once: their complex copies of a large batch would not fit into a cache.
PART = 32


def radii_and_gradients(jacobians: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The spectral radius of each Jacobian, and the derivative by its entries.

    For a dominant eigenvalue $\lambda$ with right and left eigenvectors $v$ and $u$,

    $$ \frac{\partial \rho}{\partial J_{ab}} = \mathrm{Re}
       \frac{\bar\lambda\, \bar u_a v_b}{|\lambda|\, u^H v} $$

    The left one comes of inverse iteration on $J^\top$ from $\bar v$, so that no matrix
    of eigenvectors is inverted, which need not have an inverse.

    It is 0 where $\rho = 0$, or $u^H v = 0$, at which the radius has no finite one.

    Args:
        jacobians: Array `(batch, n, n)`, finite.

    Returns:
        Radii `(batch,)`, and gradients `(batch, n, n)`.
    """
    parts = [
        _of_part(jacobians[start : start + PART])
        for start in range(0, len(jacobians), PART)
    ]
    radii, slopes = zip(*parts, strict=True)
    return np.concatenate(radii), np.concatenate(slopes)


def norms_and_gradients(jacobians: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest singular value of each Jacobian, and the derivative by its entries.

    Args:
        jacobians: Array `(batch, out, in)`, finite.

    Returns:
        Norms `(batch,)`, and gradients `(batch, out, in)`.
    """
    left, sizes, right = np.linalg.svd(jacobians, full_matrices=False)
    norms = sizes[:, 0]
    gradients = np.einsum("ba,bc->bac", left[:, :, 0], right[:, 0])
    return norms, gradients * (norms > 0)[:, None, None]


def _of_part(jacobians):
    values, right = leading_pairs(jacobians)
    radii = np.abs(values)
    alive = radii > 0
    left = _left_vectors(jacobians, values, right, alive)
    overlaps = np.sum(left * right, axis=1)
    alive &= np.abs(overlaps) > DEFECTIVE
    scales = np.zeros(len(jacobians), complex)
    np.divide(values.conj(), radii * overlaps, out=scales, where=alive)
    return radii, np.einsum("b,ba,bc->bac", scales, left, right).real


def _left_vectors(jacobians, values, right, alive) -> np.ndarray:
    """Conjugates of unit left eigenvectors; that of a repeated one nearest to `right`.

    Of a repeated eigenvalue this is what overlaps with `right`; any other may not.
    """
    sizes = np.linalg.norm(jacobians, axis=(1, 2))
    shifted = values + SHIFT * sizes
    shifted = np.where(alive, shifted, 1.0)[:, None, None] * np.eye(jacobians.shape[1])
    systems = np.where(alive[:, None, None], jacobians.swapaxes(1, 2), 0) - shifted
    left = right.conj()
    for _ in range(2):  # each divides what is not wanted by gap / shift
        left = np.linalg.solve(systems, left[..., None])[..., 0]
        left /= np.linalg.norm(left, axis=1, keepdims=True)
    return left
