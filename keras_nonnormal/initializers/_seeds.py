"""Seeds for initializers that must not repeat one another."""

import keras
import numpy as np

from keras_nonnormal.initializers._checks import whole_number


def with_distinct_seeds(initializers: list) -> list:
    """The same initializers, those with an already used seed given a new one.

    Only repetitions are touched: the first initializer with a seed draws what it
    would draw alone. A `SeedGenerator` counts by the seed it started from, so that
    two gates stay distinct when saving has split the generator that they shared.
    """
    uses: dict[int, int] = {}
    distinct = []
    for initializer in initializers:
        start = _start_of(initializer)
        if start is not None:
            repeats = uses[start] = uses.get(start, -1) + 1
            if repeats:
                initializer = _reseeded(initializer, derived_seed(start, repeats))
        distinct.append(initializer)
    return distinct


def derived_seed(seed: int | None, index: int) -> int | None:
    """The ``index``-th of the unrelated seeds that follow from ``seed``.

    None stays None: the initializer then draws its own seed, which
    `keras.utils.set_random_seed` makes reproducible.
    """
    if seed is None:
        return None
    seed = whole_number("seed", seed, at_least=0)
    # 31 bits fit the seed dtype of every backend.
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0] >> 1)


def _start_of(initializer) -> int | None:
    """The 32 bits that Keras starts its draws from; None if no seed can be set."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return None
    if "seed" not in initializer.get_config():
        return None
    seed = getattr(initializer, "seed", None)
    if isinstance(seed, keras.random.SeedGenerator):
        seed = seed.get_config()["seed"]
    return seed % 2**32 if isinstance(seed, int) else None


def _reseeded(initializer, seed):
    if isinstance(initializer.seed, keras.random.SeedGenerator):
        seed = keras.random.SeedGenerator(seed)
    return initializer.from_config({**initializer.get_config(), "seed": seed})
