import contextlib
import os
import socket
import weakref
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: go on without
    fcntl = None

# The file that is locked. Without a lock on it it means nothing.
FILE = ".lock"


class FolderLocked(Exception):
    """Another process holds the lock of a folder; the message says which."""


class FolderLock:
    """Keeps other processes out of a folder, for as long as this one lives.

    The operating system lets go of it when the process dies, in whatever way. Within a
    process all locks of a folder are one: get it by `FolderLock.of`. Where a file
    system knows no locks there is none.
    """

    _held: "weakref.WeakValueDictionary[Path, FolderLock]"
    _held = weakref.WeakValueDictionary()

    def __init__(self, file: Path):
        self._file, self._descriptor = file, _locked(file)
        self._let_go = weakref.finalize(
            self, _unlock, file, self._descriptor, os.getpid()
        )

    @classmethod
    def of(cls, folder: Path) -> "FolderLock":
        """The lock of a folder that is there.

        Raises:
            FolderLocked: If another process has it.
            OSError: If the folder cannot be written to.
        """
        file = folder.resolve() / FILE
        lock = cls._held.get(file)
        if lock is None or not lock.holds:
            lock = cls._held[file] = cls(file)
        return lock

    @property
    def holds(self) -> bool:
        """Whether it keeps others out."""
        return self._let_go.alive and _is(self._descriptor, self._file)

    def release(self) -> None:
        """Lets others in."""
        self._let_go()


def _locked(file: Path) -> int | None:
    """A descriptor of the file, which is locked; None where there are no locks."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is None:
                raise OSError
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 200).decode(errors="replace").strip()
            os.close(descriptor)
            raise FolderLocked(owner or "another process") from None
        except OSError:
            os.close(descriptor)
            file.unlink(missing_ok=True)
            return None
        if _is(descriptor, file):
            break
        os.close(descriptor)  # whoever had it took the file away when done
    with contextlib.suppress(OSError):  # a full disk
        os.ftruncate(descriptor, 0)
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        os.write(descriptor, owner.encode())
    return descriptor


def _unlock(file: Path, descriptor: int | None, process: int) -> None:
    if descriptor is None:  # no locks there
        return
    if process == os.getpid() and _is(descriptor, file):  # else it was forked
        with contextlib.suppress(OSError):
            file.unlink()  # before others can have it
    os.close(descriptor)


def _is(descriptor: int | None, file: Path) -> bool:
    """Whether a file is still the one that was opened."""
    if descriptor is None:
        return False
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(file))
    except OSError:
        return False
