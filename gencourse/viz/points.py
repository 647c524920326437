"""Points in the plane, and densities over it."""

import numpy as np
from matplotlib.patches import Circle

from gencourse.viz.figure import COLOURS, INKS, MARKERS, Picture, finite, new_figure, panels, styled

MAX_POINTS = 2000  # drawn per panel: more only makes the ink thicker


def _check_points(points, name: str) -> np.ndarray:
    array = finite(points, name)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0:
        raise ValueError(f"`{name}` must have shape (N, 2). Received: shape {np.shape(points)}")
    return array


def _limits(limits, arrays) -> tuple[float, float, float, float]:
    """Return (x_low, x_high, y_low, y_high), from `limits` or from the data with a margin."""
    if limits is not None:
        values = finite(limits, "limits").ravel()
        if values.size == 1:
            return -values[0], values[0], -values[0], values[0]
        if values.size == 2:
            values = np.tile(values, 2)
        if values.size != 4 or values[0] >= values[1] or values[2] >= values[3]:
            raise ValueError(f"`limits` must be r, (low, high) or (x_low, x_high, y_low, y_high). Received: {limits!r}")
        return tuple(float(value) for value in values)
    everything = np.concatenate(arrays)
    low, high = everything.min(axis=0), everything.max(axis=0)
    margin = 0.08 * max(float((high - low).max()), 1e-6)
    return low[0] - margin, high[0] + margin, low[1] - margin, high[1] + margin


def _mark_modes(axes, means, std) -> None:
    axes.plot(means[:, 0], means[:, 1], "+", color="black", markersize=8, markeredgewidth=1.4, zorder=3)
    if std is not None:
        for mean in means:
            circle = Circle(mean, 3.0 * std, fill=False, edgecolor="black", linestyle="--", linewidth=0.9)
            circle.set_zorder(3)
            axes.add_patch(circle)


@styled
def scatter(points, *, limits=None, means=None, std=None, title=None, size: float = 2.6) -> Picture:
    """Show points in the plane, in one panel or in several with the same axes.

    Args:
        points: (N, 2), or {name: (N, 2)} for one panel each. At most 2,000 are drawn: the first ones.
        limits: r for [-r, r]², (low, high), or (x_low, x_high, y_low, y_high); from the data when None.
            Points outside are counted in a note, not dropped in silence.
        means: (K, 2) centres of the modes, drawn as crosses.
        std: standard deviation of a mode: a dashed circle of three of them is drawn around each centre.
        title: a line above the panels.
        size: inches of one panel's side.

    Returns:
        A Picture.
    """
    named = {name: _check_points(p, name or "points") for name, p in panels(points, "points").items()}
    if len(named) > 6:
        raise ValueError(f"At most six panels fit. Received: {len(named)}")
    if std is not None and not std > 0:
        raise ValueError(f"`std` must be positive. Received: {std!r}")
    centres = None if means is None else _check_points(means, "means")
    x_low, x_high, y_low, y_high = _limits(limits, list(named.values()))
    columns = min(3, len(named))
    rows = -(-len(named) // columns)
    figure = new_figure(size * columns + 0.4, size * rows + (0.7 if title else 0.4))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for index, axes in enumerate(grid.ravel()):
        if index >= len(named):
            axes.set_axis_off()
            continue
        name, array = list(named.items())[index]
        # Without snap=False, some markers of this size are rounded to no pixel at all.
        ink = 0.45 if index < 3 else 0.8  # the later colours are pale already
        style = {"marker": MARKERS[index], "color": COLOURS[index], "alpha": ink, "linewidths": 0, "snap": False}
        axes.scatter(array[:MAX_POINTS, 0], array[:MAX_POINTS, 1], s=7, **style)
        if centres is not None:
            _mark_modes(axes, centres, std)
        x, y = array.T
        outside = int(((x < x_low) | (x > x_high) | (y < y_low) | (y > y_high)).sum())
        if outside:
            axes.text(
                0.02,
                0.02,
                f"{outside} of {len(array)} outside",
                transform=axes.transAxes,
                fontsize=9,
                zorder=4,
            )
        axes.set(xlim=(x_low, x_high), ylim=(y_low, y_high), aspect="equal", title=name)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


@styled
def latent_map(codes, labels, *, limits=3.0, title=None, size: float = 5.0) -> Picture:
    """Show where the classes lie in a latent space of two numbers: each code is drawn as the numeral of its class.

    Args:
        codes: (N, 2); at most 2,000 are drawn, the first ones.
        labels: (N,) whole numbers from 0 to 9.
        limits: as in `scatter`.
        title: a line above the picture.
        size: inches of its side.

    Returns:
        A Picture; classes differ in colour and in the numeral.
    """
    codes, labels = _check_points(codes, "codes")[:MAX_POINTS], np.asarray(labels)[:MAX_POINTS]
    if labels.shape != (len(codes),) or labels.min() < 0 or labels.max() > 9:
        raise ValueError(f"One label from 0 to 9 for each code is needed. Received: labels of shape {labels.shape}")
    x_low, x_high, y_low, y_high = _limits(limits, [codes])
    figure = new_figure(size, size)
    axes = figure.add_subplot()
    for label in np.unique(labels):
        mine = codes[labels == label]
        style = {
            "label": f"class {label}",
            "marker": f"${label}$",
            "color": INKS[label % len(INKS)],
            "linewidths": 0,
        }
        axes.scatter(mine[:, 0], mine[:, 1], s=28, alpha=0.9, **style)
    axes.set(xlim=(x_low, x_high), ylim=(y_low, y_high), aspect="equal", xlabel="first latent", ylabel="second latent")
    if title:
        axes.set_title(title)
    return figure


def _evaluate(function, limits, resolution, log, name) -> np.ndarray:
    x = np.linspace(limits[0], limits[1], resolution)
    y = np.linspace(limits[2], limits[3], resolution)
    if callable(function):
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        values = np.asarray(function(points.astype(np.float32)), dtype=np.float64)
        if values.shape != (resolution**2,):
            raise ValueError(
                f"`{name}` must map points of shape (N, 2) to (N,) values. "
                f"Received: shape {values.shape} for N = {resolution**2}"
            )
        values = values.reshape(resolution, resolution)
    else:
        values = np.asarray(function, dtype=np.float64)
        if values.ndim != 2:
            raise ValueError(f"`{name}` must be a function or a 2-D grid. Received: shape {values.shape}")
    values = np.exp(values) if log else values
    return finite(values, name)


@styled
def density(
    function,
    *,
    limits,
    log=False,
    points=None,
    shared=False,
    title=None,
    size: float = 2.8,
    resolution: int = 121,
) -> Picture:
    """Show a density over the plane as a heat map with contours, each panel with its own colour bar.

    Args:
        function: maps points (N, 2) to densities (N,); or a 2-D grid of values (first row at the lowest y);
            or {name: either}.
        limits: r for [-r, r]², (low, high), or (x_low, x_high, y_low, y_high).
        log: whether `function` gives the natural logarithm of the density.
        points: (N, 2) samples, drawn small on top of every panel.
        shared: whether all panels share one colour scale.
        title: a line above the panels.
        size: inches of one panel's side.
        resolution: grid points along each axis.

    Returns:
        A Picture.
    """
    box = _limits(limits, [])
    grids = {
        name: _evaluate(f, box, resolution, log, name or "function") for name, f in panels(function, "function").items()
    }
    if len(grids) > 3:
        raise ValueError(f"At most three panels fit. Received: {len(grids)}")
    top = max(float(values.max()) for values in grids.values())
    figure = new_figure((size + 0.7) * len(grids), size + (0.6 if title else 0.35))
    figure.colours = 256  # fewer would show as bands in a smooth heat map
    axes_row = figure.subplots(1, len(grids), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (name, values) in zip(axes_row, grids.items(), strict=True):
        high = top if shared else float(values.max())
        high = high if high > 0 else 1.0
        image = axes.imshow(values, origin="lower", extent=box, vmin=min(0.0, float(values.min())), vmax=high)
        if values.max() > values.min():
            levels = values.max() * np.array([0.1, 0.5, 0.9])
            x = np.linspace(box[0], box[1], values.shape[1])
            y = np.linspace(box[2], box[3], values.shape[0])
            # White on a dark line: to be seen on dark and on light ground.
            axes.contour(x, y, values, levels=levels, colors="black", linewidths=1.7, alpha=0.45)
            axes.contour(x, y, values, levels=levels, colors="white", linewidths=0.7)
        if points is not None:
            array = _check_points(points, "points")[:MAX_POINTS]
            axes.plot(array[:, 0], array[:, 1], ".", color="black", markersize=3.4, alpha=0.45)
            axes.plot(array[:, 0], array[:, 1], ".", color="white", markersize=1.6, alpha=0.6)
        axes.set(xlim=box[:2], ylim=box[2:], aspect="equal", title=name)
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.ax.tick_params(labelsize=8)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
