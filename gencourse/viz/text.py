"""Pictures of text: characters on colours, pairs of symbols, words in the plane, and shares under several rules."""

import itertools

import numpy as np
from matplotlib import colormaps, font_manager
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Rectangle

from gencourse.viz.figure import COLOURS, INKS, Picture, finite, new_figure, panels, styled

MONOSPACED = "DejaVu Sans Mono"  # comes with matplotlib, as do the next two
FAMILIES = ("DejaVu Sans", "DejaVu Serif")
COLOUR_MAP = "YlGnBu"  # pale yellow to dark blue: its brightness alone tells the value, for every kind of colour vision
SHOWN_AS = {"\n": "↵", " ": " "}
MAX_CHARACTERS = 2000
CELL, ROW = 0.1, 0.22  # inches

LETTER_POINTS = 6.5, 14.0  # width and height of a letter of a word map, with room around it


def _glyphs(text: str, name: str) -> None:
    """Raises a ValueError for characters that matplotlib's own fonts cannot draw."""
    font = FT2Font(font_manager.findfont(MONOSPACED))
    missing = sorted({symbol for symbol in text if symbol not in SHOWN_AS and not font.get_char_index(ord(symbol))})
    if missing:
        raise ValueError(
            f"`{name}` must be made of characters that {MONOSPACED} can draw; print other scripts instead. "
            f"Received: {''.join(missing[:10])}"
        )


def _places(text: str, columns: int) -> list[tuple[int, int]]:
    """(row, column) of each character: a new row after each line break, and where a row is full."""
    places, row, column = [], 0, 0
    for symbol in text:
        if column == columns:
            row, column = row + 1, 0
        places.append((row, column))
        column += 1
        if symbol == "\n":
            row, column = row + 1, 0
    return places


@styled
def coloured_text(text, values, *, columns: int = 72, limits=None, label="bits", title=None) -> Picture:
    """Shows a passage with each character on a colour that tells its number, the darker the larger.

    Args:
        text: the passage, up to 2,000 characters; a line break is shown as ↵. Or {name: passage} for several, one
            below the other on the same scale.
        values: a number for each character, (N,); or {name: (N,)}.
        columns: characters in a row, at most.
        limits: (low, high): numbers outside take the colour of the end; from 0 to the largest when None.
        label: what the numbers are.
        title: a line above the picture.

    Returns:
        A Picture with a colour bar that tells the numbers.

    Raises:
        ValueError: for an empty or too long text, another number of values, or characters that cannot be drawn.
    """
    texts, numbers = panels(text, "text"), panels(values, "values")
    if list(texts) != list(numbers):
        raise ValueError(f"`text` and `values` must have the same names. Received: {list(texts)} and {list(numbers)}")
    for name, passage in texts.items():
        numbers[name] = finite(numbers[name], "values")
        if not 0 < len(passage) <= MAX_CHARACTERS or numbers[name].shape != (len(passage),):
            raise ValueError(
                f"1 to {MAX_CHARACTERS} characters and a number for each are needed. "
                f"Received: {len(passage)} characters, values of shape {numbers[name].shape}"
            )
        _glyphs(passage, "text")
    places = {name: _places(passage, columns) for name, passage in texts.items()}
    rows = {name: found[-1][0] + 1 for name, found in places.items()}
    low, high = limits or (0.0, max(float(found.max()) for found in numbers.values()) or 1.0)
    scale, colours = Normalize(low, high, clip=True), colormaps[COLOUR_MAP]
    titles = sum(bool(name) for name in texts) + bool(title)
    figure = new_figure(columns * CELL + 0.9, sum(rows.values()) * ROW + 0.3 * titles + 0.15)
    grid = figure.subplots(len(texts), 1, squeeze=False, height_ratios=list(rows.values()))[:, 0]
    for axes, (name, passage) in zip(grid, texts.items(), strict=True):
        for symbol, number, (row, column) in zip(passage, numbers[name], places[name], strict=True):
            red, green, blue, _ = colour = colours(scale(number))
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, linewidth=0))
            ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            if symbol != " ":
                shown = SHOWN_AS.get(symbol, symbol)
                style = {"family": MONOSPACED, "fontsize": 10.5, "color": ink, "ha": "center", "va": "center_baseline"}
                axes.text(column + 0.5, row + 0.5, shown, parse_math=False, **style)
        most = passage[int(np.argmax(numbers[name]))]
        told = f"{numbers[name].min():.3g} to {numbers[name].max():.3g} {label}, most at “{SHOWN_AS.get(most, most)}”"
        axes.set_label(f"{len(passage)} characters with {told}: “{' '.join(passage.split())}”")
        axes.set(xlim=(0, columns), ylim=(rows[name], 0))
        axes.set_axis_off()
        if name:
            axes.set_title(name, loc="left")
    figure.colorbar(ScalarMappable(scale, colours), ax=list(grid), label=label, aspect=12, shrink=0.95, pad=0.01)
    if title:
        figure.suptitle(title)
    return figure


@styled
def symbol_table(shares, rows, columns=None, *, x_label="next symbol", y_label="symbol", label="share", title=None):
    """Shows a table of numbers between symbols as a heat map, such as the shares of pairs of characters.

    Args:
        shares: (R, C).
        rows: R symbols, such as the characters of a string.
        columns: C symbols; those of the rows when None.
        x_label, y_label: what columns and rows are.
        label: what the numbers are.
        title: a line above the picture.

    Returns:
        A Picture.

    Raises:
        ValueError: if the table has another shape than the symbols ask for, or a symbol cannot be drawn.
    """
    rows = list(rows)
    columns = rows if columns is None else list(columns)
    shares = finite(shares, "shares")
    if shares.shape != (len(rows), len(columns)) or not shares.size:
        raise ValueError(
            f"A table of {len(rows)} rows and {len(columns)} columns is needed. Received: shape {shares.shape}"
        )
    _glyphs("".join([*rows, *columns]), "rows and columns")
    figure = new_figure(0.17 * len(columns) + 1.5, 0.17 * len(rows) + 0.9)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap=COLOUR_MAP, vmin=min(0.0, float(shares.min())), aspect="auto")
    named = {" ": "␣", "\n": "↵"}
    axes.set_xticks(range(len(columns)), [named.get(symbol, symbol) for symbol in columns], family=MONOSPACED)
    axes.set_yticks(range(len(rows)), [named.get(symbol, symbol) for symbol in rows], family=MONOSPACED)
    axes.tick_params(length=0, labelsize=9)
    axes.set(xlabel=x_label, ylabel=y_label, title=title or "")
    figure.colorbar(image, ax=axes, label=label)
    return figure


@styled
def word_map(places, words, *, groups=None, title=None, size: float = 6.0) -> Picture:
    """Shows words at places in the plane; a word that would cover another one moves down until it can be read.

    Args:
        places: (N, 2).
        words: N words.
        groups: (N,) whole numbers from 0: words of one group share a colour and, told without colour, a style.
        title: a line above the picture.
        size: inches of its width.

    Returns:
        A Picture.

    Raises:
        ValueError: if there are not as many places as words.
    """
    places, words = finite(places, "places"), [str(word) for word in words]
    groups = np.zeros(len(words), int) if groups is None else np.asarray(groups)
    if places.shape != (len(words), 2) or groups.shape != (len(words),) or not words:
        raise ValueError(
            f"A place (x, y) and a group for each word are needed. Received: {len(words)} words, places of shape "
            f"{places.shape}, groups of shape {groups.shape}"
        )
    styles = list(itertools.product(FAMILIES, ("normal", "italic"), ("normal", "bold")))  # more than there are colours
    figure = new_figure(size, 0.72 * size)
    axes = figure.add_subplot()
    spread = np.ptp(places, axis=0)
    low, high = places.min(axis=0) - 0.08 * spread - 1e-6, places.max(axis=0) + 0.08 * spread + 1e-6
    letter = (high - low) * [LETTER_POINTS[0] / (72 * size), LETTER_POINTS[1] / (72 * 0.72 * size)]  # in data's units
    for (x, y), word, group in zip(_apart(places, words, letter), words, groups, strict=True):
        family, slant, weight = styles[group % len(styles)]
        letters = {"family": family, "style": slant, "weight": weight, "color": INKS[group % len(INKS)]}
        axes.text(x, y, word, fontsize=9, ha="center", va="center", **letters)
        low[1] = min(low[1], y - letter[1])
    together = [
        ", ".join(word for word, mine in zip(words, groups, strict=True) if mine == g) for g in dict.fromkeys(groups)
    ]
    axes.set_label(f"{len(words)} words" + (", by group: " if len(together) > 1 else ": ") + "; ".join(together))
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    if title:
        axes.set_title(title)
    return figure


def _apart(places, words, letter):
    """The places, some of them lower, so that no two words lie on each other; the highest word comes first."""
    places = np.array(places, float)
    widths, done = letter[0] * np.array([len(word) for word in words]), []
    for i in np.argsort(-places[:, 1], kind="stable"):
        for j in sorted(done, key=lambda k: -places[k, 1]):
            beside = abs(places[i, 0] - places[j, 0]) >= (widths[i] + widths[j]) / 2
            if not beside and abs(places[i, 1] - places[j, 1]) < letter[1]:
                places[i, 1] = places[j, 1] - letter[1]
        done.append(i)
    return places


@styled
def symbol_bars(shares: dict, symbols, *, columns: int = 3, y_label="probability", title=None) -> Picture:
    """Shows the shares of a few symbols under several rules, a panel of bars for each, on one scale.

    Args:
        shares: {name: (V,)}.
        symbols: V names, drawn below the bars.
        columns: panels in a row.
        y_label: what the bars are.
        title: a line above the picture.

    Returns:
        A Picture; a bar of height 0 is marked by a cross.

    Raises:
        ValueError: if a panel has not one number for each symbol.
    """
    symbols = [str(symbol) for symbol in symbols]
    named = {name: finite(values, name or "shares") for name, values in panels(shares, "shares").items()}
    for name, values in named.items():
        if values.shape != (len(symbols),):
            raise ValueError(f"{name!r} needs {len(symbols)} numbers. Received: shape {values.shape}")
    columns = min(columns, len(named))
    rows = -(-len(named) // columns)
    figure = new_figure(2.2 * columns + 0.4, 1.45 * rows + (0.6 if title else 0.3))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.ravel()[len(named) :]:
        axes.set_axis_off()
    for axes, (name, values) in zip(grid.ravel(), named.items(), strict=False):
        places = np.arange(len(symbols))
        axes.bar(places, values, color=COLOURS[0], width=0.7)
        gone = values == 0
        if gone.any():
            axes.plot(places[gone], np.zeros(gone.sum()), "x", color=COLOURS[1], markersize=6, clip_on=False)
        axes.set_xticks(places, symbols)
        axes.set_title(name)
    for axes in grid[:, 0]:
        axes.set_ylabel(y_label)
    if title:
        figure.suptitle(title)
    return figure
