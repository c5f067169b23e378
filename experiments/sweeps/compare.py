"""Networks side by side: all at one number of parameters, by one way of training.

  python -m experiments compare --dry-run                the sizes, and how many runs
  python -m experiments compare --tasks copy-200 --rates 1e-3 --seeds 1 --updates 600
  python -m experiments compare --networks 'RNN/*,LSTM' --out runs/compare
  python -m experiments compare --page docs/compare.md   what has run so far

Tasks: {tasks}.
Networks: {networks}.
Each runs at every learning rate with the first seed, and at the best of these with the
others. The same command again does what is missing, and ends with compare.md and
compare.html in the folder of the runs; --page FILE makes the page alone.
"""

import argparse
import itertools
import math
import shlex
import textwrap
from pathlib import Path
from typing import Any

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.options import OptionError, Parser
from experiments.sweeps.command import (
    checked,
    guarded,
    number,
    train,
    worker_flags,
)
from experiments.sweeps.comparison import PROBLEMS, Cell, chosen, entries
from experiments.sweeps.comparison_page import as_html, as_markdown, blocks, plan
from experiments.sweeps.measures import train_and_measure

PROG = "python -m experiments compare"
FORMATS = {".md": as_markdown, ".html": as_html}


def main(arguments: list[str]) -> int:
    """Trains what is compared, or makes its page; returns the exit code."""
    options = parsed(arguments)
    return guarded(PROG, lambda: _done(options, f"{PROG} {shlex.join(arguments)}"))


def _done(options: argparse.Namespace, command: str) -> int:
    out, code = Path(options.out or "runs/compare"), 0
    changes = {"budget": options.budget, "updates": options.updates}
    names = chosen(options.networks, entries(), "--networks")
    cells = [
        Cell(problem, name, options.rates, options.seeds, out, changes)
        for problem in chosen(options.tasks, PROBLEMS, "--tasks")
        for name in names
    ]
    if options.dry_run:
        print(plan(cells))
        return 0
    share, shares = options.shard
    for stage in () if options.page else ("search", "repeat"):
        found = (c.searched if stage == "search" else c.repeats() for c in cells)
        # All networks once, then all again.
        runs = sorted(itertools.chain(*found), key=lambda run: run.program.run.seed)
        if runs := runs[share - 1 :: shares]:
            code |= train(runs, out, options, train_and_measure)
    from keras_nonnormal.training.files import WriteError, replacing

    for file in options.page or [out / "compare.md", out / "compare.html"]:
        text = FORMATS[file.suffix](blocks(cells, command.partition(" --page ")[0]))
        try:
            with replacing(file) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except WriteError as error:
            raise OptionError(f"--page: {error.strerror}") from error
        print(file)
    return code


def parsed(arguments: list[str]) -> argparse.Namespace:
    """What arguments of the comparison say."""
    known = {"tasks": ", ".join(PROBLEMS), "networks": ", ".join(entries())}
    lines = (__doc__ or "").format(**known).splitlines()
    text = "\n".join(textwrap.fill(e, 88, subsequent_indent="  ") for e in lines)
    parser = Parser(prog=PROG, description=text)
    add: Any = parser.add_argument
    count = number(int, "a whole number of at least 1", 1, math.inf)
    names = {"type": lambda text: text.split(","), "metavar": "NAMES", "default": ["*"]}
    add("--tasks", **names, help="tasks, or patterns of their names (default: all)")
    add("--networks", **names, help="networks, or patterns such as 'RNN/*'")
    rates = "learning rates to choose from (default: 0.003,0.001,0.0003)"
    add("--rates", type=_rates, default=(3e-3, 1e-3, 3e-4), help=rates)
    add("--seeds", type=count, default=3, help="seeds, from 1 on (default: 3)")
    add("--budget", type=count, help="parameters (default: those of the task)")
    updates = "updates of copy and addition (default: those of the task)"
    add("--updates", type=count, help=updates)
    page = "only make the page, of what has run: a file that ends in .md or .html"
    add("--page", type=_file, nargs="+", metavar="FILE", help=page)
    worker_flags(parser, "runs/compare")
    return checked(parser, arguments)


def _rates(text: str) -> tuple[float, ...]:
    read = number(float, "numbers above 0 such as 3e-3,1e-3", 1e-12, 1e12)
    return tuple(dict.fromkeys(map(read, text.split(","))))


def _file(text: str) -> Path:
    if (file := Path(text)).suffix not in FORMATS:
        what = f"expected FILE.md or FILE.html, received {text}"
    elif not file.parent.is_dir():
        what = f"cannot write {text}: there is no folder {file.parent}"
    else:
        return file
    raise argparse.ArgumentTypeError(what)
