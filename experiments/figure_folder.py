"""Where figures go."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.options import OptionError

MARK = "keras_nonnormal/experiments/figures.py"


class FigureFolder:
    """A folder of figures, and of tables of the numbers that they show.

    Figures of the same name are replaced, but only if this class made them.

    Args:
        path: The folder. It is made when there is something to put into it.
    """

    def __init__(self, path: str):
        self.path = Path(path)

    def reserve(self, *names: str) -> None:
        """Sees to it that figures and tables of these names can be written.

        Raises:
            OptionError: If there is a file of somebody else's in the way, or the
                folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"--out: cannot make {self.path}: {error}") from error
        for name in names:
            picture, table = self._file(name, "png"), self._file(name, "csv")
            ours = _is_ours(picture)
            for file in (picture, table):
                if file.exists() and not ours:
                    raise OptionError(
                        f"--out: {file} is there and not one of these figures; move "
                        "it, or choose another folder"
                    )

    def figure(self, name: str, figure: Any) -> None:
        """Writes a figure as PNG and says where it is."""
        file = self._file(name, "png")
        figure.savefig(file, metadata={"Software": MARK})
        print(file)

    def table(
        self, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Writes the numbers of the figure of this name as CSV."""
        with open(self._file(name, "csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)

    def _file(self, name: str, ending: str) -> Path:
        return self.path / f"{name}.{ending}"


def _is_ours(picture: Path) -> bool:
    """Whether a picture says that it is from here, as PNG files do near their start."""
    try:
        with open(picture, "rb") as file:
            return MARK.encode() in file.read(1000)
    except OSError:
        return False
