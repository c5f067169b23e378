"""Where figures go."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError

MARK = "keras_nonnormal/experiments/figures.py"
ENDINGS = ("png", "csv")


class FigureFolder:
    """A folder of figures, and of tables of the numbers that they show.

    Figures of the same name are replaced, but only if this class made them.

    Args:
        path: The folder. It is made when there is something to put into it.
    """

    def __init__(self, path: str):
        self.path = Path(path)

    def reserve(self, *names: str, table: str | None = None) -> None:
        """Sees to it that figures and tables of these names can be written.

        Args:
            *names: The names.
            table: Name of another table, which comes with the first of the figures.

        Raises:
            OptionError: If there is a file of somebody else's in the way, or the
                folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"--out: cannot make {self.path}: {error}") from error
        files = {name: [self._file(name, each) for each in ENDINGS] for name in names}
        if table is not None:
            files[names[0]].append(self._file(table, "csv"))
        for each in files.values():
            ours = _is_ours(each[0])
            for file in each:
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

    def save(
        self,
        name: str,
        figure: Any,
        head: Sequence[str] = (),
        rows: Iterable[Sequence[Any]] = (),
    ) -> None:
        """Writes a figure as PNG, and its numbers as CSV if there is a head."""
        self.figure(name, figure)
        if head:
            self.table(name, head, rows)

    def _file(self, name: str, ending: str) -> Path:
        return self.path / f"{name}.{ending}"


def _is_ours(picture: Path) -> bool:
    """Whether a picture says that it is from here, as PNG files do near their start."""
    try:
        with open(picture, "rb") as file:
            return MARK.encode() in file.read(1000)
    except OSError:
        return False
