"""What the flags of the figures take."""

import argparse
import math


def positive(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, received {text}")
    return value


def not_negative(text: str) -> float:
    """A number of at least 0."""
    value = float(text)
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(
            f"expected a number of at least 0, received {text}"
        )
    return value


def number(text: str) -> float:
    """A finite number."""
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, received {text}")
    return value


def whole(text: str) -> int:
    """A whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text}"
        )
    return value


def count(text: str) -> int:
    """A whole number of at least 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 0, received {text}"
        )
    return value


def shape(text: str) -> tuple[float, float]:
    """A gain and a saturation: `5,0.5`."""
    parts = text.split(",")
    if len(parts) != 2:
        raise argparse.ArgumentTypeError(
            f"expected a gain and a saturation such as 5,0.5, received {text}"
        )
    gain, saturation = map(number, parts)
    if gain == 0:
        raise argparse.ArgumentTypeError(
            f"gamma has a pole at n = 0, expected another gain, received {text}"
        )
    return gain, saturation
