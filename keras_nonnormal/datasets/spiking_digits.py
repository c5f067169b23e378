"""The Spiking Heidelberg Digits: spoken digits, as the spikes of an artificial ear."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets._layout import check_layout, repeated_steps
from keras_nonnormal.datasets._shd import load_recordings
from keras_nonnormal.datasets._shd_files import CHANNELS, CLASSES, Recordings
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.task import Task

# What the published programs train on, validate on, and test on.
PUBLISHED_TRAIN = slice(0, 7747)
PUBLISHED_VALIDATION = slice(7747, 8155)
PUBLISHED_TEST = slice(0, 2088)


def SpikingHeidelbergDigits(
    *,
    layout: str = "corrected",
    steps: int = 250,
    repeat: int = 1,
    duration: float = 1.0,
    validation: float = 0.05,
    speakers: tuple[int, ...] = (),
    seed: int = 0,
    folder: str | Path | None = None,
) -> Task:
    """The Spiking Heidelberg Digits, ready for training.

    Twenty spoken digits, German and English, as spikes in 700 channels. Time is cut
    into steps; a feature is 1 if its channel fires during a step, and 0 otherwise (see
    `bin_spikes`). There are 8,156 recordings to train and validate on, and 2,264 to
    test; two of the twelve speakers occur only among the latter.

    Encoded inputs are spikes, float32 zeros and ones of shape
    `(batch, steps * repeat, 700)`; targets are the class at every step, int32 of shape
    `(batch, steps * repeat)`.

    With the environment variable `KERAS_NONNORMAL_DATA` set, the published files
    `shd_train.h5` and `shd_test.h5` are read from the folder `shd` in there, and the
    network is never touched. Otherwise tensorflow-datasets downloads them.

    Args:
        layout: `"corrected"` uses all spikes of the time to be shown, and all
            recordings. `"published"` has other steps (see `bin_spikes`), trains on the
            first 7,747 recordings, validates on the 408 that follow, and tests on the
            first 2,088 of the test recordings: one recording of the former and 176 of
            the latter are not used.
        steps: Steps of a sequence.
        repeat: How many steps in a row show the same spikes.
        duration: Seconds to cut into steps. What comes later is left out.
        validation: Share of the training recordings to hold out, of each class, drawn
            at random; between 0 and 1. Only for the corrected layout.
        speakers: Numbers of speakers whose recordings are held out instead, all of
            them and none else: so validation resembles the test. Only for the
            corrected layout.
        seed: Seed of the draw of held-out recordings.
        folder: A folder with `shd_train.h5` and `shd_test.h5` to read instead: the
            published files, or others of their format with any number of recordings.

    Returns:
        A `Task` named `"shd"`. Its trivial loss is that of 20 equally likely classes,
        log(20) = 2.9957.

    Raises:
        DatasetError: If the recordings are missing, damaged, or out of reach.
        ValueError: If an argument is out of range.

    Reference:
        - [Cramer et al., 2020](https://arxiv.org/abs/1910.07407)
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    check_layout(layout)
    _check_time(steps, duration)
    check_integer("repeat", repeat, minimum=1)
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    published = layout == "published"
    if published and speakers:
        raise ValueError(
            "Expected no `speakers` to hold out with `layout='published'`, which "
            f"holds out the last recordings. Received: speakers={speakers}"
        )
    if not 0 < validation < 1:
        raise ValueError(
            "Expected `validation` to be a share between 0 and 1. "
            f"Received: validation={validation}"
        )
    train, test = load_recordings(folder)
    if published:
        if len(train) <= PUBLISHED_VALIDATION.start:
            raise ValueError(
                f"Expected more than {PUBLISHED_VALIDATION.start} recordings to train "
                f"on with `layout='published'`. Received: {len(train)} recordings"
            )
        kept, held, tested = PUBLISHED_TRAIN, PUBLISHED_VALIDATION, PUBLISHED_TEST
    else:
        tested = slice(None)
        if speakers:
            kept, held = hold_out_speakers(train.speakers, speakers)
        else:
            kept, held = hold_out_share(train.labels, validation, seed)
    packed = pack(train, layout=layout, steps=steps, duration=duration)
    packed_test = pack(test, layout=layout, steps=steps, duration=duration)

    def encode(inputs, targets):
        return repeated_steps(unpack(inputs), targets, repeat)

    return Task(
        name="shd",
        splits=Splits(
            train=Examples(packed[kept], train.labels[kept]),
            validation=Examples(packed[held], train.labels[held]),
            test=Examples(packed_test[tested], test.labels[tested]),
        ),
        encode=encode,
        input_width=CHANNELS,
        output_width=CLASSES,
        per_step=True,
        length=steps * repeat,
        trivial_loss=math.log(CLASSES),
    )


def bin_spikes(
    times: np.ndarray,
    units: np.ndarray,
    *,
    layout: str = "corrected",
    steps: int = 250,
    duration: float = 1.0,
) -> np.ndarray:
    """Says which channels fire in which step of time.

    A step takes `duration / steps` seconds, 4 ms by default; let that be d.

    - `"corrected"`: step i has the spikes from i d to (i + 1) d, the end excluded;
      unit u is feature u.
    - `"published"`: step i has the spikes after (i - 1) d up to i d, the end included:
      step 0 only those at time 0, and none has those after (steps - 1) d. Unit u is
      feature 700 - u, and unit 0 is dropped, so that feature 0 never fires.

    Times are compared in their own precision: that of the published files is half
    precision, in which a spike is often right at the border of two steps.

    Args:
        times: Times of spikes in seconds, floating, of shape `(spikes,)`.
        units: Their channels, integers from 0 to 699, of shape `(spikes,)`.
        layout: `"corrected"` or `"published"`.
        steps: Number of steps.
        duration: Seconds that they take together. What comes later is left out.

    Returns:
        uint8 array of shape `(steps, 700)`, of zeros and ones.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> frames = bin_spikes(np.array([0.0, 0.005, 2.0]), np.array([3, 3, 4]))
    >>> [axis.tolist() for axis in frames.nonzero()]
    [[0, 1], [3, 3]]
    """
    check_layout(layout)
    _check_time(steps, duration)
    times, units = np.asarray(times), np.asarray(units).astype(np.int64)
    borders = np.arange(steps + 1) * (duration / steps)
    borders = borders.astype(times.dtype)
    if layout == "published":
        step = np.searchsorted(borders[:-1], times, side="left")
        channel, heard = CHANNELS - units, units > 0
    else:
        step = np.searchsorted(borders, times, side="right") - 1
        channel, heard = units, step >= 0
    heard = heard & (step < steps)
    frames = np.zeros((steps, CHANNELS), np.uint8)
    frames[step[heard], channel[heard]] = 1
    return frames


def pack(
    recordings: Recordings, *, layout: str, steps: int, duration: float
) -> np.ndarray:
    """The frames of all recordings, eight channels to the byte.

    So they take less room than the spikes, and are quickly encoded.

    Returns:
        uint8 array of shape `(recordings, steps, 88)`.
    """
    packed = np.empty((len(recordings), steps, -(-CHANNELS // 8)), np.uint8)
    for number, spikes in enumerate(
        zip(recordings.times, recordings.units, strict=True)
    ):
        frames = bin_spikes(*spikes, layout=layout, steps=steps, duration=duration)
        packed[number] = np.packbits(frames, axis=-1)
    return packed


def unpack(packed):
    """Frames of packed ones, inside `tf.data`.

    Args:
        packed: uint8 tensor of shape `(batch, steps, 88)`.

    Returns:
        float32 tensor of shape `(batch, steps, 700)`.
    """
    import tensorflow as tf

    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    bytes_of_frames: Any = tf.gather(
        tf.constant(bits, tf.float32), tf.cast(packed, tf.int32)
    )
    _, steps, size, _ = bytes_of_frames.shape
    frames: Any = tf.reshape(bytes_of_frames, (-1, steps, 8 * size))
    return frames[..., :CHANNELS]


def hold_out_share(
    labels: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Splits recordings at random, the same share of every class, in their order."""
    stream, held = np.random.RandomState(seed), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        held[stream.permutation(rows)[: round(share * len(rows))]] = True
    return _both(held, f"validation={share}")


def hold_out_speakers(
    spoken_by: np.ndarray, speakers: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Splits recordings by who speaks."""
    known = np.unique(spoken_by)
    if not np.isin(speakers, known).all():
        raise ValueError(
            f"Expected `speakers` to be among {known.tolist()}. "
            f"Received: speakers={speakers}"
        )
    return _both(np.isin(spoken_by, speakers), f"speakers={speakers}")


def _both(held, received):
    if held.all() or not held.any():
        raise ValueError(
            "Expected recordings both to train and to validate on. "
            f"Received: {received}, which holds out {held.sum()} of {len(held)}"
        )
    return np.flatnonzero(~held), np.flatnonzero(held)


def _check_time(steps, duration):
    check_integer("steps", steps, minimum=1)
    if not duration > 0:
        raise ValueError(
            f"Expected `duration` to be positive. Received: duration={duration}"
        )
