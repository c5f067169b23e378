"""Row 39: a preset for every published row."""

import pytest

from experiments.core.parts import presets_of
from tests.experiments.settings import made, settled

# The tables once more, in another form: network and size, then what the row says. The
# optimizer is RMSprop unless betas are given: (0, what the row says).
OPTIONS = {
    "a": "alpha",
    "lr": "lr",
    "orth": "lr_orth",
    "delta": "alam",
    "decay": "Tdecay",
}
TABLES = {
    ("copy", "doc", ""): """
        RNN 128        a .9  lr .001
        RNN-orth 128   a .99 lr .0002 init random
        EURNN 128      a .5  lr .001
        EURNN 256      a .5  lr .001
        expRNN 128     a .99 lr .001  orth .0001 init henaff
        expRNN 176     a .99 lr .001  orth .0001 init henaff
        nnRNN 128      a .99 lr .0005 orth 1e-6 delta 1e-4 decay 1e-6 init cayley
    """,
    ("copy", "paper", ""): """
        nnRNN 128      a .99 lr .0005 orth 1e-6 delta 1e-4 decay 1e-6 init henaff
        expRNN 128     a .99 lr .001  orth .0001 init henaff
        expRNN 176     a .99 lr .001  orth .0001 init henaff
        LSTM 128       a .99 lr .0005
        LSTM 63        a .99 lr .001
        RNN-orth 128   a .99 lr .0002 init random
        EURNN 128      a .5  lr .001
        EURNN 256      a .5  lr .001
        RNN 128        a .9  lr .001
    """,
    ("psmnist", "doc", ""): """
        RNN 512        a .9  lr .0001
        RNN-orth 512   a .99 lr 5e-5  init random
        EURNN 512      a .9  lr .0001
        EURNN 1024     a .9  lr .0001
        expRNN 512     a .99 lr .0005 orth 5e-5 init cayley
        expRNN 722     a .99 lr 5e-5  init cayley
        nnRNN 512      a .99 lr .0002 orth 2e-5 delta .1 decay 1e-4 init cayley
        LSTM 512       a .99 lr .0005
        LSTM 257       a .9  lr .0005
    """,
    ("psmnist", "paper", ""): """
        nnRNN 512      a .99 lr .00015 orth 1.5e-5 delta .15 decay 1e-4 init cayley
        expRNN 512     a .99 lr .0005 orth 5e-5 init cayley
        expRNN 722     a .99 lr .0005 orth 5e-5 init cayley
        LSTM 512       a .9  lr .0005
        LSTM 257       a .9  lr .0005
        RNN-orth 512   a .99 lr 5e-5  init random
        EURNN 512      a .9  lr .0001
        EURNN 1024     a .9  lr .0001
        RNN 512        a .9  lr .0001
    """,
    ("ptb_char", "doc", "bptt150"): """
        RNN 1024       a .9  lr 1e-5
        RNN-orth 1024  a .9  lr .0001 init cayley
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        expRNN 1024    a .9  lr .001  init cayley
        expRNN 1386    a .9  lr .008  orth .0008 init cayley
        nnRNN 1024  betas .9 lr .002 orth 2e-4 delta 1e-4 decay 1e-5 clip 10 init cayley
    """,
    ("ptb_char", "doc", "bptt300"): """
        RNN 1024       a .9  lr 1e-5
        RNN-orth 1024  a .9  lr .0001 init cayley
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        expRNN 1024    a .9  lr .001  init cayley
        expRNN 1386    a .9  lr .001  init cayley
        nnRNN 1024  betas .9 lr .002 orth .0002 delta 1e-4 decay 1e-6 init cayley clip 5
    """,
    ("ptb_char", "paper", "bptt150"): """
        nnRNN 1024     a .9  lr .0008 orth 8e-5 delta 1 decay 1e-4 init cayley
        expRNN 1024    a .9  lr .005  orth .0001 init cayley
        expRNN 1386    a .9  lr .005  orth .0001 init cayley
        LSTM 1024      a .9  lr .008
        LSTM 475       a .99 lr .001
        RNN-orth 1024  a .9  lr .0001 init random
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        RNN 1024       a .9  lr 1e-5
    """,
    ("ptb_char", "paper", "bptt300"): """
        nnRNN 1024     a .9  lr .0008 orth 6e-5 delta 1e-4 decay 1e-4 init cayley
        expRNN 1024    a .9  lr .005  orth .0001 init cayley
        expRNN 1386    a .9  lr .005  orth .0001 init cayley
        LSTM 1024      a .9  lr .008
        LSTM 475       a .9  lr .003
        RNN-orth 1024  a .9  lr .0001 init cayley
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        RNN 1024       a .9  lr 1e-5
    """,
}
ROWS = [
    (script, source, table, line.split())
    for (script, source, table), text in TABLES.items()
    for line in text.strip().splitlines()
]


def preset(script, name):
    return settled(script, [f"--preset={name}"])


@pytest.mark.parametrize(
    ("script", "source", "table", "row"),
    ROWS,
    ids=[f"{row[1]}/{row[3][0]}-{row[3][1]}-{row[2]}" for row in ROWS],
)
def test_every_published_row_is_a_preset(script, source, table, row):
    network, units, *cells = row
    name = f"{source}/{network}-{units}" + (f"-{table}" if table else "")
    options = preset(script, name)
    said = dict(zip(cells[::2], cells[1::2], strict=True))
    assert (options.net_type, options.nhid) == (network, int(units))
    assert (options.optimizer == "Adam") == ("betas" in said)
    if "betas" in said:
        assert options.betas == (0.0, float(said.pop("betas")))
    start = {"RNN": "xavier"}.get(network)
    assert options.rinit == said.pop("init", start)
    assert options.clip == (float(said.pop("clip")) if "clip" in said else None)
    for option, value in said.items():
        assert getattr(options, OPTIONS[option]) == float(value)


def test_there_are_no_other_rows():
    for script in ("copy", "psmnist", "ptb_char"):
        names = [n for n in presets_of(script, "nnrnn") if n[:4] in ("doc/", "pape")]
        assert len(names) == len([row for row in ROWS if row[0] == script])


def test_the_tasks_of_the_rows():
    copy = preset("copy", "doc/nnRNN-128")
    assert (copy.T, copy.c_length, copy.onehot, copy.batch) == (200, 10, True, 10)
    assert copy.updates == 1500
    digits = preset("psmnist", "doc/nnRNN-512")
    assert (digits.permute, digits.shuffle, digits.batch) == (True, False, 100)
    for bptt in (150, 300):
        text = preset("ptb_char", f"doc/nnRNN-1024-bptt{bptt}")
        assert (text.bptt, text.batch, text.emsize, text.epochs) == (
            bptt,
            128,
            200,
            100,
        )


def test_quick_cuts_every_preset_down():
    for script in ("copy", "addition", "psmnist", "ptb_char"):
        for name in presets_of(script, "nnrnn"):
            chosen = settled(script, ["--recipe=nnrnn", "--quick", "--preset", name])
            for option, most in chosen.program.task.quick.items():
                assert getattr(chosen, option) <= most


def test_the_short_setting_of_the_specification():
    rows = [n for n in presets_of("copy", "nnrnn") if n.startswith("short/")]
    assert len(rows) == 6
    for name in rows:
        options = preset("copy", name)
        network = name.removeprefix("short/")
        assert (options.T, options.nhid, options.updates) == (20, 64, 400)
        assert (options.net_type, options.onehot, options.seed) == (network, True, 400)
        start = {"RNN-orth": "exp_uniform", "nnRNN": "henaff", "expRNN": "henaff"}
        if network in start:
            assert options.rinit == start[network]


def test_the_demonstration_is_that_of_the_network():
    given = ["--preset=demo", "--net-type", "expRNN", "--seed", "3"]
    chosen = settled("copy", given)
    assert (chosen.preset, chosen.lr, chosen.T) == ("demo", 1e-3, 20)
    # With a flag that says what is trained, the defaults of the published program.
    chosen = settled("copy", ["--net-type", "expRNN"])
    assert (chosen.preset, chosen.lr, chosen.T) == ("script", 2e-4, 200)


def test_a_network_without_a_demo_has_its_own_and_no_results_beside_it():
    chosen = settled("copy", ["--preset=demo", "--net-type=AntisymmetricRNN"])
    assert (chosen.lr, chosen.epsilon, chosen.T) == (1e-3, 0.1, 20)
    assert chosen.program.recipe.published(chosen.program) == {}
    known = settled("copy", ["--preset=demo", "--net-type=expRNN"])
    assert "nnRNN" in known.program.recipe.published(known.program)


def test_published_results_are_those_of_the_setting_of_a_preset():
    given = ["--preset=doc/nnRNN-1024-bptt300", "--quick"]
    outcome = settled("ptb_char", given).program.published_beside()
    assert outcome["nnRNN 1024"] == (
        "1.42 ± 0.003 bits per character, accuracy 69.54 ± 0.001 %"
    )
    outcome = preset("ptb_char", "doc/RNN-1024-bptt150").program.published_beside()
    assert outcome["nnRNN 1024"].startswith("1.40 ")
    assert outcome["expRNN 1386"].startswith("1.43 ")
    # A command line that says all of a setting is in it.
    same = {"T": 200, "onehot": True, "net_type": "RNN"}
    assert made("copy", **same).program.published_beside()["nnRNN"].startswith("below")
    assert made("copy", **{**same, "T": 100}).program.published_beside() == {}
