"""Grids: which options are varied, and which runs that makes."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.options import OptionError
from experiments.presets import Preset
from experiments.sweeps.published import PUBLISHED
from experiments.sweeps.scripts import SCRIPTS
from experiments.sweeps.values import as_list, listed

Axes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Grid:
    """Runs of a script.

    Args:
        script: Its name.
        settings: For each run the options that are given, as by flags.
    """

    script: str
    settings: tuple[Preset, ...] = ({},)

    def along(self, axes: Axes) -> "Grid":
        """The same runs, each with all combinations of the values of these options."""
        points = [
            dict(zip(axes, values, strict=True))
            for values in itertools.product(*axes.values())
        ]
        settings = ({**each, **point} for each in self.settings for point in points)
        return Grid(self.script, tuple(settings))


def axes_of(words: Iterable[str], flag: str = "--grid") -> dict[str, list[str]]:
    """The axes that are written as `lr=1e-4,1e-3 seed=1..6`.

    Args:
        words: One for each.
        flag: The flag that they follow, for messages.

    Raises:
        OptionError: If one is not written so.
    """
    axes = {}
    for word in words:
        name, equals, text = word.partition("=")
        values = listed(text)
        if not (name and equals and values and all(values)):
            raise OptionError(
                f"{flag}: expected an option and its values such as lr=1e-4,1e-3 or "
                f"seed=1..6, received {word!r}"
            )
        axes[name.lstrip("-").replace("-", "_")] = values
    return axes


def grid_of(what: str) -> Grid:
    """The grid that is meant by a word.

    Args:
        what: The name of a script, of a published grid, or of a YAML file.

    Raises:
        OptionError: If it is none of these, or the file is not as expected.
    """
    if what in SCRIPTS:
        return Grid(what)
    if what in PUBLISHED:
        script, settings = PUBLISHED[what]
        return Grid(script, tuple(settings()))
    if Path(what).suffix in (".yaml", ".yml"):
        return _from_file(Path(what))
    known = ", ".join((*SCRIPTS, *PUBLISHED))
    raise OptionError(f"expected one of {known}, or a .yaml file, received {what!r}")


def _from_file(path: Path) -> Grid:
    """A grid of a file with `sweep` (a script or a published grid) and `grid`.

    `grid` maps options to values; or it is a list of such, whose runs are put together.
    """
    try:
        import yaml

        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except ImportError:
        raise OptionError(
            f"{path}: PyYAML is not installed; pip install pyyaml, or use --grid"
        ) from None
    except OSError as error:
        raise OptionError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # which bytes are no text
        raise OptionError(f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise OptionError(f"{path} is no YAML: {where}") from error
    if not isinstance(content, dict) or not {"sweep"} <= content.keys() <= {
        *("sweep", "grid")
    }:
        raise OptionError(
            f"{path}: expected the keys sweep (a script or a published grid) and grid"
        )
    sweep, parts = str(content["sweep"]), content.get("grid") or {}
    if Path(sweep).suffix in (".yaml", ".yml"):
        raise OptionError(f"{path}: sweep: expected no file, received {sweep!r}")
    base, settings = grid_of(sweep), []
    for part in parts if isinstance(parts, list) else [parts]:
        if not isinstance(part, dict):
            raise OptionError(
                f"{path}: grid: expected options and their values, received {part!r}"
            )
        axes = {str(name): list(as_list(value)) for name, value in part.items()}
        settings += base.along(axes).settings
    return Grid(base.script, tuple(settings))
