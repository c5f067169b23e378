"""How tests draw figures, and the runs they draw them of."""

import csv
import json

import pytest

from experiments import figures

PNG = b"\x89PNG"


def make_run(folder, options, experiment="copy", columns=("loss",), **config):
    """A run directory of three epochs without a model."""
    folder.mkdir(parents=True)
    content = {"experiment": experiment, "options": {"seed": 400, **options}, **config}
    (folder / "config.json").write_text(json.dumps(content))
    rows = [",".join(("epoch", *columns)), *(f"{e},0.5" for e in (1, 2, 3))]
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    return folder


def draw(*arguments, out):
    return figures.main([*map(str, arguments), "--out", str(out)])


def refusal(capsys, *arguments, out):
    """The one line that a refused command says."""
    with pytest.raises(SystemExit) as left:
        draw(*arguments, out=out)
    assert left.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def columns(file):
    """The columns of a CSV file by name, as texts."""
    with open(file, newline="") as lines:
        head, *rows = csv.reader(lines)
    return dict(zip(head, zip(*rows, strict=True), strict=True))
