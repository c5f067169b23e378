from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis.fractional import frac_diff


@dataclass(frozen=True)
class StepProtocol:
    """When a step drive was on, and where responses to it are compared with it.

    Args:
        middle: Integer, the step in the middle of the drive.
        half_width: Integer: the drive is taken to be on at the steps less than this
            from the middle. (The published one lasts a step longer.)
        window: Pair of integers, the first step that counts and the one after the last.
        anchor: Integer, the step before the drive at which responses are 0.
        baseline: Float, what the drive comes on top of. Defaults to `0.8`, the mean of
            the constant inputs. Responses that the `anchor` puts at 0 have none; `0`
            is right for them, `0.8` as published.
    """

    middle: int = 75
    half_width: int = 25
    window: tuple[int, int] = (40, 110)
    anchor: int = 25
    baseline: float = 0.8

    @classmethod
    def of_length(cls, steps: int, baseline: float = 0.8) -> "StepProtocol":
        """The published protocol of runs of 150 or of 300 steps."""
        if steps == 150:
            return cls(baseline=baseline)
        if steps == 300:
            return cls(150, 50, (80, 220), baseline=baseline)
        raise ValueError(
            "Runs of 150 and 300 steps have a published protocol; pass `protocol` for "
            f"others. Received: {steps} steps"
        )

    def target(self, steps: int, amplitudes) -> np.ndarray:
        """The drives `(..., steps)` of amplitudes `(...)`, on top of the baseline."""
        on = np.abs(np.arange(steps) - self.middle) < self.half_width
        return self.baseline + np.asarray(amplitudes, np.float64)[..., None] * on


@dataclass(frozen=True)
class FractionalOrders:
    """Orders at which derivatives of responses are most like the drive.

    Args:
        orders: Array `(orders,)`, those that were tried.
        scores: Array `(..., orders)`, mean squared distance between drive and
            derivative of each response at each order.
    """

    orders: np.ndarray
    scores: np.ndarray

    @property
    def each(self) -> np.ndarray:
        """Array `(...)`, the best order of each response."""
        return self.orders[self.scores.argmin(axis=-1)]

    @property
    def pooled(self) -> float:
        """The order that is best for the sum of the scores of all responses."""
        total = self.scores.reshape(-1, len(self.orders)).sum(axis=0)
        return float(self.orders[total.argmin()])


def frac_order(
    responses,
    amplitudes,
    orders=None,
    protocol: StepProtocol | None = None,
    target=None,
) -> FractionalOrders:
    r"""Order of the fractional integral that a response to a step drive is.

    A neuron that adapts responds strongly to a change and less and less to what
    stays, as if it differentiated a little. The order $\alpha$ that undoes its
    response, $D^\alpha x$ = drive, is looked for on a grid: the one with the least mean
    square of $D^\alpha x$, anchored at 0 before the drive, minus the drive. Positive
    orders are integrals, negative ones derivatives.

    Args:
        responses: Array `(..., time)`: means over neurons and repeats per amplitude,
            `(amplitudes, time)`, or single neurons, `(neurons, time)`.
        amplitudes: Float or array `(...)`, the amplitude of the drive of each.
        orders: Array of the orders to try. Defaults to 0 to 1 in 1001 points, for
            means; for neurons, -1 to 1 in 100 points was published.
        protocol: `StepProtocol`, defaults to that of runs of 150 or 300 steps.
        target: Array `(..., time)` that broadcasts, the drives, if they are others than
            those of the protocol.

    Returns:
        `FractionalOrders`. Take `pooled` of means over neurons, and `each` of single
        neurons at the largest amplitude.

    Raises:
        ValueError: If shapes do not fit, or the protocol does not fit into a run.

    Example:

    >>> from keras_nonnormal.analysis import frac_int
    >>> drive = StepProtocol(baseline=0.0).target(150, [1.0, 5.0])
    >>> response = frac_int(drive, 0.2)
    >>> found = frac_order(response, [1.0, 5.0], protocol=StepProtocol(baseline=0.0))
    >>> print(found.pooled, found.each)
    0.2 [0.2 0.2]

    Reference:

    - [Lundstrom et al., 2008](https://doi.org/10.1038/nn.2212)
    """
    responses = np.asarray(responses, np.float64)
    amplitudes = np.asarray(amplitudes, np.float64)
    orders = np.linspace(0, 1, 1001) if orders is None else np.asarray(orders, float)
    if responses.ndim < 1 or amplitudes.shape not in ((), responses.shape[:-1]):
        raise ValueError(
            "`responses` must have shape (..., time) and `amplitudes` be a number or "
            f"of shape (...). Received: shapes {responses.shape} and {amplitudes.shape}"
        )
    if orders.ndim != 1 or not orders.size:
        raise ValueError(
            f"`orders` must have shape (orders,). Received: shape {orders.shape}"
        )
    steps = responses.shape[-1]
    protocol = protocol or StepProtocol.of_length(steps)
    start, stop = protocol.window
    if not (0 <= start < stop <= steps and 0 <= protocol.anchor < steps):
        raise ValueError(
            f"`window` and `anchor` must be within the {steps} steps of a run. "
            f"Received: {protocol}"
        )
    if target is None:
        target = protocol.target(steps, amplitudes)
    target = np.asarray(target, np.float64)[..., start:stop]
    scores = np.empty((*responses.shape[:-1], len(orders)))
    for place, order in enumerate(orders):  # all at once may not fit into memory
        undone = frac_diff(responses, order)
        anchored = undone[..., start:stop] - undone[..., [protocol.anchor]]
        scores[..., place] = np.square(anchored - target).mean(axis=-1)
    return FractionalOrders(orders, scores)
