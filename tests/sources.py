"""The project's own sources as trees, for the tests that read code. Nothing is run."""

import ast
import gc


def parsed(text: str) -> ast.Module:
    """The tree of a module's text.

    Python 3.11 counts the depth of a tree for all threads together: where a collection runs
    somebody's finalizer amid it, whatever that parses is taken for part of this tree, and a
    ``SystemError`` ("recursion depth mismatch") is the end. So none runs meanwhile.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was:
            gc.enable()
