"""Files that are either whole or not there."""

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

PARTIAL = ".partial-"
# A disk, a quota, or the size that a file may have, that is exhausted.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class WriteError(OSError):
    """A file that cannot be written; what was there before is as it was."""


@contextlib.contextmanager
def replacing(path: Path):
    """Yields a temporary name beside `path`, which takes its place on success.

    A program killed at any moment leaves the old file or the new one. The ending of
    the name is kept, since many writers go by it.

    Raises:
        WriteError: If the disk is full, or the file cannot be written there.
    """
    temporary = path.with_name(f"{PARTIAL}{path.name}")
    try:
        yield temporary
        with open(temporary, "r+b") as written:  # Windows syncs no other
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WriteError(
            error.errno, f"{reason.lower()} while writing {path}"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # a disk that is read-only by now
            temporary.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` as readable JSON in one piece."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def remove_partial(folder: Path) -> None:
    """Removes what a program that was killed while it wrote left in a folder."""
    for file in folder.glob(f"{PARTIAL}*"):
        file.unlink()
