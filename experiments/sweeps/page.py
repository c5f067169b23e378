"""One HTML page that needs nothing else: no server, no network, no other file."""

import base64
from collections.abc import Sequence
from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 70rem;
  margin: 2rem auto; padding: 0 1rem; }
h1, h2 { font-weight: 600; line-height: 1.2; } h2 { margin-top: 2.5rem; }
figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
figcaption, .note { color: #555; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #e4e4e4; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
th[data-sort] { cursor: pointer; }
"""
# A click on the head of a column sorts by it, a second one the other way round.
SCRIPT = """
for (const table of document.querySelectorAll("table.sorted")) {
  table.querySelectorAll("th").forEach((head, column) => {
    head.dataset.sort = "";
    head.onclick = () => {
      const up = head.dataset.sort !== "up", body = table.tBodies[0];
      table.querySelectorAll("th").forEach(each => each.dataset.sort = "");
      head.dataset.sort = up ? "up" : "down";
      const key = row => row.cells[column].textContent;
      const order = (a, b) => key(a).localeCompare(key(b), "en", {numeric: true});
      const value = row => parseFloat(key(row));
      [...body.rows].sort((a, b) => {
        const numbers = [value(a), value(b)];
        const less = numbers.some(isNaN) ? order(a, b) : numbers[0] - numbers[1];
        return up ? less : -less;
      }).forEach(row => body.append(row));
    };
  });
}
document.documentElement.dataset.ready = "";
"""


def page(title: str, parts: Sequence[str]) -> str:
    """The text of a page.

    Args:
        title: Its title.
        parts: What `heading`, `paragraph`, `table` and `picture` give.
    """
    head = f"<title>{escape(title)}</title><style>{STYLE}</style>"
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{head}</head>\n'
        f"<body>{body}\n<script>{SCRIPT}</script></body></html>\n"
    )


def heading(text: str) -> str:
    """A heading."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def table(rows: Sequence[Sequence[str]], fold: str | None = None) -> str:
    """A table that can be sorted; the first row is its head.

    Args:
        rows: The cells.
        fold: What to click on to see it; None shows it at once.
    """

    def cells(row, kind):
        return "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in row)

    head, *others = rows
    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in others)
    text = (
        f'<table class="sorted"><thead><tr>{cells(head, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    if fold is None:
        return text
    return f"<details><summary>{escape(fold)}</summary>{text}</details>"


def picture(png: bytes, caption: str, width: float) -> str:
    """A picture within the page.

    Args:
        png: The bytes of a PNG file.
        caption: What it shows.
        width: How wide it is on the page, in inches.
    """
    data = base64.b64encode(png).decode("ascii")
    text = escape(caption)
    source = f'style="width: {width:g}in" src="data:image/png;base64,{data}"'
    return (
        f'<figure><img alt="{text}" {source}><figcaption>{text}</figcaption></figure>'
    )
