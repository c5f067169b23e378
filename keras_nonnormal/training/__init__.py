"""Training a model on a task into a run directory."""

from keras_nonnormal.training.callbacks import (
    AverageWhenNotBetter,
    BestWeights,
    EpochSeeds,
    MemoryMonitor,
    ProgressLine,
    ReduceOnPlateau,
    SpectralNormLog,
    StopBelow,
    StopEarly,
    StopWhenNotFinite,
    TimeLimit,
    TrainingDiverged,
    TransformedValidation,
    VariableLog,
)
from keras_nonnormal.training.carried_state import CarriedState
from keras_nonnormal.training.checkpoints import EpochCheckpoint
from keras_nonnormal.training.device import DeviceError, on_device
from keras_nonnormal.training.distributed import (
    DataParallel,
    WorkerLost,
    in_words,
    is_chief,
    needing_all,
    placed,
    wait_for_all,
)
from keras_nonnormal.training.metrics_log import MetricsLog, read_metrics
from keras_nonnormal.training.models import (
    compiles_whole_steps,
    loss_and_metrics,
    simple_recurrent_network,
)
from keras_nonnormal.training.monitor import Monitor
from keras_nonnormal.training.optimizers import (
    OPTIMIZERS,
    optimizer_by_name,
    two_rate_optimizer,
)
from keras_nonnormal.training.result import TrainingResult
from keras_nonnormal.training.run_directory import RunDirectory, RunDirectoryError
from keras_nonnormal.training.schedule import Schedule
from keras_nonnormal.training.train import train
from keras_nonnormal.training.train_many import Member, train_many
from keras_nonnormal.training.watched_model import WatchedModel

__all__ = [
    "OPTIMIZERS",
    "AverageWhenNotBetter",
    "BestWeights",
    "CarriedState",
    "DataParallel",
    "DeviceError",
    "EpochCheckpoint",
    "EpochSeeds",
    "Member",
    "MemoryMonitor",
    "MetricsLog",
    "Monitor",
    "ProgressLine",
    "ReduceOnPlateau",
    "RunDirectory",
    "RunDirectoryError",
    "Schedule",
    "SpectralNormLog",
    "StopBelow",
    "StopEarly",
    "StopWhenNotFinite",
    "TimeLimit",
    "TrainingDiverged",
    "TrainingResult",
    "TransformedValidation",
    "VariableLog",
    "WatchedModel",
    "WorkerLost",
    "compiles_whole_steps",
    "in_words",
    "is_chief",
    "loss_and_metrics",
    "needing_all",
    "on_device",
    "optimizer_by_name",
    "placed",
    "read_metrics",
    "simple_recurrent_network",
    "train",
    "train_many",
    "two_rate_optimizer",
    "wait_for_all",
]
