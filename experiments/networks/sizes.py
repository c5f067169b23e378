"""Sizes that a network can have."""

from typing import Any

from experiments.options import OptionError


def check_size(options: Any) -> None:
    """Refuses hidden sizes and capacities that the network cannot have.

    Args:
        options: The `NetworkOptions`.

    Raises:
        OptionError: If it cannot.
    """
    units, received = options.nhid, f"received {options.nhid}"
    if options.net_type == "nnRNN" and units % 2:
        raise OptionError(
            "--nhid: the Schur form of nnRNN turns units in pairs, expected an even "
            f"number, {received}"
        )
    if options.net_type != "EURNN":
        return
    if options.fft:
        if units < 2 or units & (units - 1):
            raise OptionError(f"--nhid: --fft needs a power of two, {received}")
    elif units % 2:
        raise OptionError(
            f"--nhid: EURNN rotates pairs of units, expected an even number, {received}"
        )
    elif options.capacity % 2 or options.capacity > units:
        raise OptionError(
            f"--capacity: expected an even number of at most --nhid, {units}, "
            f"received {options.capacity}"
        )
