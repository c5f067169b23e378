"""What `--target` takes."""

from experiments.core.options import OptionError

KINDS = ("rec", "depth", "enc", "dec")
WORDS = ("auto", "unbalanced")
HIGHEST = 2.0


def target_of(text: str) -> float | str | dict[str, float]:
    """The target that a text stands for.

    Args:
        text: `"0.5"`, a radius for all kinds of transitions; `"auto"`: 1 for one layer
            and feed-forward networks, 1/2 for more; `"unbalanced"`: T / (T + L) in
            time and L / (T + L) in depth; or a radius for each kind:
            `"rec=0.5,enc=1"`.

    Returns:
        What `keras_nonnormal.pretraining.stabilize` takes.

    Raises:
        OptionError: If it is none of these.

    Example:

    >>> target_of(".5"), target_of("auto"), target_of("rec=0.9,depth=0.1")
    (0.5, 'auto', {'rec': 0.9, 'depth': 0.1})
    """
    if text in WORDS:
        return text
    try:
        if "=" not in text:
            return _radius(text)
        pairs = [each.split("=") for each in text.split(",")]
        targets = {kind.strip(): _radius(value) for kind, value in pairs}
        if not targets.keys() <= set(KINDS):
            raise ValueError
    except ValueError:
        raise OptionError(
            f"--target: expected a radius above 0 and of at most {HIGHEST:g}, "
            f"{' or '.join(WORDS)}, or one for each kind such as rec=0.5,enc=1 (of "
            f"{', '.join(KINDS)}), received {text!r}"
        ) from None
    return targets


def _radius(text: str) -> float:
    radius = float(text)
    if not 0 < radius <= HIGHEST:
        raise ValueError
    return radius
