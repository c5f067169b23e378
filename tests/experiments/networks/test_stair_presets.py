"""Row S30: a preset for every row of the two releases, and the example runs."""

import pytest

from experiments.core.options import named
from experiments.core.parts import presets_of
from experiments.core.program import known_options
from tests.experiments.settings import made, settled

# The tables once more, in another form: of every model the network, then what its row
# says. "open": the schedule is left to --stair. The sizes are those of the tasks.
OPTIONS = {"a": "alpha", "lr": "lr", "o": "lr_orth", "d": "alam", "T": "Tdecay"}
UNITS = {"copy": 128, "psmnist": 512, "ptb_char": 1024}
TABLES = {
    ("copy", "stair1", ""): """
        RNN RNN a .9 lr 1e-3 init xavier
        RNN-orth RNN-orth a .99 lr 2e-4 init random
        expRNN expRNN a .99 lr 1e-3 o 1e-4 init henaff
        nnRNN nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff
        sRNN RNN a .99 lr 2e-4 init random stair open
        sRNN-exponential expRNN a .99 lr 1e-3 o 1e-4 init henaff stair open
        sRNN-nonnormal nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff stair open
    """,
    ("psmnist", "stair1", ""): """
        RNN RNN a .9 lr 1e-4 init xavier
        RNN-orth RNN-orth a .99 lr 5e-5 init random
        expRNN expRNN a .99 lr 5e-4 o 5e-5 init cayley
        nnRNN nnRNN a .99 lr 2e-4 o 2e-5 d .1 T 1e-4 init cayley
        sRNN RNN a .99 lr 5e-5 init random stair open
        sRNN-exponential expRNN a .99 lr 5e-4 o 5e-5 init cayley stair open
        sRNN-nonnormal nnRNN a .99 lr 2e-4 o 2e-5 d .1 T 1e-4 init cayley stair open
    """,
    ("ptb_char", "stair1", "bptt150"): """
        RNN RNN a .9 lr 1e-5 init xavier
        RNN-orth RNN-orth a .9 lr 1e-4 init random
        expRNN expRNN a .9 lr 5e-3 o 1e-4 init cayley
        nnRNN nnRNN a .9 lr 8e-4 o 8e-5 d 1 T 1e-4 init cayley
        sRNN RNN a .9 lr 1e-4 init random stair open
        sRNN-exponential expRNN a .9 lr 5e-3 o 1e-4 init cayley stair open
        sRNN-nonnormal nnRNN a .9 lr 8e-4 o 8e-5 d 1 T 1e-4 init cayley stair open
    """,
    ("ptb_char", "stair1", "bptt300"): """
        RNN RNN a .9 lr 1e-5 init xavier
        RNN-orth RNN-orth a .9 lr 1e-4 init random
        expRNN expRNN a .9 lr 5e-3 o 1e-4 init cayley
        nnRNN nnRNN a .9 lr 8e-4 o 6e-5 d 1e-4 T 1e-4 init cayley
        sRNN RNN a .9 lr 1e-4 init random stair open
        sRNN-exponential expRNN a .9 lr 5e-3 o 1e-4 init cayley stair open
        sRNN-nonnormal nnRNN a .9 lr 8e-4 o 6e-5 d 1e-4 T 1e-4 init cayley stair open
    """,
    ("copy", "stair2", ""): """
        sRNN RNN a .99 lr 2e-4 init random stair expn
        sRNN-exponential expRNN a .99 lr 1e-3 o 1e-4 init henaff stair expn
        sRNN-nonnormal nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff stair alpha
    """,
    ("psmnist", "stair2", ""): """
        sRNN RNN a .99 lr 5e-5 o 2e-4 init random stair alpha
        sRNN-exponential expRNN a .99 lr 4.5e-4 o 5e-5 init cayley stair alpha
        sRNN-nonnormal nnRNN a .99 lr 3e-4 o 2e-5 d .1 T 1e-4 init cayley stair n
    """,
    ("ptb_char", "stair2", "bptt150"): """
        sRNN RNN a .9 lr 3e-4 o 8e-4 init random stair n2
        sRNN-exponential expRNN a .9 lr 4.5e-3 o 1e-4 init cayley stair expn
        sRNN-nonnormal nnRNN a .9 lr 8.5e-4 o 8e-5 d 1e-4 T 1e-4 init cayley stair alpha
    """,
    ("ptb_char", "stair2", "bptt300"): """
        sRNN RNN a .9 lr 2e-4 o 8e-5 init random stair alpha
        sRNN-exponential expRNN a .9 lr 6e-3 o 1e-4 init cayley stair alpha
        sRNN-nonnormal nnRNN a .9 lr 2e-4 o 8e-5 d 1 T 1e-4 init cayley stair expn
        nnRNN nnRNN a .9 lr 8e-4 o 8e-5 d 1e-4 T 1e-4 init cayley
    """,
    ("psmnist", "stair-example", ""): """
        sRNN RNN a .9 lr 5e-5 init random stair log2n
        sRNN-exponential expRNN a .99 lr 5e-4 o 5e-5 init cayley stair expn
        sRNN-nonnormal nnRNN a .99 lr 2e-4 o 2e-5 d .1 T 1e-4 init cayley stair n2
    """,
}
ROWS = {
    f"{source}/{line.split()[0]}-{UNITS[script]}" + (f"-{table}" if table else ""): (
        script,
        line.split()[1:],
    )
    for (script, source, table), text in TABLES.items()
    for line in text.strip().splitlines()
}


@pytest.mark.parametrize("name", ROWS)
def test_every_published_row_is_a_preset(name):
    script, (network, *cells) = ROWS[name]
    said = dict(zip(cells[::2], cells[1::2], strict=True))
    stair = said.pop("stair", "none")
    preset = presets_of(script, "nnrnn")[name].settings
    given = {"stair": "logn"} if stair == "open" else {}
    words = [f"--{option}={value}" for option, value in given.items()]
    options = settled(script, [f"--preset={name}", *words])
    assert (options.net_type, options.nhid) == (network, UNITS[script])
    assert options.stair == (given.get("stair") or stair)
    assert options.rinit == said.pop("init")
    for option, value in said.items():
        assert getattr(options, OPTIONS[option]) == float(value)
    # Nothing of what the row does not say but the task, and the network.
    known = known_options(script, "nnrnn")
    asked = {named(known, OPTIONS[option]).name for option in said}
    asked |= {"net_type", "units", "rinit"}
    task = {"optimizer", "batch_size", "epochs", "updates", "T", "c_length", "onehot"}
    task |= {"permute", "bptt", "emsize"}
    have = {named(known, option).name for option in preset}
    assert have <= asked | task | {"stair"}


def test_there_are_no_other_rows():
    for script in UNITS:
        names = {n for n in presets_of(script, "nnrnn") if n.startswith("stair")}
        assert names == {name for name, row in ROWS.items() if row[0] == script}
    assert len(ROWS) == 28 + 13 + 3


def test_the_tasks_of_the_rows():
    def options(script, name):
        return settled(script, [f"--preset={name}"])

    copy = options("copy", "stair2/sRNN-nonnormal-128")
    assert (copy.T, copy.c_length, copy.batch, copy.updates) == (200, 10, 10, 1500)
    assert copy.learned_steps == 220
    digits = options("psmnist", "stair-example/sRNN-512")
    assert (digits.permute, digits.batch, digits.epochs) == (True, 100, 100)
    text = options("ptb_char", "stair2/sRNN-1024-bptt300")
    assert (text.bptt, text.batch, text.emsize, text.epochs) == (300, 128, 200, 100)
    assert (text.optimizer, text.learned_steps) == ("RMSprop", 300)


def test_a_row_that_leaves_the_schedule_open_says_which_one_it_has(capsys):
    given = ["--preset=stair1/sRNN-nonnormal-512"]
    assert settled("psmnist", given).stair == "expn"
    assert "the row stair1/sRNN-nonnormal-512 leaves it open; this is expn" in (
        capsys.readouterr().err
    )
    for stair in ("none", "expn"):
        assert settled("psmnist", [*given, f"--stair={stair}"]).stair == stair
    assert capsys.readouterr().err == ""


def test_no_results_of_stairs_are_claimed():
    for script, preset in (("copy", "doc/RNN-128"), ("psmnist", "doc/RNN-512")):
        program = settled(script, [f"--preset={preset}", "--stair=n"]).program
        assert program.recipe.published(program) == {}
        program = settled(script, [f"--preset={preset}"]).program
        assert program.recipe.published(program)
    assert made("copy", stair="n").stair == "n"
