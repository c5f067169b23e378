"""The published grids by name."""

import itertools
from collections.abc import Callable, Iterator

from experiments.lsc.presets import figure_2, figure_3, linear_units
from experiments.lsc.tables import SEEDS
from experiments.networks.gamma_rows import PROGRAMS, SETTINGS, gamma_grid
from experiments.presets import GAINS, Preset, grid


def starts() -> Iterator[Preset]:
    """Figure 3 of Orhan and Pitkow (2020): 462 + 462 + 594 + 594 runs of a task."""
    for setting in itertools.chain.from_iterable(map(grid, GAINS)):
        yield {"preset": "paper", **setting}


def gamma(program: str) -> Iterator[Preset]:
    """The shapes (n, s) that Geadah et al. (2020) started from, in all three ways."""
    preset = f"gamma/RNN-{PROGRAMS[program]['nhid']}"
    for setting in SETTINGS:
        for point in gamma_grid(program, setting):
            yield {"preset": preset, **point}


def stability(
    presets: Callable[[], Iterator[tuple[str, Preset]]], prefix: str = ""
) -> Iterator[Preset]:
    """Figures of Herranz-Celotti and Rouat (2023): presets, with four seeds each."""
    names = [name for name, _ in presets() if name.startswith(prefix)]
    for name, seed in itertools.product(names, SEEDS):
        yield {"preset": name, "seed": seed}


def figure_2_rates() -> Iterator[tuple[str, Preset]]:
    """Those presets of figure 2 that have a learning rate in their names."""
    return (each for each in figure_2() if "lr" in each[1])


Settings = Callable[[], Iterator[Preset]]
# Name, script, settings.
PUBLISHED: dict[str, tuple[str, Settings]] = {
    "starts/copy": ("copy", starts),
    "starts/addition": ("addition", starts),
    "starts/psmnist": ("psmnist", starts),
    "lsc/fig2": ("ffn", lambda: stability(figure_2_rates)),
    "lsc/fig3": ("deep_rnn", lambda: stability(figure_3)),
    "lsc/fig4": ("deep_rnn", lambda: stability(linear_units, "fig4/")),
    "lsc/table1": ("deep_rnn", lambda: stability(linear_units, "table1/")),
    "gamma/copy": ("copy", lambda: gamma("copy")),
    "gamma/psmnist": ("psmnist", lambda: gamma("psmnist")),
    "gamma/text": ("ptb_char", lambda: gamma("text")),
}
