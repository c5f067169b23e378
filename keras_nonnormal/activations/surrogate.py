r"""Spikes, and the surrogate gradient that lets one train through them.

$$ H(u) = [u > 0], \qquad ψ(u) = \frac{d}{(1 + 2 s |u|)^2} $$

The derivative of the step $H$ is zero nearly everywhere. That of a fast sigmoid takes
its place: $ψ$, of height $d$ (the dampening) and sharpness $s$.
"""

from typing import Any

from keras import ops


def spike(u: Any, dampening: float = 0.5, sharpness: float = 1.0) -> Any:
    """The step function with the gradient of a fast sigmoid.

    It can be differentiated more than once: the derivative of its gradient is that of
    `surrogate_slope`.

    Args:
        u: Floating-point tensor of any shape, the distance to the threshold.
        dampening: Float, height of the surrogate gradient. Defaults to 0.5.
        sharpness: Float, how fast it falls off. Defaults to 1.

    Returns:
        Tensor of the shape and dtype of `u`: 1 where it is positive, NaN where it is
        NaN, else 0.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.activations import spike
    >>> [float(z) for z in spike(np.array([-0.5, 0.0, 0.5], "float32"))]
    [0.0, 0.0, 1.0]

    Reference:
        - [Zenke and Ganguli 2018](https://arxiv.org/abs/1705.11146), "SuperSpike", for
          the surrogate; [arXiv 2308.12075](https://arxiv.org/abs/2308.12075)
    """

    @ops.custom_gradient
    def function(u):
        def gradient(*cotangents, upstream=None):
            cotangent = cotangents[0] if upstream is None else upstream
            return cotangent * surrogate_slope(u, dampening, sharpness)

        spikes = ops.cast(u > 0, u.dtype)
        # What is no number stays none, so that a divergence is seen.
        return ops.where(ops.isnan(u), u, spikes), gradient

    return function(ops.convert_to_tensor(u))


def surrogate_slope(u: Any, dampening: float = 0.5, sharpness: float = 1.0) -> Any:
    """The surrogate of the derivative of `spike`, with the same arguments."""
    # Not the absolute value, whose slope at 0 is 1 on JAX and 0 on TensorFlow.
    u = ops.convert_to_tensor(u)
    magnitude = u * ops.stop_gradient(ops.sign(u))
    return dampening / ops.square(1 + (2 * sharpness) * magnitude)
