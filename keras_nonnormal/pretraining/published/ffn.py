"""Pre-training of feed-forward networks to local stability as it was published."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal.pretraining.published.dense_segments import DenseSegments, Segment
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
from keras_nonnormal.pretraining.variables import (
    all_finite,
    as_array,
    assign,
    multiply,
)


@dataclass(frozen=True)
class Measurement:
    """Radii `(batch,)` of a segment, their loss, and its gradient by the Jacobians."""

    segment: Segment
    inputs: Any
    radii: np.ndarray
    loss: float
    cotangent: np.ndarray


class PublishedFFN(GradientProcedure):
    """Gradient steps, shuffles and rescalings of random segments of two layers.

    In each step a position in the network is drawn, and the radius of the Jacobian of
    the two layers behind it, a dense one and an activation, is measured at a batch.
    Their weights take a gradient step towards a radius of 1. Once in five steps all
    weights have their entries permuted, and once in three the kernel is scaled.

    Args:
        model: A built model that is a chain of dense layers and activations.
        target: Float. Defaults to `1.0`, which was the target of the gradient steps
            whatever the one asked for.
        learning_rate: Float. Defaults to `1e-4`.
        weight_decay: Float, decoupled. Defaults to `1e-4`.
        fresh_moments: As for `PublishedRNN`.
        shuffle: Probability of a shuffle in a step. Defaults to `0.2`.
        rescale: Probability of a rescaling. Defaults to `0.34`.
        reload_after: Integer, steps without better weights after which the best ones
            are put back; None for never. Defaults to `30`.
        keep: `"best"`, whose file the published networks were trained from, or
            `"last"`.
        tolerance: Float, how near the averaged radius has to be to stop. Defaults to
            `0.02`.
        patience: Integer, consecutive steps longer than which it has to be so near.
            Defaults to `10`.
        rng: A `numpy.random.Generator`.

    Raises:
        ValueError: If the model is no such chain.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), and its
          program.
    """

    reloads_instead = True
    bounds = (0.85, 1.15)
    thresholds = (0.4, 0.1)
    far_below = (0.5, 3.0)
    """Below what a kernel may grow by more, and by how much."""

    def __init__(
        self,
        model: Any,
        target: float = 1.0,
        *,
        learning_rate: float = 1e-4,
        weight_decay: float = 1e-4,
        fresh_moments: bool = True,
        shuffle: float = 0.2,
        rescale: float = 0.34,
        reload_after: int | None = 30,
        keep: str = "best",
        tolerance: float = 0.02,
        patience: int = 10,
        rng: Any = None,
    ):
        if keep not in ("best", "last"):
            raise ValueError(
                f"Expected `keep` to be 'best' or 'last'. Received: keep={keep!r}"
            )
        self.segments = DenseSegments(model)
        self.target = target
        self.variables = list(model.trainable_variables)
        self.shuffle_probability, self.rescale_probability = shuffle, rescale
        self.reload_after, self.keep = reload_after, keep
        self.tolerance, self.patience = tolerance, patience
        self.rng = np.random.default_rng() if rng is None else rng
        self.update = PublishedUpdate(
            self.variables, learning_rate, weight_decay, fresh_moments
        )

    def _places(self, batches):
        return iter(batches)

    def _measure(self, place, record):
        record["position"] = int(self.rng.integers(len(self.segments.pieces)))
        return self.measure(record["position"], place)

    def _judge(self):
        average, spread, depth = None, 1.0, len(self.segments.dense)

        def judge(measured):
            nonlocal average, spread
            radius = float(measured.radii.mean())
            average = radius if average is None else average
            average += (radius - average) / depth
            spread += ((radius - self.target) ** 2 - spread) / depth
            distance = abs(average - self.target)
            radii = {"segment": radius}
            record = {"radii": radii, "loss": measured.loss, "mean": average}
            return Judgement(average, distance, distance, spread, record)

        return judge

    def shuffle(self) -> None:
        """Permutes the entries of every weight."""
        shuffle_entries(self.variables, self.rng)

    def _rescale(self, measured):
        if self.rng.random() > 1 - self.rescale_probability:
            self.rescale(measured.segment, float(measured.radii.mean()))

    def measure(self, position: int, batch: Any) -> Measurement | None:
        """Radii of the segment behind a position; None if they are not finite."""
        segment = self.segments.segment(position)
        h = self.segments.value_at(position, batch)
        dense = as_array(self.segments.jacobian(segment, h))
        if not all_finite([dense]):
            return None
        radii, loss, cotangent = radii_and_cotangent(dense, self.target, self.rng)
        return Measurement(segment, h, radii, loss, cotangent)

    def gradients(self, measured: Measurement) -> list:
        segment = measured.segment
        cotangent = ops.convert_to_tensor(measured.cotangent)
        values = self.segments.gradient(segment, measured.inputs, cotangent)
        # Without an activation behind it a bias has no part in the Jacobian.
        with_bias = segment.first and segment.activation is not None
        found = {id(segment.layer.kernel): values[0]}
        if with_bias and segment.layer.use_bias:
            found[id(segment.layer.bias)] = values[1]
        return [found.get(id(variable)) for variable in self.variables]

    def rescale(self, segment: Segment, radius: float) -> None:
        """Redraws zero biases before a cosine, and scales the kernel of a segment."""
        if self.segments.has_activation("cos"):
            for layer in self.segments.dense:
                if layer.use_bias:
                    value = as_array(layer.bias)
                    if value.mean() == 0:
                        assign(layer.bias, self.rng.random(value.shape))
        kernel = segment.layer.kernel
        found, wanted = radius, self.target
        first, last = self.segments.dense[0], self.segments.dense[-1]
        if segment.layer in (first, last):
            value = as_array(kernel)
            width = value.shape[1 if segment.layer is first else 0]
            found, wanted = float(value.std()) * width**0.5, 1.0
        low, high = self.bounds
        below, most = self.far_below
        bounds = (low, most if found < below * wanted else high)
        multiply(kernel, bounded_ratio(wanted, found, bounds))
