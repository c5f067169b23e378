"""The loop that the published procedures share."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.published.update import BestWeights, PublishedUpdate
from keras_nonnormal.pretraining.variables import all_finite, put_back, values_of

Progress = Callable[[int, float], None]
"""Called with the number of an iteration and the mean radius."""


def no_progress(iteration: int, mean: float) -> None:
    """Shows nothing."""


@contextlib.contextmanager
def restored_on_error(variables: list) -> Iterator[list]:
    """A context that yields the values of variables and puts them back on any error."""
    start = values_of(variables)
    try:
        yield start
    except BaseException:
        put_back(variables, start)
        raise


@dataclass(frozen=True)
class Judgement:
    """How near the radii of an iteration are to their targets.

    Attributes:
        mean: Mean radius, by which progress is shown.
        distance: Of the mean from the target, by which the best weights are found.
        farthest: The distance that has to become small before the end.
        dispersion: Of the radii, averaged over iterations.
        record: What the history says of the iteration.
    """

    mean: float
    distance: float
    farthest: float
    dispersion: float
    record: dict = field(default_factory=dict)


class GradientProcedure:
    """Base of the procedures that take gradient steps and keep the best weights.

    In each iteration a subclass measures at one of its `_places`, judges the radii, and
    moves the weights by a gradient step, a shuffle and a rescaling; what is not finite
    is undone. The procedure stops when the radii have been near their targets for more
    than `patience` iterations.
    """

    variables: list
    rng: Any
    update: PublishedUpdate
    shuffle_probability: float
    reload_after: int | None
    tolerance: float
    patience: int
    thresholds: tuple[float, float]
    keep: str = "best"
    reloads_instead: bool = False
    """Whether the best weights are put back in the place of a move, not after one."""

    def run(
        self,
        batches: Iterable,
        steps: int | None = None,
        seconds: float | None = None,
        progress: Progress = no_progress,
    ) -> History:
        """Pre-trains unless the radii arrive before; on any error nothing has changed.

        Args:
            batches: Iterable of inputs of the model. A recurrent model has an iteration
                for every time step, another one for every batch.
            steps: Integer, iterations at most. Defaults to all that the batches give.
            seconds: Float, how long to go on at most. Defaults to no limit.
            progress: Called in every iteration; see `Progress`.

        Returns:
            The `History`. The model has the best weights, or the last by choice.
        """
        with restored_on_error(self.variables) as start:
            best = BestWeights(start, self.thresholds)
            history = self._iterate(batches, best, steps, seconds, progress)
            if self.keep == "best":
                put_back(self.variables, best.weights)
        return history

    def _iterate(self, batches, best, steps, seconds, progress) -> History:
        history, judge, streak = History(), self._judge(), 0
        began = time.monotonic()
        for step, place in enumerate(self._places(batches)):
            late = seconds is not None and time.monotonic() - began > seconds
            if late or step == steps:
                break
            weights = values_of(self.variables)
            record: dict[str, Any] = {"accepted": False, "best": False}
            history.iterations.append(record)
            measured = self._measure(place, record)
            if measured is None:
                history.failures += 1
                continue
            found = judge(measured)
            record.update(found.record)
            progress(step + 1, found.mean)
            if best.offer(found.distance, found.dispersion, weights):
                record["best"], history.best_mean = True, found.mean
                history.saves = best.saves
            near = found.farthest < self.tolerance
            streak = streak + 1 if near and found.dispersion < best.threshold else 0
            if streak > self.patience:
                history.stopped = True
                break
            if self.reloads_instead and self._reload(best):
                continue
            record["accepted"] = self._move(measured, weights)
            history.failures += not record["accepted"]
            self._advance(place, measured)
            if not self.reloads_instead:
                self._reload(best)
        return history

    def _reload(self, best: BestWeights) -> bool:
        """Puts the best weights back if none have been better for long."""
        if self.reload_after is None or best.since <= self.reload_after:
            return False
        best.since = 0
        if self.reloads_instead and not best.saves:
            return False
        put_back(self.variables, best.weights)
        return True

    def _move(self, measured: Any, weights: list) -> bool:
        """One update of all weights, undone if it is not finite."""
        gradients = self.gradients(measured)
        if all_finite([g for g in gradients if g is not None]):
            self.update(self.variables, gradients)
            if self.rng.random() > 1 - self.shuffle_probability:
                self.shuffle()
            self._rescale(measured)
            if all_finite(self.variables):
                return True
        put_back(self.variables, weights)
        return False

    def _places(self, batches: Iterable) -> Iterator:
        """Where iterations measure, one place after the other."""
        raise NotImplementedError

    def _measure(self, place: Any, record: dict) -> Any:
        """A measurement at a place; None if it is not finite."""
        raise NotImplementedError

    def _judge(self) -> Callable[[Any], Judgement]:
        """A function that judges the measurements of one run, one after the other."""
        raise NotImplementedError

    def gradients(self, measured: Any) -> list:
        """The gradient of the loss for each variable; None where there is no path."""
        raise NotImplementedError

    def shuffle(self) -> None:
        """Permutes the entries of weights."""
        raise NotImplementedError

    def _rescale(self, measured: Any) -> None:
        raise NotImplementedError

    def _advance(self, place: Any, measured: Any) -> None:
        """Goes on from a place, whether or not the update was accepted."""
