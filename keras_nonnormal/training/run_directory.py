import json
from pathlib import Path
from typing import Any

from keras_nonnormal.training.files import (
    FULL,
    PARTIAL,
    remove_partial,
    write_json,
)
from keras_nonnormal.training.folder_lock import FILE, FolderLock, FolderLocked


class RunDirectoryError(ValueError):
    """A folder that cannot take the run it was named for, or holds a broken one."""


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
    | `.lock` | the process that trains it, as long as it does |

    Every file but the events is written under another name first and then moved into
    place, so that whatever is there is whole.

    As a context it lets other processes in at its end; see `claim`.

    Args:
        path: The folder. It is made by `claim`, not before.

    Example:

    ```python
    with RunDirectory("runs/first") as directory:
        directory.claim({"learning_rate": 1e-3})
        train(model, task, directory, ...)
        directory.finish({"loss": 0.1})
    ```
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
        self._lock: FolderLock | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def __repr__(self):
        return f"RunDirectory({str(self.path)!r})"

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.summary.exists()

    def claim(self, config: dict[str, Any], resume: bool = False) -> None:
        """Makes the folder and writes down what runs in it.

        Other processes cannot claim it until `release` or `finish`, or the end of this
        one. What a run that was killed has left half written is removed.

        Args:
            config: What is needed to repeat the run, for `config.json`. An
                unfinished run keeps the one it began with.
            resume: Whether to continue an unfinished run that is already there.

        Raises:
            RunDirectoryError: If the folder holds a finished run, an unfinished one
                without `resume`, one that another process trains, or anything else,
                or cannot be written to.
            WriteError: If the disk is full.
        """
        try:
            self._check(resume)  # leaves what it refuses as it is
            self.path.mkdir(parents=True, exist_ok=True)
            self.lock()
            self._check(resume)  # nobody else can change it any more
            remove_partial(self.path)
            if not self.config.exists():
                write_json(self.config, config)
            self.checkpoints.mkdir(exist_ok=True)
            remove_partial(self.checkpoints)
        except (OSError, RunDirectoryError) as error:
            self.release()
            if not isinstance(error, OSError) or error.errno in FULL:
                raise
            raise RunDirectoryError(
                f"{self.path} cannot be written to ({error}); choose another folder."
            ) from error

    def lock(self) -> None:
        """Keeps other processes out of a folder that is there.

        Raises:
            RunDirectoryError: If another process is in it.
        """
        try:
            self._lock = FolderLock.of(self.path)
        except FolderLocked as error:
            raise RunDirectoryError(
                f"{self.path} is being trained by another process ({error}); wait for "
                "it or choose another folder."
            ) from None

    def release(self) -> None:
        """Lets other processes claim the folder."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def finish(self, summary: dict[str, Any]) -> None:
        """Writes `summary.json`, which marks the run as finished."""
        write_json(self.summary, summary)
        self.release()

    def read_summary(self) -> dict[str, Any]:
        """The results of a finished run.

        Raises:
            RunDirectoryError: If they cannot be read.
        """
        return read_json(self.summary)

    def _check(self, resume: bool) -> None:
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
        elif self.path.is_dir() and not all(map(_is_leftover, self.path.iterdir())):
            raise RunDirectoryError(
                f"{self.path} holds files that are no run; choose another folder."
            )


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """The content of a file that `write_json` wrote.

    Args:
        path: The file.
        *keys: What has to be in it.

    Raises:
        RunDirectoryError: If it is broken.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or any(key not in content for key in keys):
            raise ValueError(f"expected {', '.join(keys) or 'names and values'} in it")
    except (OSError, ValueError) as error:
        raise broken(path, str(error)) from error
    return content


def broken(path: Path, what: str) -> RunDirectoryError:
    """The error that says of a file of a run that it cannot be read.

    Args:
        path: The file.
        what: What is wrong with it.
    """
    return RunDirectoryError(
        f"{path} cannot be read ({what}); put back a copy of it, or begin again in "
        "another folder."
    )


def _is_leftover(file: Path) -> bool:
    """Whether a file is what a run leaves that is killed when it begins."""
    return file.name == FILE or file.name.startswith(PARTIAL)
