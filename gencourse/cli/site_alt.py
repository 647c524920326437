"""What a person who does not see a lesson's picture is told: its kind, its axes, and the sentence that reads it.

Nothing is executed. The kind comes from the function that drew the picture, the axes from the labels in the cell, and
the reading from the prose that follows, since in every lesson a sentence that reads a plot follows the plot.
"""

import ast
import re

LONGEST = 320  # characters of a text: it is read aloud in one go

KINDS = {
    "animate_grids": "Animation of image grids",
    "arrows": "Field of arrows",
    "attention_map": "Attention map",
    "bars": "Bar chart",
    "code_points": "Points with the numbers of codes",
    "code_tiles": "Numbered tiles of codes",
    "coloured_text": "Text with a colour behind each symbol",
    "compare_grids": "Grids of images side by side",
    "density": "Map of a density",
    "explore": "Rows of images, one for each slider",
    "histogram": "Histogram",
    "image_grid": "Grid of images",
    "latent_map": "Map of codes, coloured by class",
    "loss_curves": "Curves",
    "paths": "Paths of points",
    "pixel_maps": "Maps of pixels",
    "precision_recall_plane": "Models in the plane of precision and recall",
    "quiz": "Grid of images with numbers",
    "road": "Diagram",
    "save_gif": "Animation",
    "scatter": "Scatter plot",
    "show_gif": "Animation",
    "symbol_bars": "Bars of symbols' probabilities",
    "symbol_table": "Table of symbols",
    "timeline": "Timeline",
    "trade_off": "Trade-off of two measures",
    "word_map": "Map of words",
}
PLAIN = "Picture"
AXES = ("x_label", "y_label", "unit")

GREEK = r"\alpha \beta \gamma \delta \epsilon \lambda \mu \nu \pi \sigma \tau \phi \varepsilon \Sigma"  # in this order
# LaTeX as it is read aloud; commands that are not here lose their backslash.
SPOKEN = {
    r"\mid": "|",
    r"\sim": "~",
    r"\cdot": "·",
    r"\times": "×",
    r"\approx": "≈",
    r"\ge": "≥",
    r"\le": "≤",
    r"\pm": "±",
    r"\to": "→",
    r"\dots": "…",
    r"\|": "‖",
    r"\log": " log ",
    r"\sqrt": "√",
    r"\infty": "∞",
    **dict(zip(GREEK.split(), "αβγδελμνπστφεΣ", strict=True)),
    **{f"\\{name}": "" for name in ("left", "right", "big", "Big", "mathrm", "mathbb", "text", "quad", "qquad")},
    **{f"\\{sign}": "" for sign in ",;! "},
}


def plain_formula(latex):
    """A short formula as text: `p(x \\mid z)` to `p(x | z)`."""
    text = re.sub(r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", latex)
    text = re.sub(r"\\[A-Za-z]+|\\.", lambda hit: SPOKEN.get(hit.group(), hit.group()[1:]), text)
    return re.sub(r"\s+", " ", text.replace("{", "").replace("}", "")).strip()


def plain(markdown):
    """A paragraph of Markdown as text without marks."""
    text = re.sub(r"\$\$?(.+?)\$\$?", lambda hit: plain_formula(hit.group(1)), markdown, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?m)^\s*(?:[-*]|\d+\.)\s+", "", text)
    return re.sub(r"\s+", " ", text.replace("*", "").replace("`", "")).strip()


def first_sentences(text, longest=LONGEST):
    """As many whole sentences from the start of `text` as fit into `longest` characters; a longer first one is cut."""
    sentences = re.split(r"(?<=[.!?])\s+(?=[^a-z])", text)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + 1 + len(sentence) > longest:
            break
        kept = f"{kept} {sentence}"
    return kept if len(kept) <= longest else kept[:longest].rpartition(" ")[0] + " …"


def paragraphs(markdown):
    """The prose paragraphs of a cell: no headings, tables, fences, displayed formulas."""
    blocks = re.split(r"\n\s*\n", re.sub(r"(?ms)^```.*?^```", "", markdown.strip()))
    return [block for block in blocks if block.strip() and not re.match(r"\s*(#|\||\$\$|<|!\[)", block)]


def calls(tree):
    """Names that a syntax tree calls, in order of their places: `viz.bars(...)` and `bars(...)` both give "bars"."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return [getattr(node.func, "attr", getattr(node.func, "id", "")) for node in found]


def drawing(source, helpers):
    """The function of `gencourse.viz` that a cell's last picture comes from, or None.

    Args:
        source: the cell's code.
        helpers: {name: viz function} of functions that earlier cells defined; those that this cell defines are added.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with IPython's own syntax
        return None
    last = None
    for statement in tree.body:
        hits = [helpers.get(name, name) for name in calls(statement)]
        hits = [name for name in hits if name in KINDS]
        if isinstance(statement, ast.FunctionDef):
            if hits:
                helpers[statement.name] = hits[-1]
        elif hits:
            # "show_gif(animate_grids(...))" is an animation of grids; "image_grid(...)" is what it says.
            last = max(hits, key=lambda name: (name not in ("show_gif", "save_gif"), hits.index(name)))
    return last


def axes(source):
    """What the cell's literals say of the axes: ["x: step", "y: share"]."""
    found = []
    for name in AXES:
        hit = re.search(rf'\b{name}=f?"([^"{{]+)"', source)
        if hit:
            found.append(f"{name[0]}: {hit.group(1).strip()}" if name != "unit" else hit.group(1).strip())
    return found


def reading(cells, index, longest=LONGEST):
    """The prose that reads the picture of cell `index`: what follows it, else what leads to it; "" if none is near."""
    for cell in cells[index + 1 : index + 4]:
        if cell.cell_type == "markdown":
            if cell.source.lstrip().startswith("#"):
                break  # another topic
            blocks = paragraphs(cell.source)
            if blocks:
                return first_sentences(plain(blocks[0]), longest)
    for cell in reversed(cells[:index]):
        if cell.cell_type == "markdown" and paragraphs(cell.source):
            return re.sub(r":$", ".", first_sentences(plain(paragraphs(cell.source)[-1]), longest))
    return ""


def has_picture(cell):
    outputs = cell.get("outputs", ())
    return any(kind.startswith("image/") for result in outputs for kind in result.get("data", ()))


def kinds(notebook):
    """{index of cell: kind and axes, as "Curves (x: step)."} of every cell of an nbformat notebook with a picture."""
    helpers, found = {}, {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        name = drawing(cell.source, helpers)
        if has_picture(cell):
            labels = axes(cell.source)
            found[index] = KINDS.get(name, PLAIN) + (f" ({'; '.join(labels)})." if labels else ".")
    return found


def texts(notebook):
    """{index of cell: alternative text, kind and reading} of every cell of an nbformat notebook with a picture."""
    cells = notebook.cells
    return {
        index: f"{kind} {reading(cells, index, LONGEST - len(kind) - 1)}".strip()
        for index, kind in kinds(notebook).items()
    }
