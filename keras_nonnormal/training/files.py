"""Files that are either whole or not there."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: Path):
    """Yields a temporary name beside `path`, which takes its place on success.

    A program killed at any moment leaves the old file or the new one. The ending of
    the name is kept, since many writers go by it.
    """
    temporary = path.with_name(f".partial-{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` as readable JSON in one piece."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
