"""How often one start of networks is better than another."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.lsc.records import HALF, NONE, ONE, Record
from experiments.lsc.tables import SPIKING

# Left out of the published count.
LEFT_OUT = ("rsimplernn",)


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Args:
        name: In words.
        better: The start that is expected to win.
        worse: The other one.
        spiking: Whether among spiking networks, others, or all (None).
    """

    name: str
    better: str
    worse: str
    spiking: bool | None = None

    def counts(self, record: Record) -> bool:
        """Whether a run is one of those that are compared."""
        if record.net in LEFT_OUT:
            return False
        return self.spiking is None or (record.net in SPIKING) == self.spiking


# The published count took runs with radius 0.5 into the last one, too.
COMPARISONS = (
    Comparison("ρ = 0.5 better than ρ = 1", HALF, ONE),
    Comparison("ρ = 0.5 better than none", HALF, NONE),
    Comparison("ρ = 1 better than none, spiking", ONE, NONE, spiking=True),
    Comparison("ρ = 1 better than none, others", ONE, NONE, spiking=False),
)


@dataclass(frozen=True)
class Count:
    """Pairs of runs that differ in their start alone, and how many of them were won."""

    won: int
    pairs: int

    @property
    def percent(self) -> float:
        """The share of pairs that were won, in percent; NaN if there are none."""
        return 100 * self.won / self.pairs if self.pairs else float("nan")


def count_wins(records: Sequence[Record], comparison: Comparison, depth: int) -> Count:
    """Counts the pairs of a depth; of equal runs of one start, the last counts.

    Args:
        records: All runs.
        comparison: What is compared.
        depth: Number of layers.
    """
    found = [
        each for each in records if each.depth == depth and comparison.counts(each)
    ]
    better, worse = (
        {_key(each): each for each in found if each.start == start}
        for start in (comparison.better, comparison.worse)
    )
    pairs = [(better[key], worse[key]) for key in better if key in worse]
    return Count(sum(one.beats(other) for one, other in pairs), len(pairs))


def all_wins(records: Sequence[Record]) -> dict[str, dict[int, Count]]:
    """The counts of all comparisons by depth."""
    depths = sorted({each.depth for each in records})
    return {
        comparison.name: {
            depth: count_wins(records, comparison, depth) for depth in depths
        }
        for comparison in COMPARISONS
    }


def _key(record: Record) -> tuple:
    """What two runs that are compared have in common."""
    kind = (record.net, record.task, record.depth, record.seed, record.clipped)
    return (*kind, record.others)
