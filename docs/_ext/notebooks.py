"""The notebooks as pages: copied to where Sphinx looks, executed if they have to be.

Outputs that are committed with a notebook are shown as they are if they came from its
present source, which `tests/notebooks` makes sure of; a notebook with other outputs is
executed. `NOTEBOOKS=all` in the environment has all of them executed.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

DOCS = Path(__file__).parents[1]
PAGES = DOCS / "notebooks"


def up_to_date(file: Path) -> bool:
    """Whether the outputs in a notebook came from its source."""
    notebook = json.loads(file.read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    now = hashlib.sha256(json.dumps(sources).encode()).hexdigest()
    return notebook["metadata"].get("executed_source") == now


def bring() -> list[str]:
    """Copies the notebooks; returns the pages that are not to be executed."""
    PAGES.mkdir(exist_ok=True)
    kept = []
    for file in sorted((DOCS.parent / "notebooks").glob("*.ipynb")):
        target = PAGES / file.name
        if not target.exists() or target.read_bytes() != file.read_bytes():
            shutil.copyfile(file, target)
        if up_to_date(file) and os.environ.get("NOTEBOOKS") != "all":
            kept.append(f"notebooks/{file.name}")
    return kept
