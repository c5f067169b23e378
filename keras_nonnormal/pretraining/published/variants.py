"""One number per Jacobian by the measures that were published, and its gradient."""

import numpy as np

from keras_nonnormal.pretraining.radius import norms_and_gradients, radii_and_gradients

VARIANTS = (
    "radius",
    "logradius",
    "norm1",
    "norm2",
    "norminf",
    "frobenius",
    "entrywise",
    "sampled",
    "supnpsd",
    "supsubnpsd",
)
WITH_GRADIENT = VARIANTS[:6]
SQUARE = ("radius", "supnpsd", "supsubnpsd")
# Keeps logarithms finite, as published.
FLOOR = 1e-8


def scalars(
    jacobians,
    variant: str = "radius",
    *,
    order: float = 2.0,
    samples: int = 16,
    rng: np.random.Generator | None = None,
    magnitude: bool = False,
) -> np.ndarray:
    r"""How much each Jacobian of a batch stretches, in float64.

    | variant | of a Jacobian $J$ with eigenvalues $\lambda_i$ |
    |---|---|
    | `"radius"` | $\rho = \max_i \lvert\lambda_i\rvert$, the one that LSC is about |
    | `"logradius"` | $1 + \log(10^{-8} + \rho)$; half the norm if rectangular |
    | `"norm1"`, `"norm2"`, `"norminf"` | largest column sum, singular value, row sum |
    | `"frobenius"` | root of the sum of squares |
    | `"entrywise"` | p-norm of all entries, p = `order` |
    | `"sampled"` | $\max_x \lVert Jx \rVert_p / \lVert x \rVert_p$ over Gaussian $x$ |
    | `"supnpsd"` | $1 + \sum_i \log(10^{-8} + \lvert\lambda_i\rvert)$ |
    | `"supsubnpsd"` | every $\mathrm{Re}\, \lambda_i$, or $\lvert\lambda_i\rvert$ |

    The last two were published with penalties on top: `semidefinite_penalty` of both,
    and `imaginary_penalty` of the last.

    Args:
        jacobians: Array `(batch, out, in)`. `sampling.square` makes rectangular ones
            square for the variants of eigenvalues.
        variant: One of the above. Defaults to `"radius"`.
        order: Float p >= 1, or infinity, of `"entrywise"` and `"sampled"`.
        samples: Integer, vectors of `"sampled"`.
        rng: Generator of these vectors. Defaults to a new one.
        magnitude: Boolean, whether `"supsubnpsd"` is of absolute values.

    Returns:
        Array `(batch,)`, or `(batch, n)` of `"supsubnpsd"`.

    Raises:
        ValueError: If Jacobians are not finite, or not square where they have to be.

    Example:

    >>> rotation = [[[0.0, 3.0], [-0.5, 0.0]]]
    >>> print(scalars(rotation).round(3), scalars(rotation, "norm2"))
    [1.225] [3.]

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    jacobians = _checked(jacobians, variant)
    if variant == "radius":
        return np.abs(np.linalg.eigvals(jacobians)).max(axis=-1)
    if variant == "logradius":
        if jacobians.shape[1] == jacobians.shape[2]:
            radii = np.abs(np.linalg.eigvals(jacobians)).max(axis=-1)
        else:
            radii = np.linalg.norm(jacobians, 2, axis=(1, 2)) / 2
        return 1 + np.log(FLOOR + radii)
    if variant == "supnpsd":
        sizes = np.abs(np.linalg.eigvals(jacobians))
        return 1 + np.log(FLOOR + sizes).sum(axis=-1)
    if variant == "supsubnpsd":
        eigenvalues = np.linalg.eigvals(jacobians)
        return np.abs(eigenvalues) if magnitude else eigenvalues.real
    if variant == "entrywise":
        return np.linalg.norm(jacobians.reshape(len(jacobians), -1), order, axis=1)
    if variant == "sampled":
        rng = np.random.default_rng() if rng is None else rng
        vectors = rng.normal(size=(jacobians.shape[2], samples))
        images = np.linalg.norm(jacobians @ vectors, order, axis=1)
        return (images / np.linalg.norm(vectors, order, axis=0)).max(axis=-1)
    orders = {"norm1": 1, "norm2": 2, "norminf": np.inf, "frobenius": "fro"}
    return np.linalg.norm(jacobians, orders[variant], axis=(1, 2))


def jacobian_loss(values, target: float) -> float:
    """Mean over the batch of the squared distance of each value from the target.

    Squares come first: radii of 0.5 and 1.5 are not a mean of 1.

    Args:
        values: Array `(batch,)` or `(batch, n)`, as `scalars` returns it.
        target: Float.
    """
    return float(np.square(np.asarray(values, np.float64) - target).mean())


def scalars_and_gradients(
    jacobians, variant: str = "radius"
) -> tuple[np.ndarray, np.ndarray]:
    r"""The number that `scalars` gives of each Jacobian, and its gradient.

    Where the value has a kink (several largest rows, a repeated eigenvalue) it is the
    derivative on one side; where the radius has no finite one it is 0, see
    `keras_nonnormal.pretraining.radius`.

    Args:
        jacobians: Array `(batch, out, in)`, square for `"radius"`.
        variant: `"radius"`, `"logradius"`, `"norm1"`, `"norm2"`, `"norminf"` or
            `"frobenius"`. Defaults to `"radius"`.

    Returns:
        Values `(batch,)`, and gradients `(batch, out, in)`.

    Raises:
        ValueError: As of `scalars`, or for another variant.

    Example:

    >>> values, gradients = scalars_and_gradients([[[2.0, 0.0], [5.0, 1.0]]])
    >>> print(values, (gradients.round(6) + 0.0).tolist())
    [2.] [[[1.0, 5.0], [0.0, 0.0]]]
    """
    if variant not in WITH_GRADIENT:
        raise ValueError(
            f"`variant` must be one of {WITH_GRADIENT} for gradients. "
            f"Received: {variant!r}"
        )
    jacobians = _checked(jacobians, variant)
    if variant == "radius":
        return radii_and_gradients(jacobians)
    if variant == "logradius":
        if jacobians.shape[1] == jacobians.shape[2]:
            radii, slopes = radii_and_gradients(jacobians)
        else:
            radii, slopes = (part / 2 for part in norms_and_gradients(jacobians))
        return 1 + np.log(FLOOR + radii), slopes / (FLOOR + radii)[:, None, None]
    if variant == "norm2":
        return norms_and_gradients(jacobians)
    if variant == "frobenius":
        norms = np.linalg.norm(jacobians, axis=(1, 2))
        return norms, jacobians / np.where(norms > 0, norms, 1)[:, None, None]
    axis = 1 if variant == "norm1" else 2  # what the sum is over
    sums = np.abs(jacobians).sum(axis=axis)
    width = np.arange(sums.shape[1])
    largest = width == sums.argmax(axis=1)[:, None]
    return sums.max(axis=1), np.sign(jacobians) * np.expand_dims(largest, axis)


def semidefinite_penalty(
    jacobians, *, samples: int = 16, rng: np.random.Generator | None = None
) -> float:
    r"""A quarter of the mean of $\max(0, -z^\top J z)$ over random unit vectors $z$.

    Args:
        jacobians: Array `(batch, n, n)`.
        samples: Integer, how many vectors. Defaults to `16`.
        rng: Generator of the vectors. Defaults to a new one.
    """
    jacobians = _checked(jacobians, "supnpsd")
    rng = np.random.default_rng() if rng is None else rng
    vectors = rng.normal(size=(samples, jacobians.shape[2]))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    forms = np.einsum("ki,bij,kj->bk", vectors, jacobians, vectors, optimize=True)
    return float(np.maximum(-forms, 0).mean() / 4)


def imaginary_penalty(jacobians) -> float:
    r"""A quarter of the mean of $|\mathrm{Im}\, \lambda_i|$ over all eigenvalues.

    Args:
        jacobians: Array `(batch, n, n)`.
    """
    eigenvalues = np.linalg.eigvals(_checked(jacobians, "supsubnpsd"))
    return float(np.abs(eigenvalues.imag).mean() / 4)


def _checked(jacobians, variant: str) -> np.ndarray:
    jacobians = np.asarray(jacobians, np.float64)
    if variant not in VARIANTS:
        raise ValueError(f"`variant` must be one of {VARIANTS}. Received: {variant!r}")
    if jacobians.ndim != 3 or not jacobians.size:
        raise ValueError(
            "`jacobians` must have shape (batch, out, in), none of them 0. "
            f"Received: shape {jacobians.shape}"
        )
    if variant in SQUARE and jacobians.shape[1] != jacobians.shape[2]:
        raise ValueError(
            f"`jacobians` must be square for {variant!r}; `sampling.square` makes them "
            f"so. Received: shape {jacobians.shape}"
        )
    if not np.isfinite(jacobians).all():
        raise ValueError(
            "`jacobians` must be finite. Received: "
            f"{np.sum(~np.isfinite(jacobians))} entries that are not, "
            f"of {jacobians.size}"
        )
    return jacobians
