"""What this course adds to Sphinx: formulas as MathML, which no script has to draw; solutions kept out of searches."""

import functools
import html


@functools.cache
def converter():
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False)


def formula(latex, display):
    """MathML of a formula.

    Args: latex: its LaTeX; display: whether it stands on a line of its own.
    Returns: (HTML, why it could not be converted or ""); then the HTML is the LaTeX, marked with a class that
        `site_check` reports.
    """
    from math_core import LatexError

    try:
        return converter().convert_with_local_state(latex, displaystyle=display), ""
    except LatexError as error:
        return f'<code class="formula-fault">{html.escape(latex)}</code>', str(error)


def visit(translator, node, display):
    from docutils.nodes import SkipNode
    from sphinx.util import logging

    text, fault = formula(node.astext(), display)
    if fault:
        logging.getLogger(__name__).warning("a formula could not be read: %s", fault, location=node)
    # A long formula scrolls by itself; whoever uses the keyboard can reach it.
    translator.body.append(f'<div class="formula" tabindex="0">{text}</div>\n' if display else text)
    raise SkipNode


def visit_inline(translator, node):
    visit(translator, node, False)


def visit_block(translator, node):
    visit(translator, node, True)


def keep_out_of_search(app, doctree):
    """A page of solutions stands in no list and is found by no search: a lesson leads to it."""
    name = app.env.docname
    if name.startswith("solutions/"):
        app.env.metadata[name].update({"nosearch": True, "orphan": True})


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("doctree-read", keep_out_of_search, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
