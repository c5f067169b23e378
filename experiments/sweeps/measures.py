"""What a run costs in memory and which matrix it ends with, in its `summary.json`."""

import ctypes
import gc
import math
from pathlib import Path
from typing import Any

from experiments.core.run import load_tensorflow
from experiments.sweeps.plan import Unit
from experiments.sweeps.worker import FINISHED, Outcome, train_unit


def train_and_measure(unit: Unit, hopeless_after: float = math.inf) -> list[Outcome]:
    """Trains as `train_unit` does, and adds `measures` to the summary of a single run.

    They are `peak_memory`, the megabytes by which the process grew at most, where the
    system says so, and those of `matrix_measures`.
    """
    load_tensorflow()
    from keras_nonnormal.training.files import write_json

    before = _begin_peak()
    outcomes = train_unit(unit, hopeless_after)
    if len(unit) == 1 and outcomes[0].state == FINISHED:
        folder, summary = unit[0].directory, outcomes[0].summary
        if "measures" not in summary:  # else another sweep trained it
            peak = {"peak_memory": _status("VmHWM") - before} if before else {}
            measures = {**peak, **matrix_measures(folder / "model.keras")}
            write_json(folder / "summary.json", {**summary, "measures": measures})
    return outcomes


def matrix_measures(model: Path) -> dict[str, float]:
    """`henrici_index`, the mean over gates, and `spectral_radius`, the largest of them.

    Args:
        model: A saved model; they are of its first recurrent layer.

    Returns:
        Nothing for a layer without a recurrent matrix.
    """
    import keras

    from keras_nonnormal.analysis import layer_henrici_indices, layer_spectra
    from keras_nonnormal.training.gradient_ratios import recurrent_layers

    trained: Any = keras.saving.load_model(model, compile=False)
    layer = recurrent_layers(trained)[0]
    try:
        indices = layer_henrici_indices(layer).values()
        spectra = layer_spectra(layer).values()
    except ValueError:
        return {}
    radius = max(float(abs(each).max()) for each in spectra)
    return {"henrici_index": sum(indices) / len(indices), "spectral_radius": radius}


def _begin_peak() -> int | None:
    """The megabytes of the process, whose peak is counted from now on, on Linux."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what is free would count as used, else
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return _status("VmRSS")
    except (OSError, AttributeError, TypeError):
        return None


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return round(int(found.split()[1]) / 1024)
