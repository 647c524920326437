"""Pictures: every function takes arrays and returns a small matplotlib Figure, or writes a small file.

The figures are never known to pyplot, so a notebook shows each one exactly once: as the last value of a cell,
or through `display(figure)`. Nothing here calls `show()`, and nothing here ever sees a model.
"""

from gencourse.viz.animation import MAX_FRAMES, animate_grids, save_gif, save_png, show_gif, thin
from gencourse.viz.attention import attention_map
from gencourse.viz.codes import code_points, code_tiles
from gencourse.viz.curves import bars, histogram, loss_curves
from gencourse.viz.describe import describe_pictures
from gencourse.viz.diagrams import road, timeline
from gencourse.viz.explore import Explorer, explore
from gencourse.viz.fields import arrows, paths
from gencourse.viz.figure import COLOURS, Picture, use_style
from gencourse.viz.grids import compare_grids, image_grid, mosaic
from gencourse.viz.pixels import pixel_maps
from gencourse.viz.plane import precision_recall_plane, trade_off
from gencourse.viz.points import density, latent_map, scatter
from gencourse.viz.quiz import Quiz, Score, quiz
from gencourse.viz.text import coloured_text, symbol_bars, symbol_table, word_map

__all__ = [
    "COLOURS",
    "MAX_FRAMES",
    "Explorer",
    "Picture",
    "Quiz",
    "Score",
    "animate_grids",
    "arrows",
    "attention_map",
    "bars",
    "code_points",
    "code_tiles",
    "coloured_text",
    "compare_grids",
    "density",
    "describe_pictures",
    "explore",
    "histogram",
    "image_grid",
    "latent_map",
    "loss_curves",
    "mosaic",
    "paths",
    "pixel_maps",
    "precision_recall_plane",
    "quiz",
    "road",
    "save_gif",
    "save_png",
    "scatter",
    "show_gif",
    "symbol_bars",
    "symbol_table",
    "thin",
    "timeline",
    "trade_off",
    "use_style",
    "word_map",
]
