"""Shows what came of a grid of runs: in tables, pictures, and a page for a browser.

  python experiments/report.py runs/sweeps/copy
  python experiments/report.py runs/sweeps/copy runs/more --out report
  python experiments/report.py runs/sweeps/ptb_char --by learn_params --x gain

RUNS are run directories, or folders that hold some, such as sweep.py leaves. For each
experiment: how many runs succeeded, in each group of them, and how many were published;
the best setting of each group, by the mean over seeds of the lowest validation loss,
with the standard error of that mean; the learning curves of these settings; and the
same mean at all settings, as a map. Runs that diverged count as no better than a
network that remembers nothing.

The pictures are PNG files. report.html holds all of it in one file.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import argparse
from pathlib import Path

from experiments.core.figure_folder import FigureFolder
from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.sweeps.records import studies_of
from experiments.sweeps.sections import Section
from experiments.sweeps.settings import layout_of

PROG = "report.py"


def main(arguments: list[str] | None = None) -> int:
    """Writes a report; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        sections = [
            Section(study, layout_of(study, options.by, options.x, options.y))
            for study in studies_of(options.runs)
            if study.records
        ]
        if not sections:
            raise OptionError("none of the runs is finished")
        out = FigureFolder(options.out)
        out.reserve(*(name for each in sections for name in each.pictures))
    except OptionError as error:
        refuse(PROG, error)
    for section in sections:
        print(section.text(), end="\n\n")
    from experiments.launch import load_tensorflow

    load_tensorflow()  # quietly: the figures are made by the library
    from experiments.sweeps.page import page
    from keras_nonnormal.training.files import replacing

    parts = [part for section in sections for part in section.parts(out)]
    file = Path(options.out, "report.html")
    with replacing(file) as temporary:
        temporary.write_text(page("Runs", parts), encoding="utf-8")
    print(file)
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROG,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("runs", nargs="+", metavar="RUNS", help="run directories")
    parser.add_argument(
        "--out", default="report", help="folder of the report (default: report)"
    )
    parser.add_argument(
        "--by", metavar="OPTION", help="option whose values are groups, such as init"
    )
    parser.add_argument("--x", metavar="OPTION", help="option across the map")
    parser.add_argument("--y", metavar="OPTION", help="option up the map")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
