from collections.abc import Collection, Sequence

from matplotlib.figure import Figure

from keras_nonnormal.plotting._style import INK, new_figure

ROW, COLUMN, FIRST = 0.26, 1.4, 1.9  # inches
TITLE = 0.4


def score_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    struck: Collection[tuple[int, int]] = (),
    bold: Collection[tuple[int, int]] = (),
    rules: Collection[int] = (),
    title: str = "",
) -> Figure:
    """Draws a table of texts, with some entries struck out or in bold.

    Args:
        head: Names of the columns.
        rows: The entries, row by row.
        struck: Places `(row, column)` of entries that are struck out.
        bold: Places of entries in bold.
        rules: Rows above which there is a line, besides that under the head.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 3
          (iii) and table 1
    """
    columns = len(head)
    width = FIRST + COLUMN * (columns - 1)
    above = TITLE if title else 0.0
    height = ROW * (len(rows) + 1) + above + 0.1
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.01, 0.02, 0.98, 0.96 - above / height))
    axes.set(xlim=(0, width), ylim=(len(rows) + 0.5, -0.5))
    axes.axis("off")
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    for number, row in enumerate([head, *rows]):
        for column, text in enumerate(row):
            place = (number - 1, column)
            entry = axes.text(
                FIRST + COLUMN * (column - 0.05) if column else 0.0,
                number,
                text,
                ha="right" if column else "left",
                va="center",
                fontsize=9,
                color=INK if number == 0 else "black",
                weight="bold" if place in bold else "normal",
            )
            if place in struck and text:
                _strike(axes, entry)
    for row in {0, *rules}:
        axes.axhline(row + 0.5, color=INK, linewidth=1.0 if row == 0 else 0.5)
    return figure


def _strike(axes, entry) -> None:
    """A line through a text."""
    box = entry.get_window_extent()
    box = box.transformed(axes.transData.inverted())
    middle = (box.y0 + box.y1) / 2
    axes.plot((box.x0, box.x1), (middle, middle), color="black", linewidth=0.9)
