"""Training a model on a task into a run directory."""

from keras_nonnormal.training.average_when_not_better import AverageWhenNotBetter
from keras_nonnormal.training.best_weights import BestWeights
from keras_nonnormal.training.carried_state import CarriedState
from keras_nonnormal.training.checkpoints import EpochCheckpoint
from keras_nonnormal.training.data_parallel import DataParallel
from keras_nonnormal.training.device import DeviceError, on_device
from keras_nonnormal.training.divergence import StopWhenNotFinite, TrainingDiverged
from keras_nonnormal.training.epoch_seeds import EpochSeeds
from keras_nonnormal.training.memory_monitor import MemoryMonitor
from keras_nonnormal.training.metrics_log import MetricsLog, read_metrics
from keras_nonnormal.training.models import loss_and_metrics, simple_recurrent_network
from keras_nonnormal.training.monitor import Monitor
from keras_nonnormal.training.optimizers import (
    OPTIMIZERS,
    optimizer_by_name,
    two_rate_optimizer,
)
from keras_nonnormal.training.progress_line import ProgressLine
from keras_nonnormal.training.reduce_on_plateau import ReduceOnPlateau
from keras_nonnormal.training.result import TrainingResult
from keras_nonnormal.training.run_directory import RunDirectory, RunDirectoryError
from keras_nonnormal.training.spectral_norm_log import SpectralNormLog
from keras_nonnormal.training.stop_below import StopBelow
from keras_nonnormal.training.stop_early import StopEarly
from keras_nonnormal.training.strategy import in_words, placed
from keras_nonnormal.training.time_limit import TimeLimit
from keras_nonnormal.training.train import train
from keras_nonnormal.training.train_many import Member, train_many
from keras_nonnormal.training.transformed_validation import TransformedValidation
from keras_nonnormal.training.variable_log import VariableLog
from keras_nonnormal.training.watched_model import WatchedModel
from keras_nonnormal.training.workers import (
    WorkerLost,
    is_chief,
    needing_all,
    wait_for_all,
)

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
