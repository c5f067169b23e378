"""The published hyper-parameters of Stair networks, row by row.

`RELEASE_1` (2021) and `RELEASE_2` (2022) are the tables in the documentation of the
released programs, `EXAMPLES` the runs it shows; by task, or by the length of a chunk of
Penn Treebank, and there by model. A model "sRNN" is a network with a stair.

The first tables leave the schedule of an sRNN to whoever runs it: the preset of such a
row wants `--stair`. Release 2 says which, repeats no row that stayed the same, and has
no RNN-orth. It gives rates for orthogonal parameters to networks without; an empty cell
is None. Neither says how the symbols to copy are encoded: one-hot, as in the nnRNN
comparison, whose networks these are. No results were published.
"""

from experiments.networks.rows import CAYLEY, GLOROT, HENAFF, RANDOM, Row

Rows = dict[str, Row]

PLAIN, EXPONENTIAL, NONNORMAL = "sRNN", "sRNN-exponential", "sRNN-nonnormal"

RELEASE_1: dict[str, Rows] = {
    "copy": {
        "RNN": Row("RNN", 128, 0.001, None, 0.9, None, None, GLOROT),
        "RNN-orth": Row("RNN-orth", 128, 0.0002, None, 0.99, None, None, RANDOM),
        "expRNN": Row("expRNN", 128, 0.001, 0.0001, 0.99, None, None, HENAFF),
        "nnRNN": Row("nnRNN", 128, 0.0005, 1e-6, 0.99, 0.0001, 0.0001, HENAFF),
        PLAIN: Row("RNN", 128, 0.0002, None, 0.99, None, None, RANDOM),
        EXPONENTIAL: Row("expRNN", 128, 0.001, 0.0001, 0.99, None, None, HENAFF),
        NONNORMAL: Row("nnRNN", 128, 0.0005, 1e-6, 0.99, 0.0001, 0.0001, HENAFF),
    },
    "psmnist": {
        "RNN": Row("RNN", 512, 0.0001, None, 0.9, None, None, GLOROT),
        "RNN-orth": Row("RNN-orth", 512, 5e-5, None, 0.99, None, None, RANDOM),
        "expRNN": Row("expRNN", 512, 0.0005, 5e-5, 0.99, None, None, CAYLEY),
        "nnRNN": Row("nnRNN", 512, 0.0002, 2e-5, 0.99, 0.1, 0.0001, CAYLEY),
        PLAIN: Row("RNN", 512, 5e-5, None, 0.99, None, None, RANDOM),
        EXPONENTIAL: Row("expRNN", 512, 0.0005, 5e-5, 0.99, None, None, CAYLEY),
        NONNORMAL: Row("nnRNN", 512, 0.0002, 2e-5, 0.99, 0.1, 0.0001, CAYLEY),
    },
    "bptt150": {
        "RNN": Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
        "RNN-orth": Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, RANDOM),
        "expRNN": Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        "nnRNN": Row("nnRNN", 1024, 0.0008, 8e-5, 0.9, 1.0, 0.0001, CAYLEY),
        PLAIN: Row("RNN", 1024, 0.0001, None, 0.9, None, None, RANDOM),
        EXPONENTIAL: Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        NONNORMAL: Row("nnRNN", 1024, 0.0008, 8e-5, 0.9, 1.0, 0.0001, CAYLEY),
    },
    "bptt300": {
        "RNN": Row("RNN", 1024, 1e-5, None, 0.9, None, None, GLOROT),
        "RNN-orth": Row("RNN-orth", 1024, 0.0001, None, 0.9, None, None, RANDOM),
        "expRNN": Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        "nnRNN": Row("nnRNN", 1024, 0.0008, 6e-5, 0.9, 0.0001, 0.0001, CAYLEY),
        PLAIN: Row("RNN", 1024, 0.0001, None, 0.9, None, None, RANDOM),
        EXPONENTIAL: Row("expRNN", 1024, 0.005, 0.0001, 0.9, None, None, CAYLEY),
        NONNORMAL: Row("nnRNN", 1024, 0.0008, 6e-5, 0.9, 0.0001, 0.0001, CAYLEY),
    },
}

RELEASE_2: dict[str, Rows] = {
    "copy": {
        PLAIN: Row("RNN", 128, 0.0002, None, 0.99, None, None, RANDOM, stair="expn"),
        EXPONENTIAL: Row(
            "expRNN", 128, 0.001, 0.0001, 0.99, None, None, HENAFF, stair="expn"
        ),
        NONNORMAL: Row(
            "nnRNN", 128, 0.0005, 1e-6, 0.99, 0.0001, 0.0001, HENAFF, stair="alpha"
        ),
    },
    "psmnist": {
        PLAIN: Row("RNN", 512, 5e-5, 0.0002, 0.99, None, None, RANDOM, stair="alpha"),
        EXPONENTIAL: Row(
            "expRNN", 512, 0.00045, 5e-5, 0.99, None, None, CAYLEY, stair="alpha"
        ),
        NONNORMAL: Row(
            "nnRNN", 512, 0.0003, 2e-5, 0.99, 0.1, 0.0001, CAYLEY, stair="n"
        ),
    },
    "bptt150": {
        PLAIN: Row("RNN", 1024, 0.0003, 0.0008, 0.9, None, None, RANDOM, stair="n2"),
        EXPONENTIAL: Row(
            "expRNN", 1024, 0.0045, 0.0001, 0.9, None, None, CAYLEY, stair="expn"
        ),
        NONNORMAL: Row(
            "nnRNN", 1024, 0.00085, 8e-5, 0.9, 0.0001, 0.0001, CAYLEY, stair="alpha"
        ),
    },
    "bptt300": {
        PLAIN: Row("RNN", 1024, 0.0002, 8e-5, 0.9, None, None, RANDOM, stair="alpha"),
        EXPONENTIAL: Row(
            "expRNN", 1024, 0.006, 0.0001, 0.9, None, None, CAYLEY, stair="alpha"
        ),
        NONNORMAL: Row(
            "nnRNN", 1024, 0.0002, 8e-5, 0.9, 1.0, 0.0001, CAYLEY, stair="expn"
        ),
        "nnRNN": Row("nnRNN", 1024, 0.0008, 8e-5, 0.9, 0.0001, 0.0001, CAYLEY),
    },
}

EXAMPLES: dict[str, Rows] = {
    "psmnist": {
        PLAIN: Row("RNN", 512, 5e-5, None, 0.9, None, None, RANDOM, stair="log2n"),
        EXPONENTIAL: Row(
            "expRNN", 512, 0.0005, 5e-5, 0.99, None, None, CAYLEY, stair="expn"
        ),
        NONNORMAL: Row(
            "nnRNN", 512, 0.0002, 2e-5, 0.99, 0.1, 0.0001, CAYLEY, stair="n2"
        ),
    },
}
