"""The optimizers of the experiments on stable networks."""

from typing import Any

import keras

# The published schedule of the recurrent linear units.
SHARE_OF_STEPS, FLOOR = 1 / 6.5, 0.1
LOOKAHEAD_PERIOD = 6
MOMENTUM = 0.9


def optimizer_of(options, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer.

    Args:
        options: Their `optimizer`, `lr`, `schedule`, `weight_decay` and `clip_norm`:
            the largest joint norm of all gradients.
        steps: Updates of the whole training, for a rate that changes.
    """
    from keras_nonnormal.optimizers import AdaBelief, Lookahead

    rate: Any = options.lr
    if options.schedule == "cosine":
        decay = max(1, round(steps * SHARE_OF_STEPS))
        rate = keras.optimizers.schedules.CosineDecay(rate, decay, alpha=FLOOR)
    shared: dict[str, Any] = {"global_clipnorm": options.clip_norm}
    decayed = {**shared, "weight_decay": options.weight_decay or None}
    match options.optimizer:
        case "adabelief":
            return AdaBelief(rate, **decayed)
        case "lookahead-adabelief":
            return Lookahead(AdaBelief(rate, **decayed), period=LOOKAHEAD_PERIOD)
        case "adam":
            return keras.optimizers.Adam(rate, **shared)
        case "heavy-ball":
            heavy = keras.optimizers.SGD(rate, momentum=MOMENTUM, **shared)
            return Lookahead(heavy, period=LOOKAHEAD_PERIOD)
    raise ValueError(f"Expected a known optimizer. Received: {options.optimizer!r}")
