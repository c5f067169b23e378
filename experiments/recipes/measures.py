"""The measures of the field, of losses that are means over all tokens."""

import math

import keras


def measure(spelled: bool, nats: float) -> tuple[str, float]:
    """Name and value of what a text is scored by.

    Args:
        spelled: Whether its tokens are characters or bytes.
        nats: The mean cross-entropy of its tokens.

    Returns:
        Bits per character of what is spelled, else the perplexity of words.
    """
    if spelled:
        return "bits_per_character", nats / math.log(2)
    return "perplexity", math.exp(nats) if nats < 700 else math.inf


class Measures(keras.callbacks.Callback):
    """Adds `perplexity` or `bits_per_character` to the logs of every epoch.

    It comes before the callbacks that keep the logs.

    Args:
        spelled: Whether tokens are characters or bytes.
    """

    def __init__(self, spelled: bool):
        super().__init__()
        self.spelled = spelled

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        logs = {} if logs is None else logs
        for split in ("", "val_"):
            name, value = measure(self.spelled, float(logs[f"{split}loss"]))
            logs[split + name] = value
