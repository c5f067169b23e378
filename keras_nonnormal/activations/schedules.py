r"""The closed forms of Stair networks: a factor $\rho_j$ for every time step $j$."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_nonnormal import _backend

# Written as quotients without cancellation, so that single precision is enough.
SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "expn": lambda xp, j: -(np if xp is np else _backend).expm1(-(j + 2)),
    "n2": lambda xp, j: (j + 1) * (j + 3) / (j + 2) ** 2,
    "n": lambda xp, j: (j + 1) / (j + 2),
    "log2n": lambda xp, j: _one_less(xp, 2 * (j + 4)) / xp.log(2 * (j + 4)),
    "logn": lambda xp, j: _one_less(xp, j + 2) / xp.log(j + 2),
    "sqrtlogn": lambda xp, j: (
        _one_less(xp, j + 3) / (xp.log(j + 3) + xp.sqrt(xp.log(j + 3)))
    ),
}
LEARNED = ("alpha", "expalpha")
ALIASES = {"1n": "n", "1n2": "n2", "n^2": "n2", "exp-alpha": "expalpha"}


def schedule_name(token: Any) -> str:
    """The name of a schedule from the spellings in use; `"none"` is one of them.

    Raises:
        ValueError: If there is no such schedule.
    """
    name = ALIASES.get(token, token) if isinstance(token, str) else token
    if name in (*SCHEDULES, *LEARNED, "none"):
        return name
    known = ", ".join(map(repr, (*SCHEDULES, *LEARNED, "none")))
    raise ValueError(f"Expected a stair schedule: one of {known}. Received: {token!r}")


def stair_heights(schedule: str, steps: Any, xp: Any = np) -> Any:
    r"""The factor $\rho_j$ of a closed form at some time steps.

    | name | $\rho_j$ |
    |---|---|
    | `expn` | $1 - e^{-(j + 2)}$ |
    | `n2`, `n^2`, `1n2` | $1 - 1 / (j + 2)^2$ |
    | `n`, `1n` | $1 - 1 / (j + 2)$ |
    | `log2n` | $1 - 1 / \ln(2 (j + 4))$ |
    | `logn` | $1 - 1 / \ln(j + 2)$; negative at j = 0: the first state changes sign |
    | `sqrtlogn` | $1 - 1 / \sqrt{\ln(j + 3)}$ |
    | `none` | 1 |

    The products of `expn` and `n2` over all steps stay above 0.79 and 0.5; that of `n`
    is $1 / T$, and those of the logarithms leave no gradient over some hundred steps.

    Args:
        schedule: One of the names above.
        steps: Floating-point array of zero-based time steps, of any shape.
        xp: Where its functions come from: `numpy`, or `keras.ops` for tensors.

    Returns:
        An array like `steps`, with values in (-0.45, 1].

    Raises:
        ValueError: If there is no such schedule, or it is learned.

    Example:

    >>> import numpy as np
    >>> [float(rho) for rho in stair_heights("n", np.arange(3.0))]
    [0.5, 0.6666666666666666, 0.75]

    Reference:
        - "Stair Recurrent Neural Networks" (2021), and the programs released with it
    """
    name = schedule_name(schedule)
    if name in LEARNED:
        raise ValueError(
            f"Expected a schedule in closed form, but {name!r} is learned: its heights "
            "are the variable `alpha` of a `keras_nonnormal.Stair`."
        )
    return xp.ones_like(steps) if name == "none" else SCHEDULES[name](xp, steps)


def _one_less(xp, x):
    return xp.log(x / math.e)
