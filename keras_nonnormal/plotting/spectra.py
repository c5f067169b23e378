from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from keras_nonnormal.analysis import fold_angles
from keras_nonnormal.plotting._style import INK, colour, dress, marker, new_figure


def spectra(
    eigenvalues: Mapping[str, np.ndarray],
    *,
    starts: Mapping[str, np.ndarray] | None = None,
    gammas: Mapping[str, np.ndarray] | None = None,
    thetas: Mapping[str, np.ndarray] | None = None,
    title: str = "",
    bins: int = 24,
) -> Figure:
    """Draws eigenvalues beside the unit circle, and histograms of nnRNN's parameters.

    Args:
        eigenvalues: For each matrix, by the name it gets in the figure, a complex
            array: of several models, or of one model at several times.
        starts: Those that training began with, by the same names, drawn as rings; or
            None.
        gammas: The moduli of rotations by the same names, or None for no panel.
        thetas: The angles of rotations in radians by the same names, or None for no
            panel. They are folded to [0, pi].
        title: Title of the first panel.
        bins: Bars of a histogram.

    Returns:
        A `matplotlib.figure.Figure` with one to three panels.
    """
    widths = [4.4] + [3.4 for histogram in (gammas, thetas) if histogram]
    figure = new_figure(sum(widths), 3.9)
    plane, *others = figure.subplots(
        1, len(widths), width_ratios=widths, squeeze=False
    )[0]
    colours = {name: colour(number) for number, name in enumerate(eigenvalues)}
    _plane(plane, eigenvalues, starts or {}, colours)
    dress(plane, title, grid="both")
    if gammas:
        axes = others.pop(0)
        values = np.concatenate([np.ravel(gamma) for gamma in gammas.values()])
        reach = max(1.1 * np.abs(values - 1).max(), 0.01)
        axes.axvline(1, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
        # An odd number of bars, so that 1 is in the middle of one.
        edges = np.linspace(1 - reach, 1 + reach, 2 * (bins // 2) + 2)
        _histograms(axes, gammas, colours, edges)
        axes.set_xlabel("modulus γ")
    if thetas:
        axes = others.pop(0)
        folded = {name: fold_angles(theta) for name, theta in thetas.items()}
        _histograms(axes, folded, colours, np.linspace(0, np.pi, bins + 1))
        axes.set_xlim(0, np.pi)
        axes.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
        axes.set_xlabel("angle |θ|")
    figure.legend(
        *_legend(plane, bool(starts)),
        loc="outside lower center",
        ncols=2 if len(widths) == 1 else 4,
        frameon=False,
        markerscale=2,
    )
    return figure


def _legend(plane: Axes, with_starts: bool) -> tuple[list, list[str]]:
    handles, labels = plane.get_legend_handles_labels()
    if with_starts:
        look: dict = {"color": INK, "linestyle": "none", "markersize": 3}
        handles.append(Line2D([], [], marker="o", markerfacecolor="none", **look))
        labels.append("at the start")
    return handles, labels


def _plane(axes: Axes, eigenvalues, starts, colours) -> None:
    axes.add_patch(Circle((0, 0), 1, fill=False, color=INK, linewidth=1.2, zorder=2))
    reach = 1.0
    for name, values in starts.items():
        across, up = np.real(values), np.imag(values)
        size = 18 if across.size <= 300 else 9
        look: dict = {"facecolors": "none", "edgecolors": colours.get(name, INK)}
        axes.scatter(across, up, s=size, linewidths=0.7, alpha=0.6, **look, zorder=2.5)
        reach = max(reach, np.abs([across, up]).max(initial=0.0))
    for number, (name, values) in enumerate(eigenvalues.items()):
        across, up = np.real(values), np.imag(values)
        axes.scatter(
            across,
            up,
            s=14 if across.size <= 300 else 6,
            color=colours[name],
            marker=marker(number),
            alpha=0.75,
            linewidths=0,
            label=name,
            zorder=3,
        )
        reach = max(reach, np.abs([across, up]).max(initial=0.0))
    axes.set_aspect("equal")
    axes.set(xlim=(-1.12 * reach, 1.12 * reach), ylim=(-1.12 * reach, 1.12 * reach))
    axes.set(xlabel="Re λ", ylabel="Im λ")


def _histograms(axes: Axes, samples, colours, edges: np.ndarray) -> None:
    for name, values in samples.items():
        values = np.ravel(values)
        # Outlines stay readable where filled bars would hide each other.
        counts, _ = np.histogram(values, edges)
        axes.stairs(counts, edges, color=colours.get(name, INK), linewidth=2)
        axes.stairs(counts, edges, color=colours.get(name, INK), alpha=0.2, fill=True)
    dress(axes)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("number of rotations")
