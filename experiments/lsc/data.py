"""The data sets, cut to the sizes that options ask for."""

import dataclasses
from typing import Any

from experiments.lsc.forward_options import ForwardOptions
from experiments.lsc.recurrent_options import DeepRnnOptions


def sequences(options: DeepRnnOptions) -> Any:
    """The task of `deep_rnn.py`."""
    from keras_nonnormal import datasets

    shared: dict[str, Any] = {"layout": options.layout, "repeat": options.repeat}
    match options.task:
        case "wordptb":
            task = datasets.PennTreebankWords(
                window=options.window, folder=options.data, **shared
            )
            task = shortened_text(task, options)
            if options.corrupt:
                task = datasets.corrupted(
                    task, rate=options.corrupt, epochs=options.corrupt_epochs
                )
            return task
        case "heidelberg":
            return shortened(
                datasets.SpikingHeidelbergDigits(**shared, **_folder(options)), options
            )
        case _:
            return shortened(datasets.SpikeLatencyMNIST(**shared), options)


def images(options: ForwardOptions) -> Any:
    """The task of `ffn.py`."""
    from keras_nonnormal.datasets import ImageVectors

    return shortened(ImageVectors(options.dataset), options)


def shortened(task: Any, options: Any) -> Any:
    """A task with the first examples of each split only."""
    splits = {
        split: _first(getattr(task.splits, split), getattr(options, f"{split}_size"))
        for split in ("train", "validation", "test")
    }
    return dataclasses.replace(task, splits=type(task.splits)(**splits))


def shortened_text(task: Any, options: Any) -> Any:
    """A task with the first tokens of each text only."""
    cut = {
        split: getattr(task.corpus, split)[: getattr(options, f"{split}_size")]
        for split in ("train", "validation", "test")
    }
    return dataclasses.replace(task, corpus=dataclasses.replace(task.corpus, **cut))


def _first(examples: Any, count: int | None) -> Any:
    if count is None or len(examples) <= count:
        return examples
    inputs = examples.inputs
    if isinstance(inputs, tuple):
        inputs = tuple(each[:count] for each in inputs)
    else:
        inputs = inputs[:count]
    return type(examples)(inputs, examples.targets[:count])


def _folder(options: DeepRnnOptions) -> dict[str, Any]:
    return {} if options.data is None else {"folder": options.data}
