import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from keras_nonnormal.analysis import SchurDecomposition
from keras_nonnormal.plotting._style import INK, dress, new_figure


def schur_heat_map(
    schur: SchurDecomposition, *, decades: float = 3.0, title: str = ""
) -> Figure:
    """Draws the feed-forward network that a recurrent matrix hides.

    The matrix between Schur modes is triangular: a mode acts on itself by its
    eigenvalue, along the diagonal, and on those before it alone. That of a normal
    matrix has nothing but the diagonal.

    Args:
        schur: As `schur_decomposition` gives. Moduli are drawn.
        decades: How many powers of ten below the largest entry the colours reach.
        title: Title of the figure.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:

    - [Goldman, 2009](https://doi.org/10.1016/j.neuron.2008.12.012)
    - [Kerg et al., 2019, figure 3](https://arxiv.org/abs/1905.12080)
    """
    if not decades > 0:
        raise ValueError(f"`decades` must be positive. Received: {decades}")
    sizes = np.abs(schur.triangle)
    top = sizes.max() or 1.0
    figure = new_figure(5.2, 4.4)
    axes = figure.add_subplot()
    image = axes.imshow(
        np.ma.masked_less_equal(sizes, 0),
        cmap="magma_r",
        norm=LogNorm(top * 10**-decades, top),
    )
    dress(axes, title, grid=None)
    axes.set(xlabel="from mode", ylabel="to mode")
    bar = figure.colorbar(image, ax=axes, extend="min", shrink=0.9, pad=0.02)
    bar.set_label("modulus of the entry", color=INK)
    bar.ax.tick_params(colors=INK, which="both")
    bar.outline.set_visible(False)
    off = np.linalg.norm(schur.feedforward)
    axes.text(
        0.04,
        0.05,
        f"off the diagonal {off:.2f}\nof {np.linalg.norm(sizes):.2f} in all",
        transform=axes.transAxes,
        color=INK,
        fontsize=10,
    )
    return figure
