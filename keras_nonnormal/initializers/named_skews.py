"""The skew-symmetric starts by the names that the published programs give them."""

import math
from collections.abc import Callable, Mapping

import keras
from keras.initializers import Initializer

from keras_nonnormal.initializers.skews import (
    CayleySkew,
    HaarDiagSkew,
    HaarSkew,
    HenaffSkew,
    NormalDiagSkew,
    RandomOrthogonalSkew,
    UniformSkew,
)

Seed = int | keras.random.SeedGenerator | None
Named = Mapping[str, Callable[[Seed], Initializer]]

SKEWS: Named = {
    "henaff": lambda seed: HenaffSkew(seed=seed),
    "cayley": lambda seed: CayleySkew(seed=seed),
    # The name belongs to the published program, and so its choice of signs.
    "random": lambda seed: RandomOrthogonalSkew(sign="q", seed=seed),
    "haar": lambda seed: HaarSkew(seed=seed),
    "haar_diag": lambda seed: HaarDiagSkew(seed=seed),
    "normal_diag": lambda seed: NormalDiagSkew(seed=seed),
    "normal_squeeze_diag": lambda seed: NormalDiagSkew(math.pi / 8, seed=seed),
    "exp_uniform": lambda seed: UniformSkew(seed=seed),
}


def skew_initializer(identifier, seed: Seed = None) -> Initializer:
    """The initializer of a skew-symmetric matrix, by name.

    | name | initializer |
    |---|---|
    | `"henaff"` | `HenaffSkew()` |
    | `"cayley"` | `CayleySkew()` |
    | `"random"` | `RandomOrthogonalSkew(sign="q")`, the published signs |
    | `"haar"` | `HaarSkew()` |
    | `"haar_diag"` | `HaarDiagSkew()` |
    | `"normal_diag"` | `NormalDiagSkew(pi)` |
    | `"normal_squeeze_diag"` | `NormalDiagSkew(pi / 8)` |
    | `"exp_uniform"` | `UniformSkew()` |

    Args:
        identifier: One of the names above, an initializer instance, which is returned
            as it is, or the config of one.
        seed: The seed of the initializer that a name makes: an integer, None, or a
            `keras.random.SeedGenerator`.

    Returns:
        An initializer for shape `(units, units)`.

    Raises:
        ValueError: If the name is unknown, or `"xavier"`, whose matrices are not
            skew-symmetric; if there is no initializer; or if a seed is given beside an
            initializer that has its own.

    Example:

    >>> from keras_nonnormal.initializers import skew_initializer
    >>> skew_initializer("random", seed=1).get_config()
    {'sign': 'q', 'seed': 1}

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    - [Lezcano-Casado, 2019](https://arxiv.org/abs/1909.09501)
    """
    if isinstance(identifier, str):
        if identifier == "xavier":
            raise ValueError(
                "'xavier' does not draw skew-symmetric matrices: expected the name of "
                f"a skew initializer to be one of {_listed(SKEWS)}. Received: 'xavier'"
            )
        return by_name("a skew initializer", SKEWS, identifier, seed)
    if seed is not None:
        raise ValueError(
            "Expected `seed` to be left out beside an initializer, which has its own. "
            f"Received: seed={seed!r}"
        )
    initializer = keras.initializers.get(identifier)
    if not isinstance(initializer, Initializer):
        raise ValueError(
            "Expected a skew initializer to be an initializer, its config, or one of "
            f"{_listed(SKEWS)}. Received: {identifier!r}"
        )
    return initializer


def by_name(what: str, table: Named, name: str, seed: Seed) -> Initializer:
    """The initializer that ``table`` makes for ``name``."""
    if not isinstance(name, str) or name not in table:
        raise ValueError(
            f"Expected the name of {what} to be one of {_listed(table)}. "
            f"Received: {name!r}"
        )
    return table[name](seed)


def _listed(table: Named) -> str:
    return ", ".join(map(repr, table))
