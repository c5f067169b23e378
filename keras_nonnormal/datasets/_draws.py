"""Random splits that do not depend on one another, and checks of their sizes."""

from collections.abc import Callable

import numpy as np

from keras_nonnormal.datasets.examples import Examples, Splits


def draw_splits(
    draw: Callable[[np.random.Generator, int], Examples],
    *,
    train: int,
    validation: int,
    test: int,
    seed: int,
) -> Splits:
    """Draws each split from a random stream of its own.

    The streams are spawned from one seed, so the size of one split has no influence
    on the content of another. With `validation=0` the test split validates.
    """
    check_integer("train", train, minimum=1)
    check_integer("validation", validation, minimum=0)
    check_integer("test", test, minimum=1)
    check_integer("seed", seed, minimum=0)
    for_train, for_validation, for_test = map(
        np.random.default_rng, np.random.SeedSequence(seed).spawn(3)
    )
    test_split = draw(for_test, test)
    return Splits(
        train=draw(for_train, train),
        validation=draw(for_validation, validation) if validation else test_split,
        test=test_split,
    )


def legacy_stream(seed: int, *, train: int, test: int) -> np.random.RandomState:
    """NumPy's legacy stream, as it is right after `np.random.seed(seed)`."""
    check_integer("train", train, minimum=1)
    check_integer("test", test, minimum=1)
    return seeded_stream(seed)


def seeded_stream(seed: int) -> np.random.RandomState:
    """Draws without checks of sizes."""
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    return np.random.RandomState(seed)


def check_no_validation(validation: int) -> None:
    """The published data sets end with the test split."""
    if validation:
        raise ValueError(
            "Expected `validation=0` with `legacy=True`, because the published data "
            f"has no validation split. Received: validation={validation!r}"
        )


def check_integer(
    name: str, value: int, *, minimum: int, maximum: int | None = None
) -> None:
    """Raises a one-line ValueError unless `value` is an integer in the range."""
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    in_range = is_integer and value >= minimum and (maximum is None or value <= maximum)
    if not in_range:
        limits = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
        raise ValueError(
            f"Expected `{name}` to be an integer, {limits}. Received: {name}={value!r}"
        )
