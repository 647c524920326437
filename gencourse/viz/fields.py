"""Motion over the plane: arrows that say where to, and the paths that points have taken."""

import numpy as np

from gencourse.viz.figure import COLOURS, Picture, finite, new_figure, panels, styled
from gencourse.viz.points import MAX_POINTS, _check_points, _limits, _mark_modes

MAX_ARROWS = 900
MAX_PATHS = 40


def _axes_for(names, size, title, below=0.0):
    if len(names) > 4:
        raise ValueError(f"At most four panels fit. Received: {len(names)}")
    figure = new_figure(size * len(names) + 0.4, size + (0.8 if title else 0.5) + below)
    row = figure.subplots(1, len(names), squeeze=False, sharex=True, sharey=True)[0]
    if title:
        figure.suptitle(title, fontsize=12)
    return figure, row


def _finish(axes, name, box, means):
    if means is not None:
        _mark_modes(axes, _check_points(means, "means"), None)
    axes.set(xlim=box[:2], ylim=box[2:], aspect="equal", title=name)


@styled
def arrows(fields, *, behind=None, means=None, limits=None, title=None, size: float = 2.7) -> Picture:
    """Shows where each place is pushed, in one panel or several: pale points behind, arrows before them.

    Arrows are as long as they say in the units of the axes, unless the longest would be longer than a sixth of the
    panel: then all arrows of all panels are shortened by one factor, which the first panel names.

    Args:
        fields: (starts (N, 2), moves (N, 2)), or {name: such a pair} for up to four panels; N up to 900.
        behind: points (M, 2), or {name: points} for the panels of those names: drawn pale, at most 2,000.
        means: (K, 2) places marked by crosses.
        limits: as in `scatter`.
        title: a line above the panels.
        size: inches of one panel's side.

    Returns:
        A Picture.

    Raises:
        ValueError: if starts and moves do not fit together, or there are too many of them.
    """
    named = panels(fields, "fields")
    pairs = {}
    for name, pair in named.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"`fields` must hold pairs (starts, moves). Received: {type(pair).__name__}")
        starts, moves = (
            _check_points(part, part_name) for part, part_name in zip(pair, ("starts", "moves"), strict=True)
        )
        if starts.shape != moves.shape or len(starts) > MAX_ARROWS:
            raise ValueError(
                f"`starts` and `moves` must have one shape (N, 2), N up to {MAX_ARROWS}. "
                f"Received: {starts.shape} and {moves.shape}"
            )
        pairs[name] = starts, moves
    clouds = behind if isinstance(behind, dict) else dict.fromkeys(pairs, behind)
    clouds = {name: _check_points(cloud, "behind") for name, cloud in clouds.items() if cloud is not None}
    if strangers := sorted(set(clouds) - set(pairs)):
        raise ValueError(f"`behind` must be of the panels {sorted(pairs)}. Received: {strangers}")
    box = _limits(limits, [starts for starts, _ in pairs.values()])
    longest = max(float(np.linalg.norm(moves, axis=1).max()) for _, moves in pairs.values())
    shrink = min(1.0, (box[1] - box[0]) / 6 / max(longest, 1e-9))
    figure, row = _axes_for(pairs, size, title, 0.3 if shrink < 1.0 else 0.0)
    for axes, (name, (starts, moves)) in zip(row, pairs.items(), strict=True):
        if name in clouds:
            x, y = clouds[name][:MAX_POINTS].T
            axes.scatter(x, y, s=5, color=COLOURS[4], alpha=0.9, linewidths=0, snap=False)
        style = {"angles": "xy", "scale_units": "xy", "scale": 1.0, "width": 0.006, "headwidth": 4, "headlength": 5}
        axes.quiver(*starts.T, *(shrink * moves).T, color=COLOURS[0], zorder=3, **style)
        _finish(axes, name, box, means)
    if shrink < 1.0:
        row[0].set_xlabel(f"arrows drawn at {shrink:.2g} of their length")
    return figure


@styled
def paths(tracks, *, means=None, limits=None, title=None, size: float = 2.7) -> Picture:
    """Shows the ways that points have gone, in one panel or several: a circle where each began, a dot where it ended.

    Args:
        tracks: (T, N, 2), every place that N points passed through, in order; or {name: tracks} for up to four panels.
            At most 40 points are drawn: the first ones.
        means: (K, 2) places marked by crosses.
        limits: as in `scatter`.
        title: a line above the panels.
        size: inches of one panel's side.

    Returns:
        A Picture.

    Raises:
        ValueError: for another shape, or fewer than two places.
    """
    named = {name: finite(track, name or "tracks") for name, track in panels(tracks, "tracks").items()}
    for track in named.values():
        if track.ndim != 3 or track.shape[2] != 2 or len(track) < 2 or not track.shape[1]:
            raise ValueError(f"`tracks` must have shape (T, N, 2), T at least 2. Received: shape {track.shape}")
    named = {name: track[:, :MAX_PATHS] for name, track in named.items()}
    box = _limits(limits, [track.reshape(-1, 2) for track in named.values()])
    figure, row = _axes_for(named, size, title)
    for axes, (name, track) in zip(row, named.items(), strict=True):
        for index, way in enumerate(track.swapaxes(0, 1)):
            axes.plot(*way.T, color=COLOURS[index % len(COLOURS)], linewidth=0.9, alpha=0.8)
        axes.set_label(f"{track.shape[1]} paths of {len(track)} places each")
        axes.plot(*track[0].T, "o", markersize=4, markerfacecolor="white", color="0.35", zorder=3)
        axes.plot(*track[-1].T, "o", markersize=4, color="black", zorder=4)
        _finish(axes, name, box, means)
    return figure
