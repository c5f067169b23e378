"""Training on several devices and machines."""

from keras_nonnormal.training.distributed.data_parallel import DataParallel
from keras_nonnormal.training.distributed.strategy import in_words, placed
from keras_nonnormal.training.distributed.workers import (
    WorkerLost,
    is_chief,
    needing_all,
    wait_for_all,
)

__all__ = [
    "DataParallel",
    "WorkerLost",
    "in_words",
    "is_chief",
    "needing_all",
    "placed",
    "wait_for_all",
]
