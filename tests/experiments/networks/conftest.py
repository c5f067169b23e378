import numpy as np
import pytest

from tests.experiments.settings import settled


@pytest.fixture
def digits(monkeypatch):
    """Noise in place of the digits."""
    draw = np.random.default_rng(0)
    stub = tuple(
        (
            draw.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            draw.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (10_100, 60)
    )
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: stub)


@pytest.fixture(scope="session")
def text(tmp_path_factory):
    """A folder with a text of the user's own."""
    folder = tmp_path_factory.mktemp("text")
    draw = np.random.default_rng(0)
    for name, lines in (("train", 60), ("valid", 20), ("test", 20)):
        drawn = draw.choice(list("abc_"), (lines, 20))
        content = "\n".join(" ".join(line) for line in drawn)
        (folder / f"{name}.txt").write_text(content)
    return folder


@pytest.fixture
def refused(capsys, tmp_path, monkeypatch):
    """What a script says of arguments that it refuses: a line; nothing is written."""

    def run(script, wrong):
        monkeypatch.chdir(tmp_path)
        arguments = wrong.split()
        with pytest.raises(SystemExit, match="2"):
            settled(script, arguments)
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"{script}.py: error: ")
        assert list(tmp_path.iterdir()) == []
        return line

    return run
