import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.datasets import Corpus, DatasetError, batchify, bptt_chunks
from tests.golden import variants


@pytest.mark.parametrize("run", variants("nnrnn/langrun_*"))
def test_toy_corpora_are_numbered_and_cut_as_published(golden, tmp_path, run):  # Row 30
    arrays = golden(f"nnrnn/langrun_{run}")
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.txt").write_text(str(arrays[f"{name}_text"]))
    corpus = Corpus.from_folder(tmp_path)
    np.testing.assert_array_equal(corpus.vocabulary, arrays["vocab"])
    for ids, name, batched in [
        (corpus.train, "train", "train"),
        (corpus.validation, "valid", "val"),
        (corpus.test, "test", "test"),
    ]:
        assert ids.dtype == np.int32
        np.testing.assert_array_equal(ids, arrays[f"{name}_ids"])
        expected = arrays[f"{batched}_batched"]
        np.testing.assert_array_equal(batchify(ids, expected.shape[1]), expected)
    assert arrays["train_batched"].shape[1] == arrays["batch"]


def test_tokens_are_numbered_by_first_appearance_over_all_splits():  # Row 30, Q29
    corpus = Corpus.from_texts("b a\na", "c b", "d\nc")
    assert corpus.vocabulary == ("b", "a", "<eos>", "c", "d")
    assert corpus.train.tolist() == [0, 1, 2, 1, 2]
    assert corpus.validation.tolist() == [3, 0, 2]
    assert corpus.test.tolist() == [4, 2, 3, 2]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 2),
        ("a\n", 2),
        (" a  b \n", 3),
        ("a\n\nb\n", 5),
        ("a\n ", 3),  # as the Penn Treebank characters end
        ("a\r\nb\r\n", 4),
        ("a\x0cb\u2028c", 4),  # line ends for str.splitlines, not for a file
    ],
)
def test_each_line_of_a_file_ends_with_one_token(text, tokens):  # Row 30
    assert len(Corpus.from_texts(text, "", "").train) == tokens


@given(tokens=st.integers(2, 200), data=st.data())
def test_columns_are_the_contiguous_pieces_of_the_text(tokens, data):  # Row 30
    columns = data.draw(st.integers(1, tokens // 2))
    ids = np.arange(tokens)
    rows = batchify(ids, columns)
    assert rows.shape == (tokens // columns, columns)
    np.testing.assert_array_equal(rows.T.ravel(), ids[: rows.size])


@given(
    rows=st.integers(2, 60),
    columns=st.integers(1, 4),
    bptt=st.integers(1, 70),
)
def test_chunks_predict_every_token_but_the_first_row_once(rows, columns, bptt):
    # Row 30
    batched = np.arange(rows * columns).reshape(rows, columns)
    inputs, targets = zip(*bptt_chunks(batched, bptt), strict=True)
    assert all(len(chunk) == bptt for chunk in inputs[:-1])
    assert 1 <= len(inputs[-1]) <= bptt
    np.testing.assert_array_equal(np.concatenate(inputs), batched[:-1])
    np.testing.assert_array_equal(np.concatenate(targets), batched[1:])


@pytest.mark.parametrize("columns", [0, 4, 2.0])
def test_columns_that_leave_nothing_to_predict_are_refused(columns):
    with pytest.raises(ValueError, match=rf"Expected `columns`.*columns={columns}"):
        batchify(np.arange(7), columns)


def test_chunks_without_rows_are_refused():
    with pytest.raises(ValueError, match=r"Expected `bptt`.*bptt=0"):
        next(bptt_chunks(np.zeros((5, 2)), 0))


def test_a_missing_file_is_named_with_folder_and_remedy(tmp_path):
    (tmp_path / "train.txt").write_text("a b")
    with pytest.raises(DatasetError) as raised:
        Corpus.from_folder(tmp_path)
    text = str(raised.value)
    assert "valid.txt is missing" in text
    assert f"Looked in: {tmp_path}" in text
    assert "train.txt, valid.txt, test.txt" in text


def test_a_file_that_is_not_text_is_an_error_of_ours(tmp_path):
    (tmp_path / "train.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"train.txt cannot be read \('utf-8'"):
        Corpus.from_folder(tmp_path)
