"""Every command line that a document or a `--help` prints is accepted as printed."""

import re
import shlex
from pathlib import Path

import pytest

from experiments.core.parts import scripts
from tests.experiments.settings import settled

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS += [ROOT / "experiments" / f"{script}.py" for script in scripts()]
# Those that ask for a run that is there, or for another program.
OTHER = ("--test", "--resume", "--generate", "--help", "multiworker", "with ")


def lines_of(file):
    """Script and arguments of every command line in a file."""
    text = file.read_text(encoding="utf-8").replace("\\\\\n", " ").replace("\\\n", " ")
    pattern = rf"python experiments/({'|'.join(scripts())})\.py([^`\n|&]*)"
    for script, words in re.findall(pattern, text):
        words = re.split(r"\s{2,}(?!-)", words)[0].strip()  # a remark may follow
        if not any(word in words for word in OTHER):
            yield script, words


LINES = sorted({line for file in DOCUMENTS for line in lines_of(file)})


@pytest.mark.parametrize(("script", "words"), LINES)
def test_a_command_line_that_is_printed_is_accepted(
    script, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    given = shlex.split(words)
    program = settled(script, given).program
    assert program.script == script
    assert program.why
    assert capsys.readouterr().err == ""


def test_there_are_many():
    assert len(LINES) > 40
