"""Row 39: a preset for every published row."""

import pytest

from experiments import addition, copy_task, psmnist, ptb_char
from experiments.networks.presets import SHORT, SHORT_SEEDS
from experiments.networks.results import PTB_TEST
from experiments.prepare import prepare

EXPERIMENTS = [
    copy_task.NETWORKS,
    addition.NETWORKS,
    psmnist.NETWORKS,
    ptb_char.NETWORKS,
]

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
    (copy_task, "doc", ""): """
        RNN 128        a .9  lr .001
        RNN-orth 128   a .99 lr .0002 init random
        EURNN 128      a .5  lr .001
        EURNN 256      a .5  lr .001
        expRNN 128     a .99 lr .001  orth .0001 init henaff
        expRNN 176     a .99 lr .001  orth .0001 init henaff
        nnRNN 128      a .99 lr .0005 orth 1e-6 delta 1e-4 decay 1e-6 init cayley
    """,
    (copy_task, "paper", ""): """
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
    (psmnist, "doc", ""): """
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
    (psmnist, "paper", ""): """
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
    (ptb_char, "doc", "bptt150"): """
        RNN 1024       a .9  lr 1e-5
        RNN-orth 1024  a .9  lr .0001 init cayley
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        expRNN 1024    a .9  lr .001  init cayley
        expRNN 1386    a .9  lr .008  orth .0008 init cayley
        nnRNN 1024  betas .9 lr .002 orth 2e-4 delta 1e-4 decay 1e-5 clip 10 init cayley
    """,
    (ptb_char, "doc", "bptt300"): """
        RNN 1024       a .9  lr 1e-5
        RNN-orth 1024  a .9  lr .0001 init cayley
        EURNN 1024     a .9  lr .001
        EURNN 2048     a .9  lr .001
        expRNN 1024    a .9  lr .001  init cayley
        expRNN 1386    a .9  lr .001  init cayley
        nnRNN 1024  betas .9 lr .002 orth .0002 delta 1e-4 decay 1e-6 init cayley clip 5
    """,
    (ptb_char, "paper", "bptt150"): """
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
    (ptb_char, "paper", "bptt300"): """
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


@pytest.mark.parametrize(
    ("script", "source", "table", "row"),
    ROWS,
    ids=[f"{row[1]}/{row[3][0]}-{row[3][1]}-{row[2]}" for row in ROWS],
)
def test_every_published_row_is_a_preset(script, source, table, row):
    network, units, *cells = row
    name = f"{source}/{network}-{units}" + (f"-{table}" if table else "")
    options = script.NETWORKS.options(**script.NETWORKS.presets[name])
    said = dict(zip(cells[::2], cells[1::2], strict=True))
    assert (options.net_type, options.nhid) == (network, int(units))
    assert (options.optimizer == "Adam") == ("betas" in said)
    if "betas" in said:
        assert options.betas == (0.0, float(said.pop("betas")))
    start = {"RNN": "xavier", "LSTM": "xavier", "EURNN": None}.get(network)
    assert options.rinit == said.pop("init", start)
    assert options.clip == (float(said.pop("clip")) if "clip" in said else None)
    for option, value in said.items():
        assert getattr(options, OPTIONS[option]) == float(value)


def test_there_are_no_other_rows():
    for script in (copy_task, psmnist, ptb_char):
        names = [
            name for name in script.NETWORKS.presets if name[:4] in ("doc/", "pape")
        ]
        assert len(names) == len([row for row in ROWS if row[0] is script])


def test_the_tasks_of_the_rows():
    copy = copy_task.NETWORKS.options(**copy_task.NETWORKS.presets["doc/nnRNN-128"])
    assert (copy.T, copy.c_length, copy.onehot, copy.batch) == (200, 10, True, 10)
    assert copy.updates == 1500
    digits = psmnist.NETWORKS.options(**psmnist.NETWORKS.presets["doc/nnRNN-512"])
    assert (digits.permute, digits.shuffle, digits.batch) == (True, False, 100)
    for bptt in (150, 300):
        preset = ptb_char.NETWORKS.presets[f"doc/nnRNN-1024-bptt{bptt}"]
        text = ptb_char.NETWORKS.options(**preset)
        assert (text.bptt, text.batch, text.emsize, text.epochs) == (
            bptt,
            128,
            200,
            100,
        )


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_every_preset_makes_valid_options_also_when_quick(
    experiment, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name, preset in experiment.presets.items():
        # Some rows leave the schedule open.
        opened = ["--stair=expn"] if name.startswith("stair") else []
        chosen = prepare(experiment, ["--quick", "--preset", name, *opened])
        experiment.options(**{**preset, "stair": chosen.stair})
        for option, most in experiment.quick.items():
            assert getattr(chosen, option) <= most


def test_the_short_setting_of_the_specification():
    assert SHORT_SEEDS == (400, 401, 402)
    for network, preset in SHORT.items():
        options = copy_task.NETWORKS.options(**preset)
        assert (options.T, options.nhid, options.updates) == (20, 64, 400)
        assert (options.net_type, options.onehot, options.seed) == (network, True, 400)
    assert SHORT["RNN-orth"]["rinit"] == "exp_uniform"
    assert SHORT["nnRNN"]["rinit"] == SHORT["expRNN"]["rinit"] == "henaff"


def test_the_demonstration_is_that_of_the_network():
    chosen = prepare(copy_task.NETWORKS, ["--net-type", "expRNN", "--seed", "3"])
    assert (chosen.preset, chosen.lr, chosen.T) == ("demo", 1e-3, 20)
    # With a flag of the published program, its defaults.
    chosen = prepare(copy_task.NETWORKS, ["--net-type", "expRNN", "--alpha", "0.9"])
    assert (chosen.preset, chosen.lr, chosen.T) == ("script", 2e-4, 200)


def test_published_results_are_shown_for_the_closest_chunks():
    options = ptb_char.NETWORKS.options(bptt=280)
    outcome = ptb_char.NETWORKS.published(options)
    assert outcome["nnRNN 1024"].startswith("1.42 ± 0.003 bits per character")
    assert PTB_TEST[150]["nnRNN", 1024].bpc == 1.40
    assert PTB_TEST[150]["expRNN", 1386].bpc == 1.43
