"""What a run costs in memory and which matrix it ends with, in its `summary.json`."""

import ctypes
import gc
import math
import sys
from pathlib import Path
from typing import Any

from experiments.core.run import load_tensorflow
from experiments.sweeps.plan import Unit
from experiments.sweeps.worker import FINISHED, Outcome, train_unit


def train_and_measure(unit: Unit, hopeless_after: float = math.inf) -> list[Outcome]:
    """Trains as `train_unit` does, and adds `measures` to the summary of a single run.

    They are `peak_memory`, the megabytes by which the process grew at most; and of the
    trained recurrent matrix, if there is one, `henrici_index`, the mean over the
    gates, and `spectral_radius`, the largest of the gates.

    Args:
        unit: The runs.
        hopeless_after: See `train_unit`.
    """
    load_tensorflow()
    before = _begin_peak()
    outcomes = train_unit(unit, hopeless_after)
    if len(unit) == 1 and outcomes[0].state == FINISHED:
        _add(unit[0].directory, outcomes[0], {"peak_memory": _peak_above(before)})
    return outcomes


def _add(path: Path, outcome: Outcome, measures: dict[str, Any]) -> None:
    from keras_nonnormal.training.files import write_json

    if "measures" not in outcome.summary:  # else another sweep has trained it
        measures |= matrix_measures(path / "model.keras")
        write_json(path / "summary.json", {**outcome.summary, "measures": measures})


def matrix_measures(model: Path) -> dict[str, float]:
    """Henrici index and spectral radius of the first recurrent layer of a saved model.

    Args:
        model: The file.

    Returns:
        Nothing for a layer without a recurrent matrix.
    """
    import keras

    from keras_nonnormal.analysis import layer_henrici_indices, layer_spectra
    from keras_nonnormal.training.gradient_ratios import recurrent_layers

    layer = recurrent_layers(keras.saving.load_model(model, compile=False))[0]
    try:
        indices = layer_henrici_indices(layer).values()
        spectra = layer_spectra(layer).values()
    except ValueError:
        return {}
    return {
        "henrici_index": sum(indices) / len(indices),
        "spectral_radius": max(float(abs(each).max()) for each in spectra),
    }


def _begin_peak() -> int | None:
    """The megabytes that the process has, from which on its peak is counted anew."""
    gc.collect()
    if not sys.platform.startswith("linux"):
        return None
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what is free counts as used, else
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except (OSError, AttributeError):
        return None
    return _status("VmRSS")


def _peak_above(before: int | None) -> int | None:
    return None if before is None else _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return round(int(found.split()[1]) / 1024)
