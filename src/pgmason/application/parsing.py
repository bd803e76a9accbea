"""How is a file of application code parsed? By tree-sitter's grammars, which are installed with `pgmason[code]`."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

    from pgmason.application.model import Module

__all__ = ["LANGUAGES", "NEEDED", "can_parse", "language_of", "parse"]

# by the end of a file's name
LANGUAGES = {
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "typescript",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".py": "python",
}
NEEDED = "pip install 'pgmason[code]'"
_GRAMMARS = ("tree_sitter", "tree_sitter_typescript", "tree_sitter_javascript", "tree_sitter_python")


def can_parse() -> bool:
    """Whether the grammars are installed."""
    return all(find_spec(module) is not None for module in _GRAMMARS)


def language_of(file: str) -> str | None:
    """typescript, javascript or python, by a file's name; None for others and for declarations of types."""
    if file.endswith((".d.ts", ".d.mts", ".d.cts")):
        return None
    return next((language for ending, language in LANGUAGES.items() if file.endswith(ending)), None)


@cache
def _parser(grammar: str) -> tree_sitter.Parser:
    import tree_sitter

    if grammar == "python":
        import tree_sitter_python

        language = tree_sitter_python.language()
    elif grammar == "javascript":
        import tree_sitter_javascript

        language = tree_sitter_javascript.language()
    else:
        import tree_sitter_typescript

        tsx = grammar == "tsx"
        language = tree_sitter_typescript.language_tsx() if tsx else tree_sitter_typescript.language_typescript()
    return tree_sitter.Parser(tree_sitter.Language(language))


def parse(file: str, text: str) -> Module:
    """The tree of one file, in the language of its name; what does not parse is in `broken`, by line.

    Raises ImportError where the grammars are not installed, RecursionError where expressions are nested too deep.
    """
    language = language_of(file) or "typescript"
    root = _parser("tsx" if file.endswith(".tsx") else language).parse(text.encode()).root_node
    broken = _broken(root) if root.has_error else ()
    if language == "python":
        from pgmason.application.python import python_module

        return python_module(root, broken)
    from pgmason.application.javascript import javascript_module

    return javascript_module(root, broken)


def _broken(root: tree_sitter.Node) -> tuple[int, ...]:
    """The lines at which something does not parse; what the grammar only misses is no error of the file's."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR":
            found.append(node.start_point[0] + 1)
        elif node.has_error:
            waiting += reversed(node.children)
    return tuple(sorted(set(found)))
