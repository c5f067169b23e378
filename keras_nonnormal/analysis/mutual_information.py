import numpy as np

from keras_nonnormal.analysis._checks import at_least
from keras_nonnormal.analysis._optional import scipy_module

# Points that are no further apart count as one; so it was published.
TIE = 1e-15


def mixed_ksg(x, y, k: int = 5) -> float:
    r"""Mutual information of variables that may be discrete, continuous, or a mixture.

    With $r_i$ the distance of sample i to its k-th neighbour in the maximum norm of
    both variables together, and $n_{x,i}$, $n_{y,i}$ the number of samples nearer than
    that in each variable alone, sample i itself among them,

    $$ I = \frac1N \sum_i \left[ \psi(k_i) + \ln N - \psi(n_{x,i}) - \psi(n_{y,i})
       \right] $$

    where $k_i = k$; but where a sample coincides with k others, $k_i$, $n_{x,i}$ and
    $n_{y,i}$ are the numbers of samples that coincide with it.

    Needs scipy: `pip install keras_nonnormal[analysis]`.

    Args:
        x: Array `(samples,)` or `(samples, features)`. As published, the pixels of one
            sequence (in the order in which the network was shown them).
        y: Array of as many samples. As published, the states `(time, units)`.
        k: Integer, neighbours to look at: more for less variance and more bias.
            Defaults to `5`.

    Returns:
        A float in nats. An estimate can be negative; published figures show 0 then.

    Raises:
        ValueError: If shapes do not fit, or `k` is not below the number of samples.
        ImportError: If scipy is not installed.

    Example:

    >>> bits = np.arange(1000) % 2
    >>> print(f"{mixed_ksg(bits, bits):.3f} {np.log(2):.3f}")
    0.694 0.693

    Reference:

    - [Gao, Kannan, Oh and Viswanath, 2017](https://arxiv.org/abs/1709.06212)
    """
    x, y = _samples(x, y)
    both, trees, distances = _neighbours(x, y, k)
    tied = distances <= TIE
    # Strictly nearer, also where 1e-15 is less than a rounding error.
    radii = np.minimum(distances - TIE, np.nextafter(distances, 0))
    radii = np.where(tied, TIE, radii)
    coinciding = both.query_ball_point(
        np.hstack([x, y])[tied], TIE, p=np.inf, return_length=True
    )
    neighbours = np.full(len(x), k)
    neighbours[tied] = coinciding
    return _information(neighbours, *_counts(trees, (x, y), radii))


def ksg(x, y, k: int = 5, noise: float = 0.0, seed: int | None = None) -> float:
    r"""Mutual information of continuous variables, by nearest neighbours.

    As `mixed_ksg`, but $n_{x,i}$ and $n_{y,i}$ count the samples up to the distance of
    the k-th neighbour and leave out sample i. Samples that coincide mislead it; a
    little noise parts them.

    Needs scipy: `pip install keras_nonnormal[analysis]`.

    Args:
        x: Array `(samples,)` or `(samples, features)`.
        y: Array of as many samples.
        k: Integer, neighbours to look at. Defaults to `5`.
        noise: Float, standard deviation of Gaussian noise to add to both variables.
            Defaults to `0`; 0.01 was published.
        seed: Integer, seed of the noise.

    Returns:
        A float in nats.

    Raises:
        ValueError: If shapes do not fit, `k` is not below the number of samples, or the
            noise is negative.
        ImportError: If scipy is not installed.

    Example:

    >>> x, e = np.random.default_rng(1).normal(size=(2, 2000))
    >>> print(f"{ksg(x, x + e):.1f} {np.log(2) / 2:.1f}")
    0.3 0.3

    Reference:

    - [Kraskov, Stögbauer and Grassberger, 2004](https://arxiv.org/abs/cond-mat/0305641)
    """
    x, y = _samples(x, y)
    if not noise >= 0:
        raise ValueError(f"`noise` must not be negative. Received: {noise}")
    if noise:
        rng = np.random.default_rng(seed)
        x, y = (each + rng.normal(0, noise, each.shape) for each in (x, y))
    _, trees, distances = _neighbours(x, y, k)
    n_x, n_y = _counts(trees, (x, y), distances + TIE)
    return _information(np.full(len(x), k), n_x - 1, n_y - 1)


def partition_mutual_information(x, y, bins: int = 8) -> float:
    r"""Mutual information of two histograms: $\sum p_{ab} \ln (p_{ab} / p_a p_b)$.

    Every feature is cut into bins of equal width from its smallest to its largest
    value. The result is too large by about $(m_{xy} - m_x - m_y + 1) / 2N$ if N samples
    occupy $m_{xy}$ pairs of bins, $m_x$ bins of x and $m_y$ of y.

    Args:
        x: Array `(samples,)` or `(samples, features)`.
        y: Array of as many samples.
        bins: Integer, bins per feature. Defaults to `8`.

    Returns:
        A float in nats, never negative.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> coins = np.array([0, 1, 0, 1, 1, 0])
    >>> print(f"{partition_mutual_information(coins, coins):.4f}")
    0.6931
    """
    bins = at_least(1, bins, "bins")
    cells = [_cells(each, bins) for each in _samples(x, y)]
    counts = np.zeros([len(np.unique(each)) for each in cells])
    np.add.at(counts, tuple(cells), 1)
    joint = counts / counts.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    taken = joint > 0
    return max(0.0, float(joint[taken] @ np.log(joint[taken] / apart[taken])))


def _samples(x, y) -> tuple[np.ndarray, np.ndarray]:
    x, y = (np.asarray(each, np.float64) for each in (x, y))
    if x.ndim not in (1, 2) or y.ndim not in (1, 2) or len(x) != len(y) or not x.size:
        raise ValueError(
            "`x` and `y` must have shapes (samples,) or (samples, features), with "
            f"equally many samples. Received: shapes {x.shape} and {y.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("`x` and `y` must be finite. Received entries that are not")
    return x.reshape(len(x), -1), y.reshape(len(y), -1)


def _neighbours(x: np.ndarray, y: np.ndarray, k: int):
    """The tree of both, those of each, and distances to the k-th neighbours."""
    if at_least(1, k, "k") >= len(x):
        raise ValueError(
            f"`k` must be below the number of samples, {len(x)}. Received: {k}"
        )
    spatial = scipy_module("spatial")
    joint = np.hstack([x, y])
    both = spatial.KDTree(joint)
    distances, _ = both.query(joint, [k + 1], p=np.inf)  # the first is the sample
    return both, (spatial.KDTree(x), spatial.KDTree(y)), distances[:, 0]


def _counts(trees, samples, radii: np.ndarray) -> list[np.ndarray]:
    return [
        tree.query_ball_point(each, radii, p=np.inf, return_length=True)
        for tree, each in zip(trees, samples, strict=True)
    ]


def _information(k: np.ndarray, n_x: np.ndarray, n_y: np.ndarray) -> float:
    digamma = scipy_module("special").digamma
    terms = digamma(k) - digamma(n_x) - digamma(n_y)
    return float(np.log(len(k)) + terms.mean())


def _cells(samples: np.ndarray, bins: int) -> np.ndarray:
    """The number of the occupied cell of a grid in which each sample is."""
    low, high = samples.min(axis=0), samples.max(axis=0)
    widths = np.where(high > low, high - low, 1.0)
    places = ((samples - low) / widths * bins).astype(int).clip(max=bins - 1)
    return np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)
