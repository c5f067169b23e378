"""Run strings of the published programs as options."""

import pytest

from experiments.core.command import program_of
from experiments.recipes.run_strings import VALUES, WORDS, as_flags, translate

EXAMPLES = {
    "dropout": "dropout:.3",
    "timerepeat": "timerepeat:2",
    "maxlen": "maxlen:300",
    "dampf": "dampf:.3",
    "lsclr": "lsclr:1e-3",
    "nbs": "nbs:16",
    "targetnorm": "targetnorm:.5",
}
MEANINGS = {
    "dropout:.3": ("dropout", 0.3),
    "timerepeat:2": ("repeat", 2),
    "maxlen:300": ("window", 300),
    "dampf:.3": ("dampening", 0.3),
    "lsclr:1e-3": ("pretrain_lr", 1e-3),
    "nbs:16": ("pretrain_batch", 16),
    "embproj": ("tied", True),
    "mlminputs": ("corrupt", 0.05),
    "mlmeps:3": ("corrupt_epochs", 2),  # LSC row 53: its counter begins at 1
    "findLSC": ("pretrain", "published"),
    "findLSC_targetnorm:.5": ("target", "0.5"),
    "onlypretrain": ("only_pretrain", True),
    "findLSC_pretrained": ("store", "runs/pretrained"),
    "findLSC_onlyloadpretrained": ("store", "runs/pretrained"),
    "test_tsteps:7": ("pretrain_steps", 7),
    "test": ("quick", True),
    "gausslsc": ("pretrain_inputs", "gaussian"),
    "berlsc": ("pretrain_inputs", "bernoulli"),
    "shufflelsc": ("pretrain_inputs", "shuffled"),
    "randchlsc": ("pretrain_inputs", "random"),
}


@pytest.mark.parametrize(("text", "meaning"), MEANINGS.items())
def test_parts_become_options(text, meaning):  # LSC row 63
    option, value = meaning
    options = translate(text, "deep_rnn", "LSTM", "wordptb").options
    assert options[option] == value
    without = translate("36", "deep_rnn", "LSTM", "wordptb").options
    assert without.get(option) != value


def test_what_was_left_as_it_is_or_measured_otherwise_is_said():
    said = " ".join(translate("findLSC_lscdepth:1", "deep_rnn").notes)
    assert "some transitions were left as they are" in said
    assert "without radius it meant singular values" in said
    kinds = "lscdepth:1_lscin:True_lscout:1"
    assert translate(f"findLSC_radius_{kinds}", "deep_rnn").notes == ()
    assert translate("findLSC_radius_allns", "deep_rnn").notes == ()
    assert translate("dropout:.3", "deep_rnn").notes == ()


def test_what_a_string_leaves_out_is_as_it_was():
    options = translate("", "deep_rnn", "LSTM", "wordptb").options
    assert (options["dropout"], options["repeat"], options["tied"]) == (0.1, 1, False)
    assert options["pretrain"] == "none"
    options = translate("findLSC_radius", "ffn").options
    assert (options["init"], options["optimizer"]) == ("glorot", "adam")
    options = translate("findLSC_radius_heinit_adabelief", "ffn").options
    assert options["init"], options["optimizer"] == ("he", "lookahead-adabelief")


def test_the_unbalanced_target_is_for_linear_units_at_one_half():
    text = "findLSC_unbalanced_targetnorm:.5"
    assert translate(text, "deep_rnn", "lru").options["target"] == "unbalanced"
    plain = translate(text, "deep_rnn", "LSTM")
    assert plain.options["target"] == "0.5"
    assert "unbalanced has no effect: it needs" in " ".join(plain.notes)


def test_every_part_is_an_option_or_is_said_to_have_no_effect():  # LSC row 63
    stage = "findLSC_targetnorm:.5"
    starts = ("", stage, stage + "_test", "findLSC_unbalanced", "findLSC_radius")
    for name in (*WORDS, *VALUES):
        part = EXAMPLES.get(name, f"{name}:1" if name in VALUES else name)
        changed = []
        for program in ("deep_rnn", "ffn"):
            for start in (*starts, "mlminputs"):
                base = translate(start, program, "lru", "wordptb")
                changed.append(
                    translate(f"{start}_{part}", program, "lru", "wordptb") != base
                )
        assert any(changed), name


def test_parts_without_effect_are_said_in_a_line_each(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "36_clipping_nogradreset_embproj_findLSC_allns_radius_heinit"
    program_of("deep_rnn", ["--task", "sl_mnist", "--comments", text])
    lines = capsys.readouterr().err.splitlines()
    start = "deep_rnn.py: warning: --comments: "
    assert all(line.startswith(start) for line in lines)
    said = [line.removeprefix(start).split(" has no effect")[0] for line in lines]
    assert sorted(said) == ["36", "clipping", "embproj", "heinit", "nogradreset"]


def test_flags_override_a_string(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "36_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5_pretrained"
    flags = ["--task", "wordptb", "--comments", text, "--dropout", "0", "--store", "x"]
    program = program_of("deep_rnn", flags)
    task, network, recipe, run = program.parts
    assert (run.preset, network.dropout, task.repeat) == ("script", 0.0, 2)
    assert (recipe.pretrain, recipe.goals, recipe.store) == ("published", 0.5, "x")
    assert task.layout == "published"  # as the program of the string had them
    method = ["--comments", text, "--pretrain", "controller"]
    assert program_of("deep_rnn", method).recipe.pretrain == "controller"


PRINTED = {
    "ffn": "--seed=0 --net=sin --lr=-1 --task=mnist --steps_per_epoch=-1 "
    "--pretrain_epochs=100 --comments=findLSC_radius --layers=30 --epochs=50 "
    "--batch_size=512",
    "deep_rnn": "with stack=2 n_neurons=None net_name=LSTM task_name=heidelberg "
    "batch_size=None epochs=None lr=None embedding=learned:None:None:94 seed=0 "
    "comments=allns_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5",
}


@pytest.mark.parametrize("script", PRINTED)
def test_command_lines_of_the_document_run_as_printed(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = program_of(script, as_flags(PRINTED[script].split()))
    assert (program.run.preset, program.recipe.pretrain) == ("script", "published")
    if script == "ffn":
        assert (program.network.activation, program.network.depth) == ("sin", 30)
        assert program.recipe.learning_rate == 1e-4  # less than 0: the usual one
        assert program.recipe.pretraining_steps(program) == 100 * (54_000 // 512)
    else:
        assert program.network.units_of(program.task) == (94, 94)
        assert (program.recipe.batch_size, program.recipe.target) == (100, "0.5")


def test_updates_of_an_epoch_may_be_fewer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = ["--steps-per-epoch=3", "--batch=32"]
    assert program_of("ffn", flags).task.train_size == 96
    flags += ["--comments=findLSC_radius", "--pretrain-epochs=2"]
    program = program_of("ffn", flags)
    assert program.recipe.pretraining_steps(program) == 2 * 3


@pytest.mark.parametrize(
    ("script", "wrong", "said"),
    [
        ("deep_rnn", "--comments=findLSC_foo", "'foo' is no part of a published"),
        ("deep_rnn", "--comments=dropout:a", "cannot read the value of 'dropout:a'"),
        ("deep_rnn", "--comments=radius:1", "'radius:1' is no part of a published"),
        ("deep_rnn", "--target=2.5", "--target: expected a radius above 0 and of at"),
        ("deep_rnn", "--target=rec=1,up=1", "--target: expected a radius above 0"),
        ("deep_rnn", "--comments=nosgd", "nosgd is a variation of the published"),
        ("ffn", "--comments=normpow:2", "normpow:2 is about another measure than"),
        ("deep_rnn", "--stack=a", "--stack: expected a number of layers"),
        ("deep_rnn", "--net=lru --stack=3:4", "--stack: blocks of lru are residual"),
        ("deep_rnn", "--task=wordptb --embedding=9", "--embedding: it is the read-out"),
        ("deep_rnn", "--preset=fig3/x", "--preset: expected one of those that --help"),
        ("ffn", "--target=unbalanced", "--target: nothing recurs here, expected"),
        ("ffn", "--net=tanh", "--activation: expected one of cos, relu, sin"),
        (
            "ffn",
            "--lr=0",
            "--learning-rate: expected a finite number above 0, received 0.0",
        ),
    ],
)
def test_bad_input_is_one_line(script, wrong, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        program_of(script, wrong.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []
