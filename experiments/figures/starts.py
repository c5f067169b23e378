"""Figures of Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715, of formulas."""

from collections.abc import Mapping
from typing import Any

from experiments.core.options import OptionError, option
from experiments.figures._figure import Output, analysis, figure, numpy, plotting

# Not published; those of the library, and what the copy task was best with.
CHAIN, FORWARD, FEEDBACK = 1.02, 0.99, 0.04
NOISE = 0.1
SEED = {"seed": option(1, "seed of matrices and signals", low=0)}
UNITS = {"units": option(100, "units", low=1)}


@figure("starts-1", **UNITS, steps=option(150, "time steps", low=1), **SEED)
def starts_1(options, out: Output) -> None:
    """Starts, figure 1: four linear networks, their memory, and transients, as CSV."""
    out.begin("starts-1")
    steps = options.steps
    networks = _networks(options.units, options.seed)
    # With a horizon the normal ones, of gain 1, have a memory, too; it sums up to 1.
    memories = {
        kind: analysis.fisher_memory_curve(matrix, source=source, horizon=steps)
        for kind, (matrix, source) in networks.items()
    }
    norms = {
        kind: analysis.signal_norms(matrix, steps, source)
        for kind, (matrix, source) in networks.items()
    }
    matrices = {kind: matrix for kind, (matrix, _) in networks.items()}
    rows = (
        (kind, k, memories[kind][k], norms[kind][k])
        for kind in networks
        for k in range(steps)
    )
    drawn = plotting.network_memory(matrices, memories, norms)
    out.save("starts-1", drawn, ("network", "k", "J", "norm"), rows)
    print(f"\n{'':12}  J_tot  largest norm")
    for kind in networks:
        print(f"{kind:12}  {memories[kind].sum():5.2f}  {norms[kind].max():12.2f}")


@figure(
    "starts-2",
    **UNITS,
    trials=option(4000, "sequences, half of them to fit", low=1),
    **SEED,
)
def starts_2(options, out: Output) -> None:
    """Starts, figure 2: how well past inputs can be read off a state, as CSV."""
    units, fewest = options.units, 2 * options.units + 2
    if options.trials < fewest:
        raise OptionError(
            f"--trials: expected at least {fewest} for {units} units, received "
            f"{options.trials}"
        )
    out.begin("starts-2")
    rng = numpy.random.default_rng(options.seed)
    signals = rng.standard_normal((options.trials, units))
    found = _networks(units, options.seed, chain=1.0)
    networks = {kind: found[kind] for kind in ("chain", "orthogonal")}
    how: dict[str, dict[str, Any]] = {
        "linear": {},
        "linear, noise": {"noise": NOISE, "seed": options.seed + 1},
        "elu": {"activation": _elu},
    }
    panels = {
        title: {
            kind: analysis.delayed_reconstruction(
                analysis.states_after(matrix, signals, source, **settings), signals
            )
            for kind, (matrix, source) in networks.items()
        }
        for title, settings in how.items()
    }
    rows = (
        (title, kind, delay, score)
        for title, curves in panels.items()
        for kind, scores in curves.items()
        for delay, score in enumerate(scores)
    )
    drawn = plotting.reconstruction_curves(panels)
    out.save("starts-2", drawn, ("panel", "network", "delay", "R2"), rows)


def _networks(
    units: int, seed: int, chain: float = CHAIN
) -> Mapping[str, tuple[Any, Any]]:
    """Four networks in column form, and where their input enters."""
    rng = numpy.random.default_rng(seed)
    q, r = numpy.linalg.qr(rng.standard_normal((units, units)))
    anywhere = rng.standard_normal(units)
    anywhere /= numpy.linalg.norm(anywhere)
    feedback = analysis.delay_line(units, FORWARD) + FEEDBACK * numpy.eye(units, k=1)
    return {
        "identity": (numpy.eye(units), anywhere),
        "orthogonal": (q * numpy.sign(numpy.diag(r)), anywhere),
        "chain": (analysis.delay_line(units, chain), None),
        "fbchain": (feedback, None),
    }


def _elu(x):

    return numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0.0)))
