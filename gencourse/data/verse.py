"""Quatrains as running text, and back."""

import re

HEADINGS = {5: "五言：", 7: "七言："}  # "in fives:", "in sevens:": how collections name the two forms
_FOUR_LINES = re.compile(r"(\w+)，(\w+)。(\w+)，(\w+)。")


def quatrain_text(lines):
    """Write a quatrain as it is printed, after a heading that names its form, with a line break at its end.

    Args:
        lines: four strings of five characters each, or of seven.

    Returns:
        A string such as "五言：四时运灰琯，一夕变冬春。送寒余雪尽，迎岁早梅新。\\n".

    Raises:
        ValueError: for lines of another form.
    """
    lines = tuple(lines)
    size = len(lines[0]) if lines else 0
    if len(lines) != 4 or size not in HEADINGS or any(len(line) != size for line in lines):
        raise ValueError(f"expected four lines of five characters, or of seven. Received: {lines}")
    first, second, third, fourth = lines
    return f"{HEADINGS[size]}{first}，{second}。{third}，{fourth}。\n"


def quatrain_lines(text):
    """Find the four lines of a quatrain, where a text is one.

    Args:
        text: with or without the heading and the line break that `quatrain_text` writes.

    Returns:
        Four strings of five characters each, or of seven; None for a text of another form, or one whose heading asks
        for another form than its lines have.
    """
    body, asked = text.strip(), None
    for size, heading in HEADINGS.items():
        if body.startswith(heading):
            body, asked = body.removeprefix(heading), size
    found = _FOUR_LINES.fullmatch(body.replace("□", "_"))  # □ stands for a character that is lost
    if found is None:
        return None
    lines = tuple(line.replace("_", "□") for line in found.groups())
    sizes = {len(line) for line in lines}
    if len(sizes) != 1 or not sizes <= set(HEADINGS) or asked not in (None, *sizes):
        return None
    return lines
