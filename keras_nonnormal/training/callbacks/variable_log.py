import csv
from pathlib import Path
from typing import Any

import keras

from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.metrics_log import read_metrics


class VariableLog(keras.callbacks.Callback):
    """Writes the values of one variable after every epoch to a CSV file.

    Columns are `epoch` (the first is 1), and a number for every entry of the variable,
    from 0. Numbers read back exactly; `read_metrics` reads the file. In a run that goes
    on after an epoch, the rows after that epoch are dropped. The file is replaced as a
    whole at every epoch.

    Args:
        path: The file.
        name: String, the name of the variable; the first of a network that has several.

    Raises:
        ValueError: When training begins, if the network has none of that name.

    Example:

    ```python
    log = VariableLog("alpha.csv", "alpha")
    model = WatchedModel(network)
    model.fit(x, y, epochs=9, callbacks=[log])
    ```
    """

    model: Any

    def __init__(self, path, name: str):
        super().__init__()
        self.path = Path(path)
        self.name = name

    def on_train_begin(self, logs=None):
        """Called by Keras."""
        variables = self.model.network.variables
        found = [each for each in variables if each.name == self.name]
        if not found:
            names = ", ".join(sorted({each.name for each in variables}))
            raise ValueError(
                f"Expected the name of a variable of the network: {names}. "
                f"Received: name={self.name!r}"
            )
        self._variable, self._rows = found[0], _read(self.path)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        values: Any = keras.ops.convert_to_numpy(self._variable)
        values = values.ravel()
        self._rows = [row for row in self._rows if int(row[0]) <= epoch]
        self._rows.append([str(epoch + 1), *map(str, values)])
        with (
            replacing(self.path) as temporary,
            open(temporary, "w", newline="", encoding="utf-8") as file,
        ):
            csv.writer(file).writerows([["epoch", *range(values.size)], *self._rows])


def _read(path: Path) -> list[list[str]]:
    """The rows of such a file below its head; none if it is not there."""
    if not path.exists():
        return []
    read_metrics(path)  # says so if it is broken
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
