"""Target radii for every kind of transition."""

import math
from collections.abc import Iterable, Mapping

NAMES = ("one", "half", "unbalanced", "auto")
LARGEST = 2.0

Target = str | float | Mapping[str, float]


def resolve_targets(
    target: Target,
    kinds: Iterable[str],
    time: int | None = None,
    depth: int = 1,
) -> dict[str, float]:
    r"""The target of each kind of transition.

    From a state of L layers and T steps, $\binom{\Delta t + \Delta l}{\Delta t}$ paths
    lead back, and their contributions sum to $(\rho_t + \rho_l)^{\Delta t + \Delta l}$
    at most: no more than 1 if $\rho_t + \rho_l = 1$. Where there is one path only, as
    in a feed-forward network or a single recurrent layer, the targets are 1.

    - `"one"`, or a number: that for all kinds.
    - `"half"`: 1/2.
    - `"unbalanced"`: $\rho_t = T / (T + L)$ over time, $\rho_l = L / (T + L)$ over
      depth.
    - `"auto"`: 1/2 for several recurrent layers, else 1.
    - A mapping of kinds, or of single transitions, to numbers: `{"rec": 0.9, "rec/0":
      0.8}`. Kinds that are not in it have what `"auto"` gives.

    The decoder's, `dec`, is 1 unless a mapping says otherwise.

    Args:
        target: One of the above.
        kinds: Names of kinds, or of transitions: a kind and a layer, `"rec/0"`. `rec`
            is over time, all others over depth.
        time: Integer T, the length of sequences. Only `"unbalanced"` needs it.
        depth: Integer L, the number of recurrent layers. Ignored without a `rec`.

    Returns:
        A dict from each of the names to its target.

    Raises:
        ValueError: If a target is not in (0, 2], or not of any known form.

    Example:

    >>> resolve_targets("half", ["rec/0", "enc/0", "dec"])
    {'rec/0': 0.5, 'enc/0': 0.5, 'dec': 1.0}
    >>> resolve_targets("unbalanced", ["rec", "depth"], time=97, depth=3)
    {'rec': 0.97, 'depth': 0.03}

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    kinds = list(kinds)
    recurrent = any(_kind(name) == "rec" for name in kinds)
    auto = 0.5 if recurrent and depth > 1 else 1.0
    if isinstance(target, Mapping):
        given = {name: _checked(value, name) for name, value in target.items()}
        known = {*kinds, *map(_kind, kinds)}
        if unknown := [name for name in given if name not in known]:
            raise ValueError(
                f"`target` must be a mapping of {_listed(sorted(known))}. "
                f"Received: {_listed(unknown)}"
            )
        others = {name: 1.0 if _kind(name) == "dec" else auto for name in kinds}
        return {
            name: given.get(name, given.get(_kind(name), others[name]))
            for name in kinds
        }
    over_time, over_depth = _pair(target, auto, recurrent, time, depth)
    values = {"rec": over_time, "dec": 1.0}
    return {name: values.get(_kind(name), over_depth) for name in kinds}


def _pair(target, auto: float, recurrent: bool, time, depth) -> tuple[float, float]:
    """Targets over time and over depth."""
    if target == "unbalanced":
        if not recurrent:
            raise ValueError(
                "`target` can be 'unbalanced' for recurrent layers only, and there are "
                "none. Pass 'one'"
            )
        if time is None or time < 1 or depth < 1:
            raise ValueError(
                "`target='unbalanced'` needs the number of steps and of layers, at "
                f"least 1 each. Received: time={time}, depth={depth}"
            )
        return time / (time + depth), depth / (time + depth)
    named = {"one": 1.0, "half": 0.5, "auto": auto}
    if isinstance(target, str):
        if target not in named:
            raise ValueError(
                f"`target` must be one of {NAMES}, a number in (0, {LARGEST:g}] or a "
                f"mapping of kinds to numbers. Received: {target!r}"
            )
        return named[target], named[target]
    value = _checked(target)
    return value, value


def _checked(value, kind: str = "") -> float:
    of = f" of {kind!r}" if kind else ""
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= LARGEST:
        raise ValueError(
            f"`target`{of} must be a number in (0, {LARGEST:g}]. Received: {value!r}"
        )
    return number


def _kind(name: str) -> str:
    """`rec` of `rec/0`."""
    return name.split("/")[0]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
