"""Option sets at every script: accepted, or refused in a line with code 2.

KERAS_NONNORMAL_OPTION_SETS=2000 throws as many at each.
"""

import contextlib
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments import figures, report
from experiments.core.command import program_of
from experiments.core.directory import kept_program
from experiments.core.options import OptionError, flag, options_of, refuse
from experiments.core.parts import RECIPES
from experiments.sweeps import command
from experiments.sweeps.plan import units_of
from tests.experiments.option_sets import COUNT, SCRIPTS, WORDS, option_sets

OF_RUNS = {n: each for n, each in figures.FIGURES.items() if each.of_runs}
EACH = settings(
    max_examples=COUNT,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def accepted(read, *arguments):
    """What is made of arguments; None if they are refused as they should be."""
    said, code = io.StringIO(), 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            return read(*arguments)
        except SystemExit as end:
            code = end.code
    text = said.getvalue()
    # What takes seconds says first how much there is to do.
    *progress, error = text.splitlines(keepends=True)
    assert all(line.endswith(" settings\n") for line in progress), text
    assert (code, error.count("\n")) == (2, 1), text
    text = error
    assert ".py" in text.split(": error: ")[0]
    return None


@pytest.mark.parametrize("script", SCRIPTS)
def test_sets_are_accepted_or_refused_in_a_line(script, tmp_path):
    outcomes = []

    @EACH
    @given(option_sets(script))
    def check(arguments):
        found = accepted(program_of, script, arguments)
        outcomes.append(found is not None)
        if found is not None:
            check_accepted(found)

    def check_accepted(program):
        assert program.label
        assert program.start
        assert program.run.out
        assert program.why
        assert isinstance(program.recipe.published(program), dict)
        assert isinstance(program.recipe, RECIPES[program.recipe.name])
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        content = {"experiment": program.script, "recipe": program.recipe.name}
        content["options"] = program.options
        (folder / "config.json").write_text(json.dumps(content))
        assert kept_program(script, folder, "--resume") == program

    check()
    assert not list(tmp_path.glob("runs"))
    assert min(outcomes.count(True), outcomes.count(False)) > COUNT // 12


def test_sets_of_the_sweep_are_accepted_or_refused_in_a_line(tmp_path):
    names = st.sampled_from(
        ["copy", "starts/copy", "lsc/table1", "gamma/text", "ffn", "none", "x.yaml"]
    )
    axes = st.sampled_from(
        ["lr=1e-4,1e-3", "seed=1..3", "T=0", "lr", "=", "nope=1", "init=chain", "jit=x"]
    )
    flags = st.sampled_from(
        ["workers", "shard", "vectorize", "hopeless", "gpus-per-run", "executor"]
    )
    words = st.sampled_from([*WORDS, "3", "2/3", "process"])

    def dry(arguments):
        options = command.parsed(None, arguments)
        try:
            runs, _ = command.runs_of(options)
            return units_of(runs, options.vectorize)
        except OptionError as error:
            refuse(command.PROG, error)

    @EACH
    @given(
        names,
        st.lists(axes, max_size=2),
        st.lists(st.tuples(flags, words), max_size=2),
    )
    def check(what, grid, more):
        arguments = [what, *(["--grid", *grid] if grid else [])]
        arguments += [f"--{name}={word}" for name, word in more]
        accepted(dry, arguments)

    check()
    assert list(tmp_path.iterdir()) == []


def test_sets_of_the_report_are_refused_in_a_line(tmp_path):
    words = st.lists(st.sampled_from([*WORDS, "nowhere", "--by", "--x", "--out=x"]))

    @EACH
    @given(words)
    def check(arguments):
        assert accepted(report.main, arguments) is None  # there are no runs

    check()
    assert list(tmp_path.iterdir()) == []


def test_sets_of_figures_are_refused_in_a_line(tmp_path):
    commands = st.sampled_from([*OF_RUNS, "nonsense", ""])
    known = [flag(n) for each in OF_RUNS.values() for n in options_of(each.options)]
    flags = st.tuples(st.sampled_from(known), st.sampled_from(WORDS))

    @EACH
    @given(commands, st.lists(flags, max_size=3), st.booleans())
    def check(command, more, named):
        arguments = [command, *(["nowhere"] if named else [])]
        arguments += [f"{name}={word}" for name, word in more]
        assert accepted(figures.main, arguments) is None  # there are no runs

    check()
    assert list(tmp_path.iterdir()) == []
