import csv
import time
from pathlib import Path

import keras

from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.run_directory import broken

Row = dict[str, float]


class MetricsLog(keras.callbacks.Callback):
    """Writes the metrics of every epoch to a CSV file.

    Columns are `epoch` (the first is 1), `seconds` (wall time of the epoch), and what
    Keras reports, `loss` and `val_loss` among them. Numbers are written so that they
    read back exactly. The file is replaced as a whole at every epoch.

    Args:
        path: The file.
        epochs_done: Number of epochs the run has behind it: rows after that are
            dropped, because the run that wrote them was broken off before it could
            keep its state.

    Raises:
        RunDirectoryError: If rows up to there are missing, or cannot be read.
    """

    def __init__(self, path, epochs_done: int = 0):
        super().__init__()
        self.path = Path(path)
        rows = read_metrics(self.path) if epochs_done and self.path.exists() else []
        self.rows = [row for row in rows if row["epoch"] <= epochs_done]
        if len(self.rows) != epochs_done:
            raise broken(
                self.path, f"it has {len(self.rows)} of the {epochs_done} epochs behind"
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        seconds = round(time.perf_counter() - self._begun, 3)
        row: Row = {"epoch": epoch + 1, "seconds": seconds}
        logs = logs or {}
        row.update({name: float(logs[name]) for name in sorted(logs, key=_place)})
        self.rows.append(row)
        with (
            replacing(self.path) as temporary,
            open(temporary, "w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, self.rows[0], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)


def _place(name):
    """Training before validation, and the loss before what else is reported."""
    validation = name.startswith("val_")
    return validation, name.removeprefix("val_") != "loss", name


def read_metrics(path) -> list[Row]:
    """The rows of a `metrics.csv`, numbers as they were written.

    Args:
        path: The file.

    Returns:
        A list with a dict per epoch: `{"epoch": 1, "loss": ..., ...}`.

    Raises:
        RunDirectoryError: If the file is broken.
    """
    path = Path(path)
    text = path.read_bytes().decode(errors="replace")
    rows: list[Row] = []
    for number, line in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            row = {name: float(cell) for name, cell in line.items() if cell != ""}
            rows.append({**row, "epoch": int(row["epoch"])})
        except (TypeError, ValueError, KeyError, OverflowError):
            what = f"line {number} is not one of numbers for all columns"
            raise broken(path, what) from None
    if not text.endswith("\n"):
        raise broken(path, "its last line is cut off")
    return rows
