"""Tasks that need memory, as arrays and as `tf.data` pipelines."""

from keras_nonnormal.datasets._files import DatasetError
from keras_nonnormal.datasets.addition import (
    MarkedValues,
    addition,
    addition_legacy,
    addition_task,
)
from keras_nonnormal.datasets.addition_stream import (
    addition_stream_legacy,
    addition_stream_task,
)
from keras_nonnormal.datasets.augmentation import SineAugmentation
from keras_nonnormal.datasets.copying import (
    copying,
    copying_legacy,
    copying_task,
    copying_trivial_loss,
)
from keras_nonnormal.datasets.copying_stream import (
    copying_stream_legacy,
    copying_stream_task,
)
from keras_nonnormal.datasets.corpus import Corpus, batchify, bptt_chunks
from keras_nonnormal.datasets.corruption import TokenCorruption, corrupted
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.images import ImageVectors
from keras_nonnormal.datasets.language_corpora import CORPORA, load_corpus
from keras_nonnormal.datasets.language_stream import LanguageStream, language_stream
from keras_nonnormal.datasets.mnist import (
    permutation,
    psmnist_task,
    sequential_mnist,
)
from keras_nonnormal.datasets.mnist_split import (
    mnist_order_and_split,
    split_mnist_task,
)
from keras_nonnormal.datasets.pipeline import evaluation_batches, training_batches
from keras_nonnormal.datasets.ptb import load_ptb_characters, ptb_char_task
from keras_nonnormal.datasets.ptb_words import PennTreebankWords, load_ptb_words
from keras_nonnormal.datasets.sequence_task import SequenceTask
from keras_nonnormal.datasets.spike_latency import SpikeLatencyMNIST, spike_latencies
from keras_nonnormal.datasets.spiking_digits import SpikingHeidelbergDigits, bin_spikes
from keras_nonnormal.datasets.stream_task import StreamTask
from keras_nonnormal.datasets.task import Task
from keras_nonnormal.datasets.text_task import TextTask, text_task
from keras_nonnormal.datasets.transformed_task import driven_task, transformed_task
from keras_nonnormal.datasets.transforms import (
    local_linear,
    local_sin,
    sin_factor,
    sin_transform,
    step_drive,
    step_transform,
)

__all__ = [
    "CORPORA",
    "Corpus",
    "DatasetError",
    "Examples",
    "ImageVectors",
    "LanguageStream",
    "MarkedValues",
    "PennTreebankWords",
    "SequenceTask",
    "SineAugmentation",
    "SpikeLatencyMNIST",
    "SpikingHeidelbergDigits",
    "Splits",
    "StreamTask",
    "Task",
    "TextTask",
    "TokenCorruption",
    "addition",
    "addition_legacy",
    "addition_stream_legacy",
    "addition_stream_task",
    "addition_task",
    "batchify",
    "bin_spikes",
    "bptt_chunks",
    "copying",
    "copying_legacy",
    "copying_stream_legacy",
    "copying_stream_task",
    "copying_task",
    "copying_trivial_loss",
    "corrupted",
    "driven_task",
    "evaluation_batches",
    "language_stream",
    "load_corpus",
    "load_ptb_characters",
    "load_ptb_words",
    "local_linear",
    "local_sin",
    "mnist_order_and_split",
    "permutation",
    "psmnist_task",
    "ptb_char_task",
    "sequential_mnist",
    "sin_factor",
    "sin_transform",
    "spike_latencies",
    "split_mnist_task",
    "step_drive",
    "step_transform",
    "text_task",
    "training_batches",
    "transformed_task",
]
