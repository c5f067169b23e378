"""Published data files in the user's data folder: found, checked, never written."""

import gzip
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "KERAS_NONNORMAL_DATA"


class DatasetError(Exception):
    """A data set is missing, damaged, or not where it was looked for.

    The message fits on a screen and says what is wrong, where the data was looked
    for, and what to do about it.
    """


@dataclass(frozen=True)
class DataFile:
    """A published file, by name and SHA-256.

    Args:
        name: File name, without `.gz`.
        sha256: Checksum of the file of that name. None where none is known: then
            nothing is verified, and whoever reads the file looks at what is in it.
        gz_sha256: Checksum of the gzip file `name + ".gz"`, where that is the form it
            was published in. It is then preferred, and either form is accepted.
    """

    name: str
    sha256: str | None = None
    gz_sha256: str | None = None

    @property
    def published_name(self) -> str:
        """The name of the file as it was published."""
        return f"{self.name}.gz" if self.gz_sha256 else self.name

    @property
    def checksums(self) -> dict[str, str | None]:
        """The names the file may have, the preferred one first, and their SHA-256."""
        plain = {self.name: self.sha256}
        return (
            {self.published_name: self.gz_sha256, **plain} if self.gz_sha256 else plain
        )


@dataclass(frozen=True)
class DataFolder:
    """The files of one data set, in a folder of their own under the user's data folder.

    Args:
        title: Name of the data set, for messages.
        folder: Name of its folder.
        files: What the folder has to hold.
        origin: Where the files come from, for messages.
        otherwise: What else a user without the files can do, for messages.
    """

    title: str
    folder: str
    files: tuple[DataFile, ...]
    origin: str = ""
    otherwise: str = ""

    def read(self, file: DataFile) -> bytes:
        """Returns the content of a file whose checksum is right, unpacked.

        Args:
            file: One of `files`.

        Raises:
            DatasetError: If the data folder or the file is missing, unreadable, or
                not the published one.
        """
        path = self.find(file)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise self.error(f"{path.name} cannot be read ({error})") from error
        expected = file.checksums[path.name]
        received = hashlib.sha256(content).hexdigest()
        if expected is not None and received != expected:
            raise self.error(
                f"{path.name} is truncated or corrupt, or another file\n"
                f"  expected SHA-256 {expected}\n"
                f"  received SHA-256 {received} ({len(content):,} bytes)"
            )
        return gzip.decompress(content) if path.suffix == ".gz" else content

    def find(self, file: DataFile) -> Path:
        """Returns where a file is, without looking into it.

        Args:
            file: One of `files`.

        Raises:
            DatasetError: If the data folder or the file is missing.
        """
        root = data_root()
        if root is None:
            raise self.error(f"{VARIABLE} is not set", looked_in="no folder")
        folder = root / self.folder
        for place in (root, folder):
            if not place.is_dir():
                state = "is not a folder" if place.exists() else "does not exist"
                raise self.error(f"{place} {state}")
        for name in file.checksums:
            if (folder / name).exists():
                return folder / name
        raise self.error(f"{file.published_name} is missing")

    def error(self, problem: str, looked_in: str | None = None) -> DatasetError:
        """Builds the message: what is wrong, where, and what to do."""
        root = data_root()
        if looked_in is None:
            looked_in = f"{root and root / self.folder}\n  ({VARIABLE}={root})"
        wanted = "\n".join(
            f"    {self.folder}/{file.published_name}" for file in self.files
        )
        unpacked = any(file.gz_sha256 for file in self.files)
        lines = [
            f"{self.title} cannot be loaded: {problem}",
            f"Looked in: {looked_in}",
            f"What to do: let the environment variable {VARIABLE} name a folder with",
            wanted,
            "  (unpacked files, without .gz, will do as well)" if unpacked else "",
            f"  from {self.origin}" if self.origin else "",
            self.otherwise,
        ]
        return DatasetError("\n".join(line for line in lines if line))


def data_root() -> Path | None:
    """The folder of ready data files that the user has set, if any."""
    value = os.environ.get(VARIABLE)
    return Path(value).expanduser().absolute() if value else None
