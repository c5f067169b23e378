"""Row S30: a preset for every row of the two releases, and the example runs."""

import pytest

from experiments import copy_task, psmnist, ptb_char
from experiments.prepare import prepare

# The tables once more, in another form: of every model the network, then what its row
# says. "open": the schedule is left to --stair. The sizes are those of the tasks.
OPTIONS = {"a": "alpha", "lr": "lr", "o": "lr_orth", "d": "alam", "T": "Tdecay"}
UNITS = {copy_task: 128, psmnist: 512, ptb_char: 1024}
TABLES = {
    (copy_task, "stair1", ""): """
        RNN RNN a .9 lr 1e-3 init xavier
        RNN-orth RNN-orth a .99 lr 2e-4 init random
        expRNN expRNN a .99 lr 1e-3 o 1e-4 init henaff
        nnRNN nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff
        sRNN RNN a .99 lr 2e-4 init random stair open
        sRNN-exponential expRNN a .99 lr 1e-3 o 1e-4 init henaff stair open
        sRNN-nonnormal nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff stair open
    """,
    (psmnist, "stair1", ""): """
        RNN RNN a .9 lr 1e-4 init xavier
        RNN-orth RNN-orth a .99 lr 5e-5 init random
        expRNN expRNN a .99 lr 5e-4 o 5e-5 init cayley
        nnRNN nnRNN a .99 lr 2e-4 o 2e-5 d .1 T 1e-4 init cayley
        sRNN RNN a .99 lr 5e-5 init random stair open
        sRNN-exponential expRNN a .99 lr 5e-4 o 5e-5 init cayley stair open
        sRNN-nonnormal nnRNN a .99 lr 2e-4 o 2e-5 d .1 T 1e-4 init cayley stair open
    """,
    (ptb_char, "stair1", "bptt150"): """
        RNN RNN a .9 lr 1e-5 init xavier
        RNN-orth RNN-orth a .9 lr 1e-4 init random
        expRNN expRNN a .9 lr 5e-3 o 1e-4 init cayley
        nnRNN nnRNN a .9 lr 8e-4 o 8e-5 d 1 T 1e-4 init cayley
        sRNN RNN a .9 lr 1e-4 init random stair open
        sRNN-exponential expRNN a .9 lr 5e-3 o 1e-4 init cayley stair open
        sRNN-nonnormal nnRNN a .9 lr 8e-4 o 8e-5 d 1 T 1e-4 init cayley stair open
    """,
    (ptb_char, "stair1", "bptt300"): """
        RNN RNN a .9 lr 1e-5 init xavier
        RNN-orth RNN-orth a .9 lr 1e-4 init random
        expRNN expRNN a .9 lr 5e-3 o 1e-4 init cayley
        nnRNN nnRNN a .9 lr 8e-4 o 6e-5 d 1e-4 T 1e-4 init cayley
        sRNN RNN a .9 lr 1e-4 init random stair open
        sRNN-exponential expRNN a .9 lr 5e-3 o 1e-4 init cayley stair open
        sRNN-nonnormal nnRNN a .9 lr 8e-4 o 6e-5 d 1e-4 T 1e-4 init cayley stair open
    """,
    (copy_task, "stair2", ""): """
        sRNN RNN a .99 lr 2e-4 init random stair expn
        sRNN-exponential expRNN a .99 lr 1e-3 o 1e-4 init henaff stair expn
        sRNN-nonnormal nnRNN a .99 lr 5e-4 o 1e-6 d 1e-4 T 1e-4 init henaff stair alpha
    """,
    (psmnist, "stair2", ""): """
        sRNN RNN a .99 lr 5e-5 o 2e-4 init random stair alpha
        sRNN-exponential expRNN a .99 lr 4.5e-4 o 5e-5 init cayley stair alpha
        sRNN-nonnormal nnRNN a .99 lr 3e-4 o 2e-5 d .1 T 1e-4 init cayley stair n
    """,
    (ptb_char, "stair2", "bptt150"): """
        sRNN RNN a .9 lr 3e-4 o 8e-4 init random stair n2
        sRNN-exponential expRNN a .9 lr 4.5e-3 o 1e-4 init cayley stair expn
        sRNN-nonnormal nnRNN a .9 lr 8.5e-4 o 8e-5 d 1e-4 T 1e-4 init cayley stair alpha
    """,
    (ptb_char, "stair2", "bptt300"): """
        sRNN RNN a .9 lr 2e-4 o 8e-5 init random stair alpha
        sRNN-exponential expRNN a .9 lr 6e-3 o 1e-4 init cayley stair alpha
        sRNN-nonnormal nnRNN a .9 lr 2e-4 o 8e-5 d 1 T 1e-4 init cayley stair expn
        nnRNN nnRNN a .9 lr 8e-4 o 8e-5 d 1e-4 T 1e-4 init cayley
    """,
    (psmnist, "stair-example", ""): """
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
    preset = script.NETWORKS.presets[name]
    given = {"stair": "logn"} if stair == "open" else {}
    options = script.NETWORKS.options(**{**preset, **given})
    assert (options.net_type, options.nhid) == (network, UNITS[script])
    assert options.stair == (given.get("stair") or stair)
    assert options.rinit == said.pop("init")
    for option, value in said.items():
        assert getattr(options, OPTIONS[option]) == float(value)
    # Nothing of what the row does not say but the task, and the network.
    asked = {OPTIONS[option] for option in said} | {"net_type", "nhid", "rinit"}
    task = {"optimizer", "batch", "epochs", "updates", "T", "c_length", "onehot"}
    task |= {"permute", "bptt", "emsize"}
    assert preset.keys() <= asked | task | {"stair"}


def test_there_are_no_other_rows():
    for script in (copy_task, psmnist, ptb_char):
        names = {name for name in script.NETWORKS.presets if name.startswith("stair")}
        assert names == {name for name, row in ROWS.items() if row[0] is script}
    assert len(ROWS) == 28 + 13 + 3


def test_the_tasks_of_the_rows():
    def options(script, name):
        return script.NETWORKS.options(**script.NETWORKS.presets[name])

    copy = options(copy_task, "stair2/sRNN-nonnormal-128")
    assert (copy.T, copy.c_length, copy.batch, copy.updates) == (200, 10, 10, 1500)
    assert copy.learned_steps == 220
    digits = options(psmnist, "stair-example/sRNN-512")
    assert (digits.permute, digits.batch, digits.epochs) == (True, 100, 100)
    text = options(ptb_char, "stair2/sRNN-1024-bptt300")
    assert (text.bptt, text.batch, text.emsize, text.epochs) == (300, 128, 200, 100)
    assert (text.optimizer, text.learned_steps) == ("RMSprop", 300)


def test_a_row_that_leaves_the_schedule_open_wants_one(capsys):
    with pytest.raises(SystemExit, match="2"):
        prepare(psmnist.NETWORKS, ["--preset=stair1/sRNN-nonnormal-512"])
    assert "leaves the schedule open, expected one of none, expn" in (
        capsys.readouterr().err
    )
    for stair in ("none", "expn"):
        given = ["--preset=stair1/sRNN-nonnormal-512", f"--stair={stair}"]
        assert prepare(psmnist.NETWORKS, given).stair == stair


def test_no_results_of_stairs_are_claimed():
    for script in (copy_task, psmnist, ptb_char):
        experiment = script.NETWORKS
        assert experiment.published(experiment.options(stair="n"))["results"] == "none"
        assert "results" not in experiment.published(experiment.options())
