"""Updates, best weights and draws of the published procedures of pre-training."""

from typing import Any

import numpy as np

from keras_nonnormal.optimizers import AdaBelief, Lookahead
from keras_nonnormal.pretraining.variables import as_array


class PublishedUpdate:
    r"""Lookahead around AdaBelief; as published, with moments forgotten at every step.

    The published programs rebuilt the model, and with it the moments and the slow copy,
    in every iteration, while the count of updates went on. With gradient $g$ the
    moments are then $0.1 g$ and $0.001 (0.9 g)^2 + 10^{-14}$: from the sixth step on
    the update is one of signs, whose length does not depend on $g$, and every sixth
    step is half as long.

    Args:
        variables: The variables that may get gradients.
        learning_rate: Float.
        weight_decay: Float, decoupled.
        fresh_moments: Whether to forget. Defaults to `True`.
    """

    period = 6

    def __init__(
        self,
        variables: list,
        learning_rate: float,
        weight_decay: float,
        fresh_moments: bool = True,
    ):
        adabelief = AdaBelief(learning_rate, weight_decay=weight_decay)
        # Forgetful, the slow copy is the start of the step: nothing to remember.
        self._optimizer = adabelief if fresh_moments else Lookahead(adabelief)
        self._optimizer.build(variables)
        named = [
            [slot for slot in self._optimizer.variables if slot.path.endswith(name)]
            for name in ("_mean", "_variance")
        ]
        moments = zip(variables, *named, strict=True)
        self._moments = {id(variable): slots for variable, *slots in moments}
        self.fresh_moments = fresh_moments
        self.steps = 0

    def __call__(self, variables: list, gradients: list) -> None:
        """Moves variables against their gradients, but for those of gradient None."""
        pairs = [
            (g, v) for g, v in zip(gradients, variables, strict=True) if g is not None
        ]
        halves = self.fresh_moments and (self.steps + 1) % self.period == 0
        before = [as_array(v) for _, v in pairs] if halves else []
        self._optimizer.apply_gradients(pairs)
        self.steps += 1
        if halves:
            for (_, variable), start in zip(pairs, before, strict=True):
                variable.assign((start + as_array(variable)) / 2)
        if self.fresh_moments:
            for slot in (s for _, v in pairs for s in self._moments[id(v)]):
                slot.assign(np.zeros(slot.shape))


class BestWeights:
    """The weights of the iteration that came nearest to the target.

    The first iteration only sets the mark. A later one is better if it is nearer while
    the radii are not too dispersed.

    Args:
        start: The weights if there is no better iteration.
        thresholds: Upper bounds of the dispersion, before and after the second save.
    """

    def __init__(self, start: list, thresholds: tuple[float, float]):
        self.weights = start
        self.thresholds = thresholds
        self.distance: float | None = None
        self.saves = 0
        self.since = 0

    @property
    def threshold(self) -> float:
        """The bound that the dispersion has to keep now."""
        return self.thresholds[self.saves >= 2]

    def offer(self, distance: float, dispersion: float, weights: list) -> bool:
        """Takes weights at a distance from the target if they are the best so far."""
        self.since += 1
        if self.distance is None:
            self.distance = distance
        elif distance < self.distance and dispersion < self.threshold:
            self.distance, self.weights = distance, weights
            self.saves += 1
            self.since = 0
            return True
        return False


def shuffle_entries(variables: list, rng: Any) -> None:
    """Permutes all entries of each variable."""
    for variable in variables:
        value = as_array(variable)
        mixed = value.ravel()[rng.permutation(value.size)]
        variable.assign(mixed.reshape(value.shape))


def bounded_ratio(wanted: float, found: float, bounds: tuple[float, float]) -> float:
    """`wanted / found` within bounds; the upper one where nothing was found."""
    return float(np.clip(wanted / found if found > 0 else np.inf, *bounds))
