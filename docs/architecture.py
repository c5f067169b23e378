"""Draws `architecture.svg`, the floors of experiments/, from what its files import.

python docs/architecture.py
"""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Graph = dict[str, set[str]]


def imports(file: Path, package: str, top: bool) -> set[str]:
    """The modules of a package that a file imports, at its top, or also later."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body if top else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{each.name}" for each in node.names}
            found.add(node.module)
    return {each for each in found if each.split(".")[0] == package}


def module_of(file: Path) -> str:
    """The dotted name of a file."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: str, top: bool = False) -> Graph:
    """What every module of a package imports of the same package.

    Args:
        package: Name of the package, a folder of the repository.
        top: Whether only imports at the top of a file count. A package that imports
            its own modules is no circle, as these import the package's name alone.
    """
    files = {module_of(each): each for each in (ROOT / package).rglob("*.py")}
    return {
        name: {
            each
            for each in imports(file, package, top)
            if each in files and not name.startswith(f"{each}.") and each != name
        }
        for name, file in files.items()
    }


def units() -> Graph:
    """The same for the folders and the scripts of experiments/, as one node each."""
    graph: Graph = {}
    for name, imported in modules("experiments").items():
        if name == "experiments":
            continue
        unit = name.split(".")[1]
        of = {each.split(".")[1] for each in imported if "." in each} - {unit}
        graph.setdefault(unit, set()).update(of)
    return graph


def floors(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The nodes by floor: each one above all that it imports.

    Raises:
        ValueError: If some import each other in a circle.
    """
    level: dict[str, int] = {}
    left = set(graph)
    while left:
        free = {n for n in left if not (set(graph[n]) & left)}
        if not free:
            raise ValueError(f"Expected no circle. Received: {sorted(left)}")
        for name in free:
            level[name] = 1 + max((level[each] for each in graph[name]), default=-1)
        left -= free
    count = max(level.values()) + 1
    return [sorted(n for n in level if level[n] == floor) for floor in range(count)]


def picture() -> str:
    """The floors as SVG, the lowest at the bottom, with an arrow for every import."""
    graph = units()
    levels = floors(graph)
    width, height = 900, 110 * len(levels) + 20
    place: dict[str, tuple[float, float]] = {}
    for floor, names in enumerate(levels):
        for number, name in enumerate(names):
            x = width * (number + 1) / (len(names) + 1)
            place[name] = (x, height - 60 - 110 * floor)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="14">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for name in sorted(graph):
        for other in sorted(graph[name]):
            (x, y), (u, v) = place[name], place[other]
            lines.append(
                f'<line x1="{x:.0f}" y1="{y + 15:.0f}" x2="{u:.0f}" y2="{v - 15:.0f}" '
                'stroke="#b8c4d0"/>'
            )
    for name, (x, y) in sorted(place.items()):
        folder = (ROOT / "experiments" / name).is_dir()
        shown = f"{name}/" if folder else f"{name}.py"
        fill = "#dbe9f6" if folder else "#f3efe6"
        lines.append(
            f'<rect x="{x - 62:.0f}" y="{y - 15:.0f}" width="124" height="30" rx="6" '
            f'fill="{fill}" stroke="#5b6b7b"/>'
        )
        lines.append(
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{shown}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "architecture.svg").write_text(picture(), encoding="utf-8")
