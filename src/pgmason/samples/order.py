"""In which order are tables written, so that a parent has its rows before its children refer to them?"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.samples.shape import Shape, Table

__all__ = ["in_order"]


def in_order(shape: Shape) -> list[list[Table]]:
    """Tables that refer to each other in a circle together, each group after those it refers to (Tarjan, 1972).

    Without recursion: a chain of foreign keys may be as long as a schema is large.
    """
    below: dict[int, list[int]] = {}
    for oid, table in shape.tables.items():
        parents = {key.parent for key in table.foreign_keys if key.parent not in (oid, table.root)}
        below[oid] = sorted((parents & shape.tables.keys()) | set(shape.leaves.get(oid, ())))
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    groups: list[list[Table]] = []
    for start in shape.tables:
        if start in number:
            continue
        path: list[tuple[int, Iterator[int]]] = [(start, iter(below[start]))]
        number[start] = low[start] = len(number)
        stack.append(start)
        while path:
            oid, waiting = path[-1]
            following = next(waiting, None)
            if following is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[oid])
                if low[oid] == number[oid]:
                    at = stack.index(oid)
                    groups.append([shape.tables[member] for member in sorted(stack[at:])])
                    del stack[at:]
            elif following not in number:
                number[following] = low[following] = len(number)
                stack.append(following)
                path.append((following, iter(below[following])))
            elif following in stack:
                low[oid] = min(low[oid], number[following])
    return groups
