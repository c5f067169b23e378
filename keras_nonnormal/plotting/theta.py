import numpy as np
from matplotlib.figure import Figure

from keras_nonnormal.analysis import fold_angles
from keras_nonnormal.plotting._style import INK, colour, dress, new_figure


def theta_heat_map(
    matrix, theta, *, limit: float = 0.1, title: str = "", bins: int = 24
) -> Figure:
    """Draws the matrix Theta that nnRNN learnt, with a histogram of its angles.

    As in the paper the matrix acts on columns, so that it is lower triangular and the
    entry in row i and column j is the weight from mode j to mode i. The rotations along
    the diagonal are far beyond the range of the colours.

    Args:
        matrix: Array `(units, units)`, the upper triangular matrix that acts on rows,
            as `schur_matrix` gives. Its transpose is drawn.
        theta: Array of the angles of the rotations in radians, for the inset; they are
            folded to [0, pi].
        limit: Entries of this size and beyond have the strongest colours. Defaults to
            `0.1`.
        title: Title of the figure.
        bins: Bars of the histogram.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:

    - [Kerg et al., 2019, figure 3](https://arxiv.org/abs/1905.12080)
    """
    if not limit > 0:
        raise ValueError(f"`limit` must be positive. Received: {limit}")
    drawn = np.asarray(matrix).T
    figure = new_figure(5.4, 4.6)
    axes = figure.add_subplot()
    image = axes.imshow(drawn, cmap="RdBu_r", vmin=-limit, vmax=limit)
    dress(axes, title, grid=None)
    axes.set(xlabel="from mode", ylabel="to mode")
    bar = figure.colorbar(image, ax=axes, extend="both", shrink=0.9, pad=0.02)
    bar.set_label("entry of Θ", color=INK)
    bar.ax.tick_params(colors=INK)
    bar.outline.set_visible(False)
    inset = axes.inset_axes((0.56, 0.66, 0.4, 0.28))
    inset.hist(fold_angles(theta), bins=bins, range=(0, np.pi), color=colour(0))
    dress(inset, grid=None)
    inset.patch.set_visible(False)
    inset.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
    inset.set_xlim(0, np.pi)
    inset.set_yticks([])
    inset.spines["left"].set_visible(False)
    inset.set_xlabel("angle |θ|", fontsize=9, labelpad=1)
    inset.tick_params(labelsize=9)
    return figure
