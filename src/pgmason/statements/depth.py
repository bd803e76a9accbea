"""How deep can the tree of a statement be, told before it is parsed, and how deep may it be?

Left to others: the stack that a deep one is given (parser.py).
"""

from __future__ import annotations

import re

from pgmason.statements.landmarks import LETTER, LETTER_OR_DIGIT, next_landmark

# libpg_query recurses once for each operator of a chain like a || b || c, looks at no stack, and takes time by the
# square of their number: 24,000 in the usual 8 MB end the process with SIGSEGV, 500,000 keep it busy for 5 minutes. A
# script from a stranger must not be able to do either. Measured: 390 bytes of stack an operator.
STACK_PER_LINK_BYTES = 1024
ALWAYS_SHALLOW = 1024  # characters: at a link each this is 1 MB, which every thread has, musl's included
MOST_LINKS = 40_000  # about 2 s

# What may nest a tree further: words, operators, brackets; a comma starts over.
_LINK = re.compile(rf"{LETTER}(?:{LETTER_OR_DIGIT}|\$)*|[-+*/<>=~!@#%^&|`?:]|[()\[\],]")
_ACROSS_COMMAS = frozenset({"union", "intersect", "except", "join"})  # their chains hold lists with commas of their own


def links_in(sql: str) -> int:
    """How deep the tree of a statement can be, at most, without parsing it: by far less deep mostly."""
    outer: list[tuple[int, int, int, int]] = []
    across = links = inner = most = 0  # in this bracket; since the last comma; in its brackets; before that comma
    mark = 0
    while True:
        sign, start, end = next_landmark(sql, mark)
        for piece in _LINK.findall(sql, mark, start):
            if piece == ",":
                links, inner, most = 0, 0, max(most, links + inner)
            elif piece in "([":
                outer.append((across, links, inner, most))
                across = links = inner = most = 0
            elif piece in ")]":
                depth = across + max(most, links + inner) + 1
                across, links, inner, most = outer.pop() if outer else (0, 0, 0, 0)
                inner = max(inner, depth)
            elif piece.lower() in _ACROSS_COMMAS:
                across += 1
            else:
                links += 1
        if not sign:
            return across + max(most, links + inner)
        mark = end
