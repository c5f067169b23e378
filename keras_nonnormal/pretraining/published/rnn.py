"""Pre-training of recurrent networks to local stability as it was published."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.jacobians import Jacobians
from keras_nonnormal.pretraining.published.procedure import (
    GradientProcedure,
    Judgement,
)
from keras_nonnormal.pretraining.published.sampling import radii_and_cotangent
from keras_nonnormal.pretraining.published.update import (
    PublishedUpdate,
    bounded_ratio,
    shuffle_entries,
)
from keras_nonnormal.pretraining.variables import all_finite, as_array, multiply


@dataclass(frozen=True)
class Measurement:
    """Radii of one frame: arrays `(batch,)`, losses and gradients by transition."""

    frame: list
    states: list
    radii: dict[str, np.ndarray]
    losses: dict[str, float]
    loss: float
    cotangents: list
    after: list

    @property
    def means(self) -> dict[str, float]:
        """Mean radius of each transition."""
        return {key: float(radii.mean()) for key, radii in self.radii.items()}


class PublishedRNN(GradientProcedure):
    r"""Gradient steps, shuffles and rescalings, one frame at a time.

    In each iteration the radii of all transitions are measured at one time step of real
    inputs, and then the weights take a gradient step on

    $$ \mathcal L = \frac{1}{2L + 1} \sum_k
       \mathrm{mean}_b (\rho_{k, b} - \rho_k^*)^2, $$

    have the entries of their matrices permuted once in three iterations, and are scaled
    towards the target. What the model gets in the end are the weights of the iteration
    whose *mean* radius was nearest to the target: single transitions may be off in
    opposite directions. States are carried from frame to frame and batch to batch.

    Rectangular Jacobians are measured by the radius of a square part, drawn anew each
    time.

    Args:
        stack: A `FrameStack`.
        targets: Dict that has the target of each transition, by its key.
        jacobians: `Jacobians` of the stack. Defaults to new ones.
        learning_rate: Float. Defaults to `7.2e-3`.
        weight_decay: Float, decoupled. Defaults to `1e-4`; `stabilize` gives `1e-3` to
            layers with relu, as was published.
        fresh_moments: Whether the optimizer forgets its moments in each iteration.
            Defaults to `True`, as published; `False` is what was meant.
        shuffle: Probability of a shuffle in an iteration. Defaults to `0.34`.
        reload_after: Integer, iterations without better weights after which the best
            ones are put back, which was meant to happen after 40. Defaults to None,
            for it never did.
        tolerance: Float, how near to its target each radius has to be to stop. Defaults
            to `0.08`.
        patience: Integer, consecutive iterations longer than which they have to be so
            near. Defaults to `20`.
        rng: A `numpy.random.Generator`.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), and its
          program of mid-2023.
    """

    bounds = (0.85, 1.15)
    thresholds = (0.5, 0.1)

    def __init__(
        self,
        stack: Any,
        targets: dict[str, float],
        *,
        jacobians: Jacobians | None = None,
        learning_rate: float = 7.2e-3,
        weight_decay: float = 1e-4,
        fresh_moments: bool = True,
        shuffle: float = 0.34,
        reload_after: int | None = None,
        tolerance: float = 0.08,
        patience: int = 20,
        rng: Any = None,
    ):
        self.stack = stack
        self.targets = targets
        self.jacobians = Jacobians(stack) if jacobians is None else jacobians
        self.variables = list(stack.model.trainable_variables)
        self.shuffle_probability = shuffle
        self.reload_after = reload_after
        self.tolerance, self.patience = tolerance, patience
        self.rng = np.random.default_rng() if rng is None else rng
        self._roles = [stack.role(variable) for variable in self.variables]
        self.update = PublishedUpdate(
            self.variables, learning_rate, weight_decay, fresh_moments
        )
        self._counted = [t.key for t in stack.transitions if t.kind != "dec"]
        self._decodes = len(self._counted) < len(stack.transitions)

    def _places(self, batches):
        return iter(FrameStream(self.stack, batches, carried=True))

    def _measure(self, place, record):
        measured = self.measure(place.frame, place.states)
        if measured is None:
            place.restart()
        return measured

    def _judge(self):
        dispersion = 1.0

        def judge(measured):
            nonlocal dispersion
            means = measured.means
            counted = [means[key] for key in self._counted]
            errors = [means[key] - self.targets[key] for key in self._counted]
            dispersion = 0.9 * dispersion + 0.1 * float(np.var(counted))
            mean = float(np.mean(counted))
            record = {
                "radii": means,
                "losses": measured.losses,
                "loss": measured.loss,
                "mean": mean,
                "dispersion": dispersion,
            }
            distance = abs(float(np.mean(errors)))
            farthest = max(map(abs, errors))
            return Judgement(mean, distance, farthest, dispersion, record)

        return judge

    def _rescale(self, measured):
        self.rescale(measured.means)

    def _advance(self, place, measured):
        place.states = measured.after

    def measure(self, frame: list, states: list) -> Measurement | None:
        """Radii and losses at a frame; None if a Jacobian or a state is not finite."""
        dense, after, _ = self.jacobians.dense(frame, states)
        dense = [as_array(each) for each in dense]
        flat = [state for layer in after for state in layer]
        if not all_finite([*dense, *flat]):
            return None
        radii, losses, cotangents = {}, {}, []
        for transition, jacobian in zip(self.stack.transitions, dense, strict=True):
            key = transition.key
            radii[key], losses[key], cotangent = radii_and_cotangent(
                jacobian, self.targets[key], self.rng, self._divisor
            )
            cotangents.append(cotangent)
        loss = sum(losses.values()) / self._divisor
        return Measurement(frame, states, radii, losses, loss, cotangents, after)

    @property
    def _divisor(self) -> int:
        """Of L layers 2 L + 1, also where the decoder is left out."""
        return len(self._counted) + 1

    def gradients(self, measured: Measurement) -> list:
        tensors = [ops.convert_to_tensor(c) for c in measured.cotangents]
        gradients = self.jacobians.gradient(measured.frame, measured.states, tensors)
        return [
            gradient if self._has_path(role) or np.any(as_array(gradient)) else None
            for gradient, (role, _) in zip(gradients, self._roles, strict=True)
        ]

    def _has_path(self, role) -> bool:
        # Decay goes with the gradient, also with one that happens to be zero.
        return role in ("input", "recurrent") or (role == "decoder" and self._decodes)

    def shuffle(self) -> None:
        """Permutes the entries of every matrix, across gates and rows."""
        shuffle_entries([v for v in self.variables if len(v.shape) >= 2], self.rng)

    def rescale(self, means: dict[str, float]) -> None:
        """Scales every weight towards the target of the transitions it is part of."""
        for variable, (role, layer) in zip(self.variables, self._roles, strict=True):
            factor = 1.0
            if role in ("input", "recurrent"):
                key = self._key_of(role, layer)
                factor = bounded_ratio(self.targets[key], means[key], self.bounds)
            elif role in ("decoder", "embedding"):
                value = as_array(variable)
                width = value.shape[0 if role == "decoder" else -1]
                spread = float(value.std()) * width**0.5
                factor = bounded_ratio(1.0, spread, self.bounds)
            multiply(variable, factor)

    def _key_of(self, role, layer) -> str:
        if role == "recurrent":
            return f"rec/{layer}"
        kinds = ("enc", "depth")
        found = (t for t in self.stack.transitions if t.kind in kinds)
        return next(t.key for t in found if t.layer == layer)
