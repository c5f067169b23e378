"""Looks through the built site: links and pictures that lead nowhere, names left out.

    python docs/check.py docs/_build/html

Addresses of other sites are not asked for: this works without a network.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
OTHER_SITES = ("https", "mailto")


class Page(HTMLParser):
    """Targets and anchors of a page.

    Args:
        file: The page.
    """

    def __init__(self, file: Path):
        super().__init__()
        self.targets: set[str] = set()
        self.anchors = {""}
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        """Collects what an element refers to and is called."""
        values = dict(attrs)
        self.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        for name in ("href", "src"):
            if name in values and tag not in ("base",):
                self.targets.add(values[name] or "")


def broken(folder: Path) -> Iterator[str]:
    """A line for every link and picture that leads nowhere."""
    pages = {file: Page(file) for file in folder.rglob("*.html")}
    if not pages:
        yield f"no pages in {folder}"
    for file, page in pages.items():
        for target in sorted(page.targets):
            parts = urlsplit(target)
            where = f"{file.relative_to(folder)}: {target}"
            if parts.scheme in OTHER_SITES or target.startswith("data:"):
                continue
            if parts.scheme or parts.netloc:
                yield f"{where}: expected a relative address or one of https"
                continue
            path = unquote(parts.path)
            found = (file.parent / path).resolve() if path else file
            if not found.is_file():
                yield f"{where}: no such file"
            elif found in pages and unquote(parts.fragment) not in pages[found].anchors:
                yield f"{where}: no such place in that page"


def public_names() -> Iterator[str]:
    """Every public name of the subpackages, with its package in front."""
    package = importlib.import_module("keras_nonnormal")
    for _, name, _ in pkgutil.iter_modules(package.__path__):
        if name[0] != "_" and name != "version":
            module = importlib.import_module(f"keras_nonnormal.{name}")
            listed = getattr(module, "__all__", None) or [
                each
                for each, value in vars(module).items()
                if getattr(value, "__module__", "") == module.__name__
                and each[0] != "_"
            ]
            yield from (f"keras_nonnormal.{name}.{each}" for each in listed)


def left_out(folder: Path) -> Iterator[str]:
    """A line for every public name without an entry."""
    anchors = set()
    for file in (folder / "api").glob("*.html"):
        anchors |= Page(file).anchors
    for name in public_names():
        if name not in anchors:
            yield f"{name}: no entry in the API"


def main() -> int:
    """Prints what is wrong; returns the exit code."""
    folder = Path(sys.argv[1]).resolve()
    found = [*broken(folder), *left_out(folder)]
    print("\n".join(found) or f"{folder}: links, pictures and names are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
