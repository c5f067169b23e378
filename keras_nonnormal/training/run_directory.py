import json
from pathlib import Path
from typing import Any

from keras_nonnormal.training.files import write_json


class RunDirectoryError(ValueError):
    """A folder that cannot take the run it was named for."""


class RunDirectory:
    """The folder that a training run leaves behind.

    | file | content |
    |---|---|
    | `config.json` | everything needed to repeat the run, written first |
    | `metrics.csv` | one row per epoch |
    | `checkpoints/` | the state after the last whole epoch; weights of the best one |
    | `tensorboard/` | events |
    | `model.keras` | the trained model |
    | `curves.png` | the learning curves |
    | `summary.json` | the results, written last: with it the run is finished |

    Every file but the events is written under another name first and then moved into
    place, so that whatever is there is whole.

    Args:
        path: The folder. It is made by `claim`, not before.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.metrics = self.path / "metrics.csv"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"
        self.model = self.path / "model.keras"
        self.curves = self.path / "curves.png"
        self.summary = self.path / "summary.json"

    def __repr__(self):
        return f"RunDirectory({str(self.path)!r})"

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.summary.exists()

    def claim(self, config: dict[str, Any], resume: bool = False) -> None:
        """Makes the folder and writes down what runs in it.

        Args:
            config: What is needed to repeat the run, for `config.json`. An
                unfinished run keeps the one it began with.
            resume: Whether to continue an unfinished run that is already there.

        Raises:
            RunDirectoryError: If the folder holds a finished run, an unfinished one
                without `resume`, or anything else, or cannot be made.
        """
        if self.finished:
            raise RunDirectoryError(
                f"{self.path} holds a finished run; expected a new folder."
            )
        if self.config.exists():
            if not resume:
                raise RunDirectoryError(
                    f"{self.path} holds an unfinished run; resume it or choose "
                    "another folder."
                )
        else:
            if self.path.exists() and any(self.path.iterdir()):
                raise RunDirectoryError(
                    f"{self.path} holds files that are no run; choose another folder."
                )
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                write_json(self.config, config)
            except OSError as error:
                raise RunDirectoryError(f"Cannot make a run folder: {error}") from error
        self.checkpoints.mkdir(exist_ok=True)

    def finish(self, summary: dict[str, Any]) -> None:
        """Writes `summary.json`, which marks the run as finished."""
        write_json(self.summary, summary)

    def read_summary(self) -> dict[str, Any]:
        """The results of a finished run."""
        return json.loads(self.summary.read_text(encoding="utf-8"))
