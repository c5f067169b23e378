"""Optimizers by the names that options and presets use."""

from collections.abc import Iterable
from typing import Any

import keras

from keras_nonnormal.optimizers import AdamTorch, RMSpropKeras2, RMSpropTorch

OPTIMIZERS = {
    "rmsprop-keras2": RMSpropKeras2,
    "rmsprop-torch": RMSpropTorch,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adam-torch": AdamTorch,
}


def optimizer_by_name(
    name: str, learning_rate: float, clip_norm: float | None = None
) -> keras.Optimizer:
    """An optimizer with the defaults of its name, clipping all gradients jointly.

    Args:
        name: A key of `OPTIMIZERS`.
        learning_rate: Float.
        clip_norm: Float, the largest joint norm of all gradients, or None.

    Returns:
        A new optimizer.
    """
    return OPTIMIZERS[name](learning_rate=learning_rate, global_clipnorm=clip_norm)


def two_rate_optimizer(
    name: str,
    learning_rate: float,
    *,
    orthogonal_rate: float | None = None,
    alpha: float = 0.99,
    betas: tuple[float, float] = (0.9, 0.999),
    upper_decay: float = 0.0,
    weight_decay: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    gamma_frozen: bool = False,
    twice_as_fast: Iterable[str] = (),
) -> keras.Optimizer:
    """The optimizer that the nnRNN experiments trained every network with.

    Args:
        name: `"RMSprop"` or `"Adam"`, in the form they have in PyTorch.
        learning_rate: Float, the rate of all variables but the orthogonal ones.
        orthogonal_rate: Float, the rate of the variables named `skew`, or None for a
            network that has none.
        alpha: Float, the smoothing constant of RMSprop.
        betas: Tuple of two floats, the smoothing constants of Adam.
        upper_decay: Float, coupled weight decay of the variables named `upper`, the
            T of nnRNN; 0 for a network that has none.
        weight_decay: Float, coupled weight decay of all variables, instead of that.
        clip_norm: Float, the largest joint norm of all gradients, or None.
        clip_value: Float, the largest absolute value in a gradient, or None.
        gamma_frozen: Whether variables named `gamma` keep their start.
        twice_as_fast: Names of variables, or patterns of their paths, that get twice
            the rate: the sum of two that a published program adds and moves alike.

    Returns:
        A new optimizer, whose `learning_rate` moves both rates.

    Raises:
        ValueError: If the name is another one, if a rate is not positive, or if both
            kinds of decay or both kinds of clipping are asked for.

    Example:

    >>> optimizer = two_rate_optimizer("RMSprop", 5e-4, orthogonal_rate=1e-6)
    >>> optimizer.rate_factors
    {'skew': 0.002}

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), supplement, and the
          published code
    """
    if name not in ("RMSprop", "Adam"):
        raise ValueError(
            f'Expected an optimizer "RMSprop" or "Adam". Received: name={name!r}'
        )
    rates = {"learning_rate": learning_rate, "orthogonal_rate": orthogonal_rate}
    for argument, rate in rates.items():
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError(
                f"Expected a positive `{argument}`. Received: {argument}={rate}"
            )
    if clip_norm is not None and clip_value is not None:
        raise ValueError(
            "Expected `clip_norm` or `clip_value`, not both. "
            f"Received: clip_norm={clip_norm}, clip_value={clip_value}"
        )
    if upper_decay and weight_decay:
        raise ValueError(
            "Expected `upper_decay` or `weight_decay`, not both. "
            f"Received: upper_decay={upper_decay}, weight_decay={weight_decay}"
        )
    factors = {}
    if orthogonal_rate is not None:
        factors["skew"] = orthogonal_rate / learning_rate
    if gamma_frozen:
        factors["gamma"] = 0.0
    factors |= dict.fromkeys(twice_as_fast, 2.0)
    shared: dict[str, Any] = {
        "rate_factors": factors or None,
        "coupled_weight_decay": (
            {"upper": upper_decay} if upper_decay else weight_decay
        ),
        "global_clipnorm": clip_norm,
        "clipvalue": clip_value,
    }
    if name == "Adam":
        beta_1, beta_2 = betas
        return AdamTorch(learning_rate, beta_1, beta_2, **shared)
    return RMSpropTorch(learning_rate, alpha, **shared)
