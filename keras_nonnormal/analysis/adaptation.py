import numpy as np

from keras_nonnormal.analysis._checks import at_least


def adaptation_index(
    responses, window: int = 15, start: int = 100, stop: int = 149
) -> np.ndarray:
    """How much a response falls after a change: 1 all of it, 0 not at all.

    With e its mean over the first steps of an interval and l that over the last,
    `(e - l) / (e + l)`; negative if the response rises. 0 if e + l is below 1e-10.

    Args:
        responses: Array `(..., time)`, not negative.
        window: Integer, steps to average over at both ends. Defaults to `15`.
        start: Integer, first step of the interval. Defaults to `100`, where the
            published drive ends.
        stop: Integer, the step after the last. Defaults to `149`, as published, of
            runs of 150 steps; of every second step, `window=10, start=50, stop=74`.

    Returns:
        An array `(...)`.

    Raises:
        ValueError: If the interval is not within the run or shorter than the window.

    Example:

    >>> response = np.concatenate([np.zeros(100), np.linspace(2, 0, 50)])
    >>> print(adaptation_index(response).round(2))
    0.68
    """
    responses = np.asarray(responses, np.float64)
    window, start = at_least(1, window, "window"), at_least(0, start, "start")
    steps = responses.shape[-1] if responses.ndim else 0
    if not start + window <= stop <= steps:
        raise ValueError(
            "`responses` must have shape (..., time), and `start` to `stop` be within "
            f"their time and hold the window of {window} steps. "
            f"Received: shape {responses.shape}, {start} to {stop}"
        )
    early = responses[..., start : start + window].mean(axis=-1)
    late = responses[..., stop - window : stop].mean(axis=-1)
    total = early + late
    alive = total >= 1e-10
    return np.where(alive, (early - late) / np.where(alive, total, 1.0), 0.0)
