import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from keras_nonnormal.analysis import Pseudospectrum
from keras_nonnormal.plotting._style import INK, colour, dress, new_figure


def pseudospectra(
    found: Pseudospectrum, eigenvalues: np.ndarray, *, title: str = ""
) -> Figure:
    """Draws how far eigenvalues may be moved by changes of a matrix.

    A line is the border of the eps-pseudospectrum: of what may be an eigenvalue after a
    change of size eps. Those of a normal matrix are eps from its eigenvalues.

    Args:
        found: As `pseudospectrum` gives.
        eigenvalues: Complex array of the eigenvalues.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:

    - [Trefethen and Embree, 2005](https://people.maths.ox.ac.uk/trefethen/pseudo.html)
    """
    figure = new_figure(5.2, 4.4)
    axes = figure.add_subplot()
    depth = np.log10(np.maximum(found.distance, 1e-16))
    steps = (-16, -14, -12, -10, -8, -6, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5)
    levels = [level for level in steps if depth.min() < level < depth.max()]
    if len(levels) > 1:
        lines = axes.contour(
            found.real, found.imaginary, depth, levels, cmap="viridis", linewidths=1.4
        )
        bar = figure.colorbar(lines, ax=axes, shrink=0.9, pad=0.02)
        bar.set_label("size of the change, log₁₀ ε", color=INK)
        bar.ax.tick_params(colors=INK)
        bar.outline.set_visible(False)
        bar.lines[0].set_linewidth(6)
    axes.add_patch(Circle((0, 0), 1, fill=False, color=INK, linewidth=1.2, zorder=2))
    axes.scatter(
        np.real(eigenvalues), np.imag(eigenvalues), s=10, color=colour(1), zorder=3
    )
    dress(axes, title, grid=None)
    axes.set(xlabel="Re z", ylabel="Im z", aspect="equal")
    axes.set(xlim=found.real[[0, -1]], ylim=found.imaginary[[0, -1]])
    return figure
