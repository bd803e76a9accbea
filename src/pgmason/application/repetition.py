"""Which calls are made once for each item of something?

A loop, a comprehension and a callback for each item are one thing here. What is fixed in number does not count: a list
written out, a retry, pages and batches; nor does a stream, whose items come one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pgmason.application.model import (
    Assign,
    Await,
    Call,
    Constant,
    Each,
    Expression,
    Function,
    Item,
    Listed,
    Loop,
    Member,
    Module,
    Name,
    Node,
    Record,
    Tagged,
    Text,
    children,
    descend,
    path_of,
)
from pgmason.application.scopes import Scopes

__all__ = ["Repeated", "mentions", "repeated"]

_EACH = {"map", "forEach", "flatMap", "filter", "some", "every", "find", "each", "reduce"}
_EACH_NAMES = {"pMap", "map", "asyncMap", "mapLimit", "eachLimit", "mapSeries", "forEachAsync", "filter", "each"}
_PORTIONS = ("chunk", "batch", "page", "slice", "partition", "portion", "window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """`node` is a call that is made for each item of `over`; `names` are those whose values differ with the item,
    `items` those of them that are not the number that a loop counts."""

    node: Call | Tagged
    names: frozenset[str]
    over: Expression | None
    items: frozenset[str]
    indexed: bool  # the item is looked up by a number: ids[i]


@dataclass(frozen=True, slots=True)
class _Around:
    names: frozenset[str]
    over: Expression | None
    indexed: bool = False
    items: frozenset[str] = frozenset()


def mentions(node: Node, names: frozenset[str]) -> bool:
    """Whether an expression speaks of one of the names."""
    return any(isinstance(one, Name) and one.name in names for one in descend(node))


def repeated(scopes: Scopes, module: Module) -> Iterator[Repeated]:
    """Every call that is made for each item, once, with the innermost repetition around it."""
    yield from _below(scopes, module, None)


def _below(scopes: Scopes, node: Node, around: _Around | None) -> Iterator[Repeated]:
    if isinstance(node, Loop):
        for one in (node.over, node.test):
            if one is not None:
                yield from _below(scopes, one, around)
        inner = _of_loop(scopes, node) or around
        for statement in node.body:
            yield from _below(scopes, statement, inner)
        return
    if isinstance(node, Each):
        yield from _below(scopes, node.over, around)
        counts = not _is_bounded(scopes, node.over) and not _in_portions(node.names, node.over)
        inner = _Around(frozenset(node.names), node.over) if counts else around
        for one in (*node.tests, node.value):
            yield from _below(scopes, one, inner)
        return
    if isinstance(node, Function) and node.name:
        around = None  # made here, called elsewhere
    if isinstance(node, Call):
        if around is not None:
            yield Repeated(node=node, names=around.names, items=around.items, over=around.over, indexed=around.indexed)
        yield from _call(scopes, node, around)
        return
    if isinstance(node, Tagged) and around is not None:
        yield Repeated(node=node, names=around.names, items=around.items, over=around.over, indexed=around.indexed)
    for child in children(node):
        yield from _below(scopes, child, around)


def _call(scopes: Scopes, call: Call, around: _Around | None) -> Iterator[Repeated]:
    steps = path_of(call.of)
    last = steps[-1] if steps else ""
    over: Expression | None = None
    if isinstance(call.of, Member) and last in _EACH:
        over = call.of.of
    elif last in _EACH_NAMES and isinstance(call.of, Name) and len(call.arguments) > 1:
        over = next((one for one in call.arguments if not isinstance(one, Function)), None)
    elif steps == ("Array", "from") and len(call.arguments) == 2:
        over = call.arguments[0]
    yield from _below(scopes, call.of, around)
    if last in ("$transaction", "batch"):
        around = None  # a list of queries that are sent together
    for argument in (*call.arguments, *(value for _, value in call.keywords)):
        if over is not None and isinstance(argument, Function):
            parameters = argument.parameters[1:2] if last == "reduce" else argument.parameters[:1]
            names = frozenset(name for one in parameters for name in one.names)
            inner = around
            if not _is_bounded(scopes, over) and not _in_portions(tuple(names), over):
                inner = _Around(names | _derived(argument.body, names), over)
            for statement in argument.body:
                yield from _below(scopes, statement, inner)
        elif over is not None and isinstance(argument, Name) and argument is not over:
            function = _function(scopes, argument)
            if function is not None and not _is_bounded(scopes, over):
                made = Call(line=argument.line, of=argument, arguments=(Name(line=argument.line, name="item"),))
                yield Repeated(node=made, names=frozenset({"item"}), items=frozenset(), over=over, indexed=False)
        else:
            yield from _below(scopes, argument, around)


def _function(scopes: Scopes, name: Name) -> Function | None:
    _, found = scopes.reaching(name)
    return found[0].value if len(found) == 1 and isinstance(found[0].value, Function) else None


def _of_loop(scopes: Scopes, loop: Loop) -> _Around | None:
    if loop.strides or loop.stream or _in_portions(loop.names, loop.over):
        return None
    names = frozenset(loop.names)
    if loop.over is None:
        found = frozenset(
            name
            for one in loop.body
            for assign in descend(one, into_functions=False)
            if isinstance(assign, Assign) and _looked_up(assign.value, names)
            for name in assign.names
        )
        return _Around(names | found, None, indexed=True, items=found) if names else None
    if _is_bounded(scopes, loop.over):
        return None
    return _Around(names | _derived(loop.body, names), loop.over)


def _looked_up(node: Expression, names: frozenset[str]) -> bool:
    return any(isinstance(one, Item) and mentions(one.key, names) for one in descend(node))


def _derived(body: tuple[Node, ...], names: frozenset[str]) -> frozenset[str]:
    """The names that get a value from those of the item."""
    found: set[str] = set()
    for statement in body:
        for one in descend(statement, into_functions=False):
            if isinstance(one, Assign) and mentions(one.value, names | frozenset(found)):
                found |= set(one.names)
    return frozenset(found)


def _in_portions(names: tuple[str, ...], over: Expression | None) -> bool:
    said = [*names, *(path_of(over) if over is not None else ())]
    return any(word in name.lower() for name in said for word in _PORTIONS)


def _is_bounded(scopes: Scopes, over: Expression | None, depth: int = 0) -> bool:
    """Whether the code itself says how many items there are."""
    if over is None or depth > 4:
        return False
    if isinstance(over, Await):
        return _is_bounded(scopes, over.of, depth + 1)
    if isinstance(over, Listed):
        return not over.spread
    if isinstance(over, Record):
        return not over.spread
    if isinstance(over, Text | Constant):
        return True
    if isinstance(over, Name):
        _, found = scopes.reaching(over)
        if over.name.isupper() and len(over.name) > 1:
            return True
        return bool(found) and all(one.kind == "value" and _is_bounded(scopes, one.value, depth + 1) for one in found)
    if isinstance(over, Call):
        last = path_of(over.of)[-1:]
        if last == ("range",):
            return all(isinstance(one, Constant) for one in over.arguments)
        if last and last[0] in ("entries", "keys", "values", "items", "enumerate", "Set", "Map", "sorted", "from"):
            inner = over.of.of if isinstance(over.of, Member) and not over.arguments else None
            return _is_bounded(scopes, inner or next(iter(over.arguments), None), depth + 1)
    return False
