"""The report of runs: tables and pictures of each experiment, and a page of all.

The page needs nothing else: no server, no network, no other file.
"""

import base64
import io
import math
import string
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError, Parser, refuse
from experiments.core.report import FigureFolder, aligned
from experiments.sweeps.plan import GROUPS, varied, word
from experiments.sweeps.studies import (
    Layout,
    Study,
    best_of,
    layout_of,
    map_of,
    settings_by_group,
    studies_of,
)
from experiments.sweeps.worker import DIVERGED, HOPELESS

PROG = "report.py"
Rows = list[tuple[str, ...]]
MOST_TESTED = 40  # settings whose test results are shown; else those of the best
CURVES = (
    "Learning curves at the best settings, mean over seeds ± standard error. Runs that "
    "stopped keep their last loss. Triangles: above the frame."
)
MAP = (
    "The lowest loss at every setting, mean over seeds; as a number where it is above "
    "the trivial level, white where all runs diverged."
)


def main(arguments: list[str] | None = None, description: str | None = None) -> int:
    """Writes a report; returns the exit code."""
    parser = Parser(prog=PROG, description=description)
    add: Any = parser.add_argument
    add("runs", nargs="+", metavar="RUNS", help="run directories")
    add("--out", default="report", help="folder of the report (default: report)")
    by = "option whose values are groups, such as init"
    add("--by", metavar="OPTION", help=by)
    add("--x", metavar="OPTION", help="option across the map")
    add("--y", metavar="OPTION", help="option up the map")
    options = parser.parse_args(arguments)
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
        print(section.text(), end="\n\n", flush=True)
    from experiments.core.run import load_tensorflow

    load_tensorflow()  # quietly: the figures are made by the library
    from keras_nonnormal.training.files import replacing

    parts = "\n".join(part for section in sections for part in section.parts(out))
    file = Path(options.out, "report.html")
    with replacing(file) as temporary:
        temporary.write_text(page(parts), encoding="utf-8")
    print(file)
    return 0


def page(parts: str, title: str = "Runs") -> str:
    """A page for a browser, with tables that can be sorted; it needs no other file."""
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return string.Template(template).substitute(parts=parts, title=title)


class Section:
    """The tables and pictures of a study.

    Args:
        study: The study.
        layout: By which options it is shown.
    """

    def __init__(self, study: Study, layout: Layout):
        self.study, self.layout = study, layout
        self.groups = settings_by_group(study, layout)
        self.best = {name: best_of(settings) for name, settings in self.groups.items()}
        kinds = ["curves", *(["map"] if layout.across else [])]
        self.pictures = [f"{study.name}-{kind}" for kind in kinds]

    @property
    def head(self) -> str:
        """What there is, in a line."""
        states = [record.outcome.state for record in self.study.records]
        words = [f"{len(states)} runs are over"]
        for state in (DIVERGED, HOPELESS):
            if state in states:
                words.append(f"{states.count(state)} of them {state}")
        if self.study.unfinished:
            words.append(f"{self.study.unfinished} are not finished")
        return ", ".join(words)

    def tables(self) -> Iterator[tuple[str, Rows, str]]:
        """The tables, each with what stands above and below it."""
        published = self.study.published.get("setting")
        said = f"Published: {published}." if published else ""
        if any(record.success is not None for record in self.study.records):
            yield "Successes:", self.successes(), said
        words = "The best setting of each group, lowest loss, mean over seeds:"
        yield words, self.best_settings(), ""
        if len(tests := self.tests()) > 1:
            yield "Test results, mean ± deviation over seeds (n):", tests, said

    def successes(self) -> Rows:
        """How many runs of every group succeeded, beside the published number."""
        rows: Rows = [("", "runs", "successes", "share", "published")]
        for name, settings in self.groups.items():
            count = sum(len(each.records) for each in settings)
            good = sum(each.successes for each in settings)
            theirs = self.study.published.get(name, "")
            rows.append((name, str(count), str(good), f"{good / count:.1%}", theirs))
        return rows

    def best_settings(self) -> Rows:
        """The best setting of every group."""
        rows: Rows = [("", "loss", "deviation", "seeds", "successes", "setting")]
        for name, setting in self.best.items():
            loss, good = setting.lowest, str(setting.successes)
            spread = f"{loss.deviation:.2g}" if loss.count > 1 else ""
            cells = (f"{loss.mean:.4g}", spread, str(loss.count), good, setting.words)
            rows.append((name, *cells))
        if math.isfinite(self.study.trivial_loss):
            trivial = f"{self.study.trivial_loss:.4g}"
            rows.append(("trivial level", trivial, "", "", "", ""))
        return rows

    def tests(self) -> Rows:
        """The test results of every setting, or of the best ones if there are many."""
        shown = [(name, each) for name, of in self.groups.items() for each in of]
        if len(shown) > MOST_TESTED:
            shown = list(self.best.items())
        tested = [(name, each, each.tested()) for name, each in shown]
        names = list(dict.fromkeys(n for *_, found in tested for n in found))
        head = (name.replace("_", " ") for name in names)
        rows: Rows = [("", *head, "setting", "published")]
        for name, setting, found in tested:
            if found:
                cells = [_mean(each, found.get(each)) for each in names]
                has = setting.records[0].run.options
                names_of = [name, *(word(has[each]) for each in GROUPS if each in has)]
                theirs = [self.study.published.get(each, "") for each in names_of]
                own = next(filter(None, theirs), "")
                rows.append((name, *cells, setting.words, own))
        return rows

    def all_runs(self) -> Rows:
        """Every run."""
        names = list(varied(self.study.runs))
        rows: Rows = [("run", *names, "ended", "epochs", "lowest loss")]
        for record in self.study.records:
            outcome, has = record.outcome, record.run.options
            score = "" if outcome.score is None else f"{outcome.score:.5g}"
            told = (word(has[name]) if name in has else "" for name in names)
            epochs = str(outcome.summary.get("epochs", ""))
            rows.append((record.run.path.name, *told, outcome.state, epochs, score))
        return rows

    def text(self) -> str:
        """The tables as lines of text."""
        lines = [f"{self.study.name}: {self.head}"]
        for above, rows, below in self.tables():
            lines += ["", above, *aligned(rows), *([below] if below else [])]
        return "\n".join(lines)

    def parts(self, out: FigureFolder) -> Iterator[str]:
        """The parts of a page; the pictures are also kept as files, in `out`."""
        from keras_nonnormal.plotting import mean_curves, setting_maps

        name = self.study.name
        trivial, success = (
            level if math.isfinite(level) else None
            for level in (self.study.trivial_loss, self.study.success_loss)
        )
        yield f"<h2>{escape(name)}</h2>\n<p>{escape(self.head)}.</p>"
        for above, rows, below in self.tables():
            yield f"<p>{escape(above)}</p>\n{html_table(rows)}"
            if below:
                yield f"<p>{escape(below)}</p>"
        losses = {group: each.curves() for group, each in self.best.items()}
        levels = {"trivial_loss": trivial, "success_loss": success}
        figure = mean_curves(losses, **levels, title=name)
        out.figure(self.pictures[0], figure)
        yield _picture(figure, CURVES)
        if self.layout.across:
            maps = {
                group: map_of(settings, self.layout)
                for group, settings in self.groups.items()
            }
            options = self.layout.across, self.layout.up or ""
            figure = setting_maps(maps, *options, trivial_loss=trivial)
            out.figure(self.pictures[1], figure)
            yield _picture(figure, MAP)
        table = html_table(self.all_runs())
        yield f"<details><summary>all runs</summary>{table}</details>"


def _mean(name: str, found: Any) -> str:
    if found is None or math.isnan(found.mean):
        return ""
    if name in ("epochs", "minutes"):
        return f"{found.mean:.3g}"
    return found.text(2 if "perplexity" in name else 4)


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """A table that can be sorted; the first row is its head."""
    lines = [
        "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in row)
        for row, kind in zip(rows, ["th", *["td"] * len(rows)], strict=False)
    ]
    head, *others = (f"<tr>{line}</tr>" for line in lines)
    body = "\n".join(others)
    return f'<table class="sorted"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _picture(figure: Any, caption: str) -> str:
    """A figure within the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width, text = figure.get_figwidth(), escape(caption)
    source = f'style="width: {width:g}in" src="data:image/png;base64,{data}"'
    return (
        f'<figure><img alt="{text}" {source}><figcaption>{text}</figcaption></figure>'
    )
