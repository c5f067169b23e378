import numpy as np
import pytest


@pytest.fixture(scope="session")
def words(tmp_path_factory):
    """A folder with a text of a few words of the user's own."""
    folder = tmp_path_factory.mktemp("words")
    draw = np.random.default_rng(0)
    for name, lines in (("train", 80), ("valid", 30), ("test", 30)):
        drawn = draw.choice(["aer", "banknote", "calloway", "gitano"], (lines, 5))
        content = "\n".join(" ".join(line) for line in drawn)
        (folder / f"{name}.txt").write_text(content + "\n")
    return folder
