"""The dominant eigenpairs of many matrices, without all the others."""

import numpy as np

# Below so many multiplications (matrices times width^3) LAPACK is quick enough.
SMALL = 2**25
BLOCK = 8
"""Width of the subspace: the dominant eigenvalue and those of about its size."""
DOUBLINGS, ROUNDS = 8, 4
"""A round applies the matrix to the power 2^8, so that even sizes 1 % apart part."""
RESIDUAL = 1e-10
"""Relative to the matrix; where it is larger LAPACK finds the pair."""


def leading_pairs(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalue of largest absolute value of each matrix, and its eigenvector.

    Many large matrices are handled by subspace iteration on a power of each, which
    consists of products of matrices and takes an eighth of the time of a full
    eigendecomposition; the few that do not converge, and small problems, by LAPACK.

    Args:
        matrices: Array `(batch, n, n)` of finite floats.

    Returns:
        Eigenvalues `(batch,)` and unit eigenvectors `(batch, n)`, both complex.
    """
    if len(matrices) * matrices.shape[1] ** 3 < SMALL:
        return _of_all(matrices)
    values, vectors, converged = _subspace_iteration(matrices)
    if not converged.all():
        values[~converged], vectors[~converged] = _of_all(matrices[~converged])
    return values, vectors


def _of_all(matrices):
    """The dominant of all eigenpairs."""
    eigenvalues, vectors = np.linalg.eig(matrices)
    return _dominant(eigenvalues, vectors)


def _dominant(eigenvalues, vectors):
    batch = np.arange(len(eigenvalues))
    first = np.abs(eigenvalues).argmax(axis=1)
    values = eigenvalues[batch, first].astype(complex)
    return values, vectors[batch, :, first].astype(complex)


def _subspace_iteration(matrices):
    sizes = np.linalg.norm(matrices, axis=(1, 2))
    tiny = np.finfo(np.float64).tiny
    power = matrices / np.maximum(sizes, tiny)[:, None, None]
    for _ in range(DOUBLINGS):
        power = power @ power
        power /= np.maximum(np.abs(power).max(axis=(1, 2), keepdims=True), tiny)
    start = np.random.default_rng(0).normal(size=(matrices.shape[1], BLOCK))
    basis = np.broadcast_to(start, (len(matrices), *start.shape))
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(power @ basis)
    images = matrices @ basis
    values, inside = _dominant(*np.linalg.eig(basis.swapaxes(1, 2) @ images))
    vectors = np.einsum("bnk,bk->bn", basis, inside)
    residuals = np.einsum("bnk,bk->bn", images, inside) - values[:, None] * vectors
    # A nilpotent matrix has a power of zero, and a subspace that says nothing.
    alive = np.isfinite(power).all(axis=(1, 2)) & (np.abs(values) > RESIDUAL * sizes)
    converged = np.linalg.norm(residuals, axis=1) <= RESIDUAL * sizes
    return values, vectors, alive & converged
