"""Grids: which options are varied, in the settings of a script or as published."""

import fnmatch
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.options import OptionError
from experiments.core.parts import presets_of, scripts
from experiments.published import grids as published

Axes = Mapping[str, Sequence[Any]]
Settings = Callable[[], Iterator[Mapping[str, Any]]]


@dataclass(frozen=True)
class Grid:
    """Runs of a script."""

    script: str
    settings: tuple[Mapping[str, Any], ...] = ({},)  # for each, as given by flags

    def along(self, axes: Axes) -> "Grid":
        """The same runs, each with all combinations of the values of these options."""
        points = [
            dict(zip(axes, values, strict=True))
            for values in itertools.product(*axes.values())
        ]
        settings = ({**each, **point} for each in self.settings for point in points)
        return Grid(self.script, tuple(settings))


def _starts() -> Iterator[Mapping[str, Any]]:
    """Figure 3 of Orhan and Pitkow (2020): 462 + 462 + 594 + 594 runs of a task."""
    for init in published.STARTS:
        for setting in published.starts(init):
            yield {"preset": "paper", **setting}


def _gamma(script: str, preset: str) -> Iterator[Mapping[str, Any]]:
    """The shapes (n, s) that Geadah et al. (2020) started from, in all three ways."""
    for setting in published.SHAPES:
        for point in published.shapes(script, setting):
            yield {"preset": preset, **point}


def _stability(script: str, glob: str) -> Iterator[Mapping[str, Any]]:
    """Figures of Herranz-Celotti and Rouat (2023): presets, with four seeds each."""
    names = fnmatch.filter(presets_of(script, "lsc"), glob)
    for name, seed in itertools.product(names, published.STABILITY_SEEDS):
        yield {"preset": name, "seed": seed}


PUBLISHED: dict[str, tuple[str, Settings]] = {
    **{f"starts/{name}": (name, _starts) for name in ("copy", "addition", "psmnist")},
    "lsc/fig2": ("ffn", lambda: _stability("ffn", "fig2/*-*-*-*")),  # with a rate
    "lsc/fig3": ("deep_rnn", lambda: _stability("deep_rnn", "fig3/*")),
    "lsc/fig4": ("deep_rnn", lambda: _stability("deep_rnn", "fig4/*")),
    "lsc/table1": ("deep_rnn", lambda: _stability("deep_rnn", "table1/*")),
    "gamma/copy": ("copy", lambda: _gamma("copy", "gamma/RNN-128")),
    "gamma/psmnist": ("psmnist", lambda: _gamma("psmnist", "gamma/RNN-400")),
    "gamma/text": ("ptb_char", lambda: _gamma("ptb_char", "gamma/RNN-600")),
}


def axes_of(words: Iterable[str], flag: str = "--grid") -> dict[str, list[str]]:
    """The axes that are written as `lr=1e-4,1e-3 seed=1..6` behind a flag."""
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


def listed(text: str) -> list[str]:
    """The values of an axis in one word: `1e-4,1e-3`, or `1..6` of whole numbers."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", part)
        whole = range(int(ends[1]), int(ends[2]) + 1) if ends else [part]
        found += map(str, whole)
    return found


def grid_of(what: str) -> Grid:
    """The grid of this name: a script, a published grid, or a YAML file."""
    if what in scripts():
        return Grid(what)
    if what in PUBLISHED:
        script, settings = PUBLISHED[what]
        return Grid(script, tuple(settings()))
    if Path(what).suffix in (".yaml", ".yml"):
        return _from_file(Path(what))
    known = ", ".join((*scripts(), *PUBLISHED))
    raise OptionError(f"expected one of {known}, or a .yaml file, received {what!r}")


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        OptionError: If it cannot be read, or is no YAML.
    """
    try:
        import yaml

        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except ImportError:
        raise OptionError(
            f"{path}: PyYAML is not installed; pip install pyyaml, or use --grid"
        ) from None
    except OSError as error:
        raise OptionError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # the bytes are no text
        raise OptionError(f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise OptionError(f"{path} is no YAML: {where}") from error


def _from_file(path: Path) -> Grid:
    """A grid of a file with `sweep` (a script or a published grid) and `grid`.

    `grid` maps options to values; or it is a list of such, whose runs are put together.
    """
    content = read_yaml(path)
    keys = set(content) if isinstance(content, dict) else set()
    if "sweep" not in keys or keys - {"sweep", "grid"}:
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
        axes = {str(name): axis_of(value) for name, value in part.items()}
        settings += base.along(axes).settings
    return Grid(base.script, tuple(settings))


def axis_of(value: Any) -> list[Any]:
    """The values of an axis of a YAML file: a list, one value, or a text as `1..6`."""
    if isinstance(value, list):
        return [each for part in value for each in axis_of(part)]
    return listed(value) if isinstance(value, str) else [value]
