"""Another process that trains in a run directory, as far as locks tell."""

import contextlib
import subprocess
import sys

HOLD = """
import fcntl, os, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
file.write(f"process {os.getpid()} on another machine")
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def locked_by_another(folder):
    """Has another process hold the lock of a folder; it is killed in the end."""
    command = [sys.executable, "-c", HOLD, str(folder / ".lock")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()
