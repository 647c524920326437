"""Sentences for learners as HTML, which wraps between words where plain text in JupyterLab breaks inside them."""

import html
import itertools
import re


def marked(words: str) -> str:
    """Returns words as HTML: escaped, with `code` and *emphasis* in their own types."""
    pieces = re.split(r"`([^`]+)`", html.escape(words, quote=False))
    plain = [re.sub(r"\*(\S(?:[^*]*\S)?)\*", r"<em>\1</em>", piece) for piece in pieces[::2]]
    code = [f"<code>{piece}</code>" for piece in pieces[1::2]]
    return "".join(piece for pair in itertools.zip_longest(plain, code, fillvalue="") for piece in pair)


def paragraph(words: str) -> str:
    """Returns words as one paragraph of HTML, with `code` in its own type and every line on its own."""
    lines = (re.sub(r"`([^`]+)`", r"<code>\1</code>", line) for line in html.escape(words, quote=False).splitlines())
    return f"<p>{'<br>'.join(lines)}</p>"
