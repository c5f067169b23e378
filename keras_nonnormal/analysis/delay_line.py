import numpy as np

from keras_nonnormal.analysis._checks import at_least


def delay_line(n: int, alpha: float, beta: float = 0.0, d: float = 0.0) -> np.ndarray:
    """A feed-forward chain with decay and shortcuts: d on the diagonal, alpha below it.

    Lower triangular, in column form: `delay_line(...) @ x` is the next state, and unit
    i feeds unit i + 1. Its transpose is a `recurrent_kernel` of Keras.

    Args:
        n: Integer, number of units.
        alpha: Float, weight from every unit to the next.
        beta: Float, weight to all units after the next. Defaults to `0`.
        d: Float, weight of every unit to itself, which makes it the only eigenvalue.
            Defaults to `0`.

    Returns:
        An array `(n, n)`.

    Example:

    >>> delay_line(4, alpha=2, beta=3, d=1)
    array([[1., 0., 0., 0.],
           [2., 1., 0., 0.],
           [3., 2., 1., 0.],
           [3., 3., 2., 1.]])

    Reference:

    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080); the supplement
      calls the weight below the diagonal the root of alpha, in the notebook that drew
      the figure it is alpha, as here.
    """
    n = at_least(1, n, "n")
    below = beta * np.tri(n, k=-2)
    return d * np.eye(n) + alpha * np.eye(n, k=-1) + below


def memory_networks(
    units: int,
    *,
    chain: float = 1.02,
    forward: float = 0.99,
    feedback: float = 0.04,
    seed: int = 1,
) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Two normal and two non-normal linear networks, to compare their memories.

    Args:
        units: Integer, number of units.
        chain: Float, weight along the chain. Defaults to `1.02`.
        forward: Float, weight along the chain with feedback. Defaults to `0.99`.
        feedback: Float, its weight back. Defaults to `0.04`.
        seed: Integer, decides the orthogonal matrix and where its input enters.

    Returns:
        By name, `"identity"`, `"orthogonal"`, `"chain"` and `"fbchain"`, the matrix
        `(units, units)` in column form, and the direction `(units,)` in which input
        enters, or None for the first unit.

    Reference:

    - [Orhan and Pitkow, 2020, figure 1](https://arxiv.org/abs/1905.13715), where the
      gains are not said; the defaults are those of the library's initializers.
    """
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.standard_normal((units, units)))
    anywhere = rng.standard_normal(units)
    anywhere /= np.linalg.norm(anywhere)
    back = delay_line(units, forward) + feedback * np.eye(units, k=1)
    return {
        "identity": (np.eye(units), anywhere),
        "orthogonal": (q * np.sign(np.diag(r)), anywhere),
        "chain": (delay_line(units, chain), None),
        "fbchain": (back, None),
    }
