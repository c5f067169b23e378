"""The published hyper-parameters of the nnRNN comparison, row by row.

`DOCUMENTED` are the tables of the released program's documentation, `SUPPLEMENT` those
of the paper. They disagree in places, and some rows of the documentation have lost a
column (expRNN 722 has but one rate): they are kept as published. An empty cell is None.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One model of a table."""

    network: str
    units: int
    lr: float
    lr_orth: float | None
    alpha: float | None  # of RMSprop; None: Adam with betas (0.0, 0.9)
    delta: float | None
    decay: float | None  # of the triangle T
    rinit: str | None
    clip: float | None = None
    stair: str | None = None


GLOROT, RANDOM, CAYLEY, HENAFF = "xavier", "random", "cayley", "henaff"

# The tables by task; those of Penn Treebank by the length of a chunk.
DOCUMENTED: dict[str, tuple[Row, ...]] = {
    "copy": (
        Row("RNN", 128, 0.001, None, 0.9, None, None, GLOROT),
        Row("RNN-orth", 128, 0.0002, None, 0.99, None, None, RANDOM),
        Row("EURNN", 128, 0.001, None, 0.5, None, None, None),
        Row("EURNN", 256, 0.001, None, 0.5, None, None, None),
        Row("expRNN", 128, 0.001, 0.0001, 0.99, None, None, HENAFF),
        Row("expRNN", 176, 0.001, 0.0001, 0.99, None, None, HENAFF),
        Row("nnRNN", 128, 0.0005, 1e-6, 0.99, 0.0001, 1e-6, CAYLEY),
    ),
    "psmnist": (
        Row("RNN", 512, 0.0001, None, 0.9, None, None, GLOROT),
        Row("RNN-orth", 512, 5e-5, None, 0.99, None, None, RANDOM),
        Row("EURNN", 512, 0.0001, None, 0.9, None, None, None),
        Row("EURNN", 1024, 0.0001, None, 0.9, None, None, None),
        Row("expRNN", 512, 0.0005, 5e-5, 0.99, None, None, CAYLEY),
        Row("expRNN", 722, 5e-5, None, 0.99, None, None, CAYLEY),
        Row("nnRNN", 512, 0.0002, 2e-5, 0.99, 0.1, 0.0001, CAYLEY),
        Row("LSTM", 512, 0.0005, None, 0.99, None, None, None),
        Row("LSTM", 257, 0.0005, None, 0.9, None, None, None),
    ),
    "bptt150": (
        Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
        Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, CAYLEY),
        Row("EURNN", 1024, 0.001, None, 0.9, None, None, None),
        Row("EURNN", 2048, 0.001, None, 0.9, None, None, None),
        Row("expRNN", 1024, 0.001, None, 0.9, None, None, CAYLEY),
        Row("expRNN", 1386, 0.008, 0.0008, 0.9, None, None, CAYLEY),
        Row("nnRNN", 1024, 0.002, 0.0002, None, 0.0001, 1e-5, CAYLEY, clip=10.0),
    ),
    "bptt300": (
        Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
        Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, CAYLEY),
        Row("EURNN", 1024, 0.001, None, 0.9, None, None, None),
        Row("EURNN", 2048, 0.001, None, 0.9, None, None, None),
        Row("expRNN", 1024, 0.001, None, 0.9, None, None, CAYLEY),
        Row("expRNN", 1386, 0.001, None, 0.9, None, None, CAYLEY),
        Row("nnRNN", 1024, 0.002, 0.0002, None, 0.0001, 1e-6, CAYLEY, clip=5.0),
    ),
}

SUPPLEMENT: dict[str, tuple[Row, ...]] = {
    "copy": (
        Row("nnRNN", 128, 0.0005, 1e-6, 0.99, 0.0001, 1e-6, HENAFF),
        Row("expRNN", 128, 0.001, 0.0001, 0.99, None, None, HENAFF),
        Row("expRNN", 176, 0.001, 0.0001, 0.99, None, None, HENAFF),
        Row("LSTM", 128, 0.0005, None, 0.99, None, None, None),
        Row("LSTM", 63, 0.001, None, 0.99, None, None, None),
        Row("RNN-orth", 128, 0.0002, None, 0.99, None, None, RANDOM),
        Row("EURNN", 128, 0.001, None, 0.5, None, None, None),
        Row("EURNN", 256, 0.001, None, 0.5, None, None, None),
        Row("RNN", 128, 0.001, None, 0.9, None, None, GLOROT),
    ),
    "psmnist": (
        Row("nnRNN", 512, 0.00015, 1.5e-5, 0.99, 0.15, 0.0001, CAYLEY),
        Row("expRNN", 512, 0.0005, 5e-5, 0.99, None, None, CAYLEY),
        Row("expRNN", 722, 0.0005, 5e-5, 0.99, None, None, CAYLEY),
        Row("LSTM", 512, 0.0005, None, 0.9, None, None, None),
        Row("LSTM", 257, 0.0005, None, 0.9, None, None, None),
        Row("RNN-orth", 512, 5e-5, None, 0.99, None, None, RANDOM),
        Row("EURNN", 512, 0.0001, None, 0.9, None, None, None),
        Row("EURNN", 1024, 0.0001, None, 0.9, None, None, None),
        Row("RNN", 512, 0.0001, None, 0.9, None, None, GLOROT),
    ),
    "bptt150": (
        Row("nnRNN", 1024, 0.0008, 8e-5, 0.9, 1.0, 0.0001, CAYLEY),
        Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        Row("expRNN", 1386, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        Row("LSTM", 1024, 0.008, None, 0.9, None, None, None),
        Row("LSTM", 475, 0.001, None, 0.99, None, None, None),
        Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, RANDOM),
        Row("EURNN", 1024, 0.001, None, 0.9, None, None, None),
        Row("EURNN", 2048, 0.001, None, 0.9, None, None, None),
        Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
    ),
    "bptt300": (
        Row("nnRNN", 1024, 0.0008, 6e-5, 0.9, 0.0001, 0.0001, CAYLEY),
        Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        Row("expRNN", 1386, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        Row("LSTM", 1024, 0.008, None, 0.9, None, None, None),
        Row("LSTM", 475, 0.003, None, 0.9, None, None, None),
        Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, CAYLEY),
        Row("EURNN", 1024, 0.001, None, 0.9, None, None, None),
        Row("EURNN", 2048, 0.001, None, 0.9, None, None, None),
        Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
    ),
}

# The even number of rotation stages with which the larger EURNN of a task has as many
# parameters as the nnRNN, which is how the comparison was made; the number itself was
# not published, nor that of the smaller one.
EURNN_CAPACITIES = {256: 44, 1024: 248, 2048: 186}
