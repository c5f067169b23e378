"""The data of the published Stair programs.

They are those of the nnRNN programs; the rows are tested further in
`test_copying_stream.py` (S19: labels, one-hot, vari), `test_mnist_split.py` (S21),
`test_corpus.py` and `test_text_task.py` (S22).
"""

import hashlib

import numpy as np
import pytest

from keras_nonnormal.datasets import (
    Corpus,
    batchify,
    bptt_chunks,
    copying_stream_legacy,
    copying_stream_task,
    mnist_order_and_split,
    split_mnist_task,
    text_task,
)
from tests.golden import keys


@pytest.fixture(scope="module")
def arrays(golden):
    return golden("stair/init_and_data")


def test_copy_data_are_those_of_the_seed(arrays):  # Row S19
    batch, length, _ = arrays["copy_x"].shape
    delay, symbols = int(arrays["copy_T"]), int(arrays["copy_c"])
    assert length == delay + 2 * symbols
    updates = copying_stream_legacy(
        delay, batch_size=batch, symbols=symbols, seed=int(arrays["copy_numpy_seed"])
    )
    examples = next(updates)
    np.testing.assert_array_equal(examples.inputs, arrays["copy_x"][..., 0])
    np.testing.assert_array_equal(examples.targets, arrays["copy_y"][..., 0])


def test_the_copy_task_lays_its_sequences_out_alike(arrays):  # Row S19
    x, y = arrays["copy_x"], arrays["copy_y"][..., 0]
    symbols = int(arrays["copy_c"])
    task = copying_stream_task(int(arrays["copy_T"]), symbols=symbols, one_hot=False)
    ours, targets = next(iter(task.training_batches(len(x), seed=1)))
    assert ours.shape == x.shape
    np.testing.assert_array_equal(np.isin(ours, (0, 9)), np.isin(x, (0, 9)))
    np.testing.assert_array_equal(targets == 0, y == 0)
    np.testing.assert_array_equal(ours[:, :symbols, 0], targets[:, -symbols:])


def test_order_and_split_of_the_digits(arrays):  # Row S21
    order, train, validation = mnist_order_and_split()
    np.testing.assert_array_equal(order, arrays["psmnist_order"])
    split = np.concatenate([train, validation])
    first = arrays["split_perm_first100"]
    np.testing.assert_array_equal(split[: len(first)], first)
    digest = hashlib.sha256(split.astype("<i8").tobytes()).hexdigest()
    assert digest == arrays["split_perm_sha256"]
    for indices, name in ((train, "train"), (validation, "val")):
        first = arrays[f"{name}_idx_first10"]
        np.testing.assert_array_equal(indices[: len(first)], first)
    assert (len(train), len(validation)) == (50_000, 10_000)


@pytest.mark.parametrize("permute", [True, False])
def test_pixels_come_in_that_order_or_row_by_row(golden, permute, monkeypatch):
    """Row S21; Q14: without permutation, too."""
    pixels = golden("stair/psmnist_model")["x"]
    image = np.rint(pixels[0] * 255).reshape(1, 28, 28).astype(np.uint8)
    stub = (np.repeat(image, 20, axis=0), np.zeros(20, np.uint8)), (image, np.zeros(1))
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: stub)
    task = split_mnist_task(permute=permute, validation=5)
    (x, _), *_ = task.evaluation_batches("test")
    order = golden("stair/psmnist_model")["order"] if permute else np.arange(784)
    expected = image.reshape(784)[order] / 255
    np.testing.assert_allclose(np.array(x)[0, :, 0], expected, atol=1e-6)


@pytest.fixture(scope="module")
def text(golden):
    return golden("stair/ptb_corpus")


@pytest.fixture(scope="module")
def corpus(text):
    texts = ("\n".join(text[f"{name}__lines"]) for name in ("train", "valid", "test"))
    return Corpus.from_texts(*texts)


def test_tokens_are_numbered_by_first_appearance(text, corpus):  # Row S22
    np.testing.assert_array_equal(corpus.vocabulary, text["vocab"])
    for name, ids in (
        ("train", corpus.train),
        ("valid", corpus.validation),
        ("test", corpus.test),
    ):
        np.testing.assert_array_equal(ids, text[f"{name}__ids"])


@pytest.mark.parametrize("name", ["train", "valid", "test"])
def test_columns_and_chunks(text, name):  # Row S22
    for columns in keys(text, rf"{name}__batchified(\d+)"):
        rows = batchify(text[f"{name}__ids"], int(columns))
        np.testing.assert_array_equal(rows, text[f"{name}__batchified{columns}"])
    (bptt,) = keys(text, rf"{name}__chunk_starts_bptt(\d+)")
    chunks = list(bptt_chunks(rows, int(bptt)))
    starts = text[f"{name}__chunk_starts_bptt{bptt}"]
    # Where the rows end a chunk would be empty.
    assert len(chunks) == np.sum(starts < len(rows) - 1)
    np.testing.assert_array_equal(chunks[0][0], text[f"{name}__chunk0_inputs"])
    np.testing.assert_array_equal(
        chunks[0][1].ravel(), text[f"{name}__chunk0_targets_flat"]
    )
    assert len(chunks[-1][0]) == text[f"{name}__last_chunk_len"]


def test_the_task_reads_those_chunks_and_evaluates_ten_columns(text, corpus):
    """Row S22."""
    first = text["train__chunk0_inputs"]
    bptt, columns = first.shape
    task = text_task(corpus, bptt=bptt)
    x, y, _ = next(iter(task.training_batches(columns, seed=0)))
    np.testing.assert_array_equal(np.array(x).T, first)
    expected = text["train__chunk0_targets_flat"]
    np.testing.assert_array_equal(np.array(y).T.ravel(), expected)
    (batch, *_), *_ = task.evaluation_batches("validation")
    np.testing.assert_array_equal(
        np.array(batch)[:, :2].T, batchify(text["valid__ids"], 10)[:2]
    )
