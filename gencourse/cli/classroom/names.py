"""Which names a piece of a notebook makes and which it needs: how a solution or an answer finds what it stands on."""

import ast
import builtins
import symtable
from dataclasses import dataclass

BUILTIN = frozenset(dir(builtins)) | {"__file__", "__name__", "get_ipython", "display"}


@dataclass(frozen=True)
class Names:
    """Names that a piece of code binds at its top level, and those it takes from outside."""

    made: frozenset
    needed: frozenset


def names_of(code):
    """The names of a piece of code.

    Args: code: the text of a cell or of some statements.
    Returns: Names; both sets are empty for text that is no Python.
    """
    made, needed, later = set(), set(), set()
    try:
        for text in statements(code):
            top = symtable.symtable(text, "<statement>", "exec")
            bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
            read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
            node = ast.parse(text).body[0]
            if isinstance(
                node, ast.For | ast.With | ast.If | ast.While | ast.Try
            ):  # binds what its own lines then read
                read -= bound
            needed |= (read | _changed(node)) - made
            made |= bound
            later |= set(_global_reads(top.get_children()))  # looked up when the function is called
    except SyntaxError:
        return Names(frozenset(), frozenset())
    return Names(frozenset(made), frozenset((needed | (later - made)) - BUILTIN))


def _changed(node):
    """Names that an augmented assignment (x += 1) anywhere in a statement changes."""
    found = (each.target for each in ast.walk(node) if isinstance(each, ast.AugAssign))
    return {target.id for target in found if isinstance(target, ast.Name)}


def _global_reads(tables):
    for table in tables:
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from _global_reads(table.get_children())


def statements(code):
    """The top-level statements of a cell, each as its own text with the comments above it left out."""
    return [ast.get_source_segment(code, node) or ast.unparse(node) for node in _with_decorators(code)]


def _with_decorators(code):
    for node in ast.parse(code).body:
        decorators = getattr(node, "decorator_list", [])
        if decorators:  # the segment of a decorated function begins below its decorators
            node.lineno, node.col_offset = decorators[0].lineno, decorators[0].col_offset - 1
        yield node


def pieces_for(wanted, earlier, given=frozenset()):
    """The pieces of code, in order, that together make the wanted names.

    Args:
        wanted: a set of names; earlier: texts, in the order in which they run.
        given: names that need not be made, because they are there.
    Returns: indices into `earlier`, in order.
    """
    wanted, kept = set(wanted) - given, []
    for index in range(len(earlier) - 1, -1, -1):
        names = names_of(earlier[index])
        if names.made & wanted:
            kept.append(index)
            # What changes a name needs what it was before; `names.needed` holds it then.
            wanted = (wanted - names.made) | (names.needed - given)
    return kept[::-1]
