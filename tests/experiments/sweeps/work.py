"""What workers do in tests; they find it by its name."""

import os
import time
from pathlib import Path


def doubled(number):
    return 2 * number


def dies_once(path):
    """Kills its process the first time it has a path to work on."""
    marker = Path(path)
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), 9)
    return marker.name


def dies(_):
    os.kill(os.getpid(), 9)


def tells_its_process_and_waits(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(120)


def variable(name):
    return os.environ.get(name)
