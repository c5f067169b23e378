"""What a report says of the runs of one experiment."""

import functools
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

from experiments.core.figure_folder import FigureFolder
from experiments.sweeps.outcomes import DIVERGED, HOPELESS
from experiments.sweeps.plan import varied
from experiments.sweeps.records import Study, count
from experiments.sweeps.settings import (
    Layout,
    Setting,
    best_of,
    map_of,
    settings_by_group,
)
from experiments.tables import aligned

Rows = list[tuple[str, ...]]
ERROR_WORDS = "mean over seeds ± standard error"


class Section:
    """The tables and pictures of a study.

    Args:
        study: The study.
        layout: By which options it is shown.
    """

    def __init__(self, study: Study, layout: Layout):
        self.study, self.layout = study, layout

    @functools.cached_property
    def groups(self) -> dict[str, list[Setting]]:
        """The settings by group."""
        return settings_by_group(self.study, self.layout)

    @functools.cached_property
    def best(self) -> dict[str, Setting]:
        """The best setting of every group."""
        return {name: best_of(settings) for name, settings in self.groups.items()}

    @property
    def pictures(self) -> list[str]:
        """The names of its pictures."""
        kinds = ["curves", *(["map"] if self.layout.across else [])]
        return [f"{self.study.name}-{kind}" for kind in kinds]

    @property
    def head(self) -> str:
        """What there is, in a line."""
        records, words = self.study.records, []
        words.append(f"{len(records)} runs are over")
        for state in (DIVERGED, HOPELESS):
            if number := count(records, state):
                words.append(f"{number} of them {state}")
        if self.study.unfinished:
            words.append(f"{self.study.unfinished} are not finished")
        return ", ".join(words)

    def successes(self) -> Rows:
        """How many runs of every group succeeded, beside what was published."""
        published = self.study.published
        rows: Rows = [("", "runs", "successes", "share", "published")]
        for name, settings in self.groups.items():
            records = [record for each in settings for record in each.records]
            good = sum(record.success or False for record in records)
            rows.append(
                (
                    name,
                    str(len(records)),
                    str(good),
                    f"{good / len(records):.1%}",
                    published.get(name, ""),
                )
            )
        return rows

    def best_settings(self) -> Rows:
        """The best setting of every group."""
        rows: Rows = [("", "lowest loss", "±", "seeds", "successes", "setting")]
        for name, setting in self.best.items():
            rows.append(
                (
                    name,
                    f"{setting.mean:.4g}",
                    f"{setting.error:.2g}",
                    str(len(setting.records)),
                    str(setting.successes),
                    setting.words,
                )
            )
        if math.isfinite(self.study.trivial_loss):
            trivial = f"{self.study.trivial_loss:.4g}"
            rows.append(("trivial level", trivial, "", "", "", ""))
        return rows

    def text(self) -> str:
        """The tables as lines of text."""
        lines = [f"{self.study.name}: {self.head}"]
        if self._judged:
            lines += ["", *aligned(self.successes())]
            if setting := self.study.published.get("setting"):
                lines.append(f"published: {setting}")
        return "\n".join([*lines, "", *aligned(self.best_settings())])

    def parts(self, out: FigureFolder) -> Iterator[str]:
        """The parts of a page; the pictures are also kept as files.

        Args:
            out: Where these go.
        """
        from experiments.sweeps import page
        from experiments.sweeps.pictures import best_curves, heat_maps

        name, trivial = self.study.name, self.study.trivial_loss
        yield page.heading(name)
        yield page.paragraph(self.head + ".")
        if self._judged:
            yield page.table(self.successes())
            if setting := self.study.published.get("setting"):
                yield page.paragraph(f"Published: {setting}.")
        yield page.paragraph(f"The best setting of each group, {ERROR_WORDS}:")
        yield page.table(self.best_settings())
        figure = best_curves(self.best, trivial, self.study.success_loss, name)
        out.figure(self.pictures[0], figure)
        yield _picture(
            figure,
            f"Learning curves at the best settings, {ERROR_WORDS}. Runs that stopped "
            "keep their last loss.",
        )
        if self.layout.across:
            maps = {
                group: map_of(settings, self.layout)
                for group, settings in self.groups.items()
            }
            figure = heat_maps(maps, self.layout.across, self.layout.up or "", trivial)
            out.figure(self.pictures[1], figure)
            yield _picture(
                figure,
                "The lowest loss at every setting, mean over seeds; white where all "
                "runs diverged.",
            )
        yield page.table(self.all_runs(), fold="all runs")

    def all_runs(self) -> Rows:
        """Every run."""
        names = list(varied([record.options for record in self.study.records]))
        rows: Rows = [("run", *names, "ended", "epochs", "lowest loss")]
        for record in self.study.records:
            summary, score = record.outcome.summary, record.outcome.score
            rows.append(
                (
                    record.run.path.name,
                    *(_cell(record.options.get(name)) for name in names),
                    record.outcome.state,
                    str(summary.get("epochs", "")),
                    "" if score is None else f"{score:.5g}",
                )
            )
        return rows

    @property
    def _judged(self) -> bool:
        return any(record.success is not None for record in self.study.records)


def _picture(figure: Any, caption: str) -> str:
    from experiments.sweeps import page

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return page.picture(buffer.getvalue(), caption, figure.get_figwidth())


def _cell(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(_cell, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
