"""What is a file of application code, as far as its database calls go?

A small tree that JavaScript, TypeScript and Python share, so that a rule is written once. It keeps what decides where
a text comes from and which calls are made on which path: names, members, calls, joined texts, functions, branches,
loops. What else a language has is `Other`, with its parts. Lines are 1-based.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

__all__ = [
    "Among",
    "Assign",
    "Await",
    "Branch",
    "Call",
    "Choice",
    "Constant",
    "Do",
    "Each",
    "Expression",
    "Function",
    "Group",
    "Import",
    "Item",
    "Joined",
    "Leave",
    "Listed",
    "Loop",
    "Member",
    "Module",
    "Name",
    "Node",
    "Not",
    "Other",
    "Parameter",
    "Record",
    "Statement",
    "Tagged",
    "Text",
    "Try",
    "With",
    "children",
    "descend",
    "path_of",
    "root_of",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """Anything in the tree; two nodes are the same where they are one object."""

    line: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text(Node):
    """A literal text without anything put into it."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constant(Node):
    """A number, a truth value, nothing; or arithmetic, which makes no text."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined(Node):
    """A text put together: a template, an f-string, `+`, `%`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Name(Node):
    """A variable; `this` and `self` are names."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member(Node):
    """`of.name`"""

    of: Expression
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item(Node):
    """`of[key]`"""

    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call(Node):
    """`of(arguments, keyword=...)`; `new` where it makes an object of a class by that word."""

    of: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tagged(Node):
    """A tagged template: what stands in it reaches the tag apart from its text."""

    tag: Expression
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice(Node):
    """One of several: a conditional expression, `a or b`, `a ?? b`."""

    options: tuple[Expression, ...]
    test: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Not(Node):
    of: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Among(Node):
    """`item in of`"""

    item: Expression
    of: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed(Node):
    """A list, tuple or set written out; `spread` are other lists whose items stand in it too."""

    items: tuple[Expression, ...]
    spread: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record(Node):
    """An object or dictionary written out: key (None where worked out) and value; `spread` are others' entries."""

    entries: tuple[tuple[str | None, Expression], ...]
    spread: tuple[Expression, ...] = ()

    def get(self, key: str) -> Expression | None:
        """The value of that key."""
        return next((value for name, value in self.entries if name == key), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Await(Node):
    of: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Each(Node):
    """A comprehension: `value for names in over if tests`."""

    names: tuple[str, ...]
    over: Expression
    value: Expression
    tests: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Other(Node):
    """Anything else, with its parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameter(Node):
    """`names` are several where it is taken apart; `annotation` is its type as written, "" for none."""

    names: tuple[str, ...]
    annotation: str = ""
    default: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function(Node):
    """A function or method. `exported` where other files can call it; `owner` the class it belongs to, "" for none."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    exported: bool = False
    owner: str = ""
    decorators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assign(Node):
    """`names = value`; `adds` where it is `+=`. `member` is set for `this.member = value` and fields of a class;
    `target` where what gets the value is a member or an item of something."""

    names: tuple[str, ...]
    value: Expression
    adds: bool = False
    member: str = ""
    target: Expression | None = None
    exported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Do(Node):
    """An expression that is only evaluated."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leave(Node):
    """`word` is return, throw, break or continue."""

    word: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Branch(Node):
    """Exactly one of `paths` is taken; an empty one where there is no else."""

    test: Expression
    paths: tuple[tuple[Statement, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop(Node):
    """`over` is None for a loop on a condition (`test`). `strides` where it goes by more than one at a time, `stream`
    where it waits for each item: `for await`, `async for`."""

    names: tuple[str, ...]
    over: Expression | None
    test: Expression | None
    body: tuple[Statement, ...]
    strides: bool = False
    stream: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Try(Node):
    body: tuple[Statement, ...]
    handlers: tuple[tuple[Statement, ...], ...]
    final: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class With(Node):
    """Python's with: each thing that is entered, and the name it is given ("" for none)."""

    entered: tuple[tuple[Expression, str], ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Import(Node):
    """`names` (what each is called here, what it is called there) from `module`."""

    module: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group(Node):
    """A class, or a block that is always taken."""

    name: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Module(Node):
    """One file. `broken` are the lines of what does not parse."""

    body: tuple[Statement, ...]
    broken: tuple[int, ...] = ()


Expression: TypeAlias = Node
Statement: TypeAlias = Node


_HOLDING: dict[type[Node], tuple[str, ...]] = {}  # the fields of each kind of node that may hold nodes


def _holding(kind: type[Node]) -> tuple[str, ...]:
    known = _HOLDING.get(kind)
    if known is None:
        plain = {"line", "name", "value"} if kind is Text else {"line", "name"}
        known = _HOLDING[kind] = tuple(field.name for field in fields(kind) if field.name not in plain)
    return known


def children(node: Node) -> list[Node]:
    """The nodes right below, in the order in which they are written down in the kind."""
    found: list[Node] = []
    for name in _holding(type(node)):
        value = getattr(node, name)
        if type(value) is tuple:
            _add_nodes(value, found)
        elif isinstance(value, Node):
            found.append(value)
    return found


def _add_nodes(values: tuple[object, ...], found: list[Node]) -> None:
    for one in values:
        if type(one) is tuple:
            _add_nodes(one, found)
        elif isinstance(one, Node):
            found.append(one)


def descend(node: Node, *, into_functions: bool = True) -> Iterator[Node]:
    """The node and all below it, in order; what is below another function only where `into_functions`."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if into_functions or one is node or not isinstance(one, Function):
            below = children(one)
            below.reverse()
            waiting += below


def path_of(node: Node | None) -> tuple[str, ...]:
    """`this.pool.query` as ("this", "pool", "query"); a call or subscription on the way is "()" or "[]"."""
    steps: list[str] = []
    while node is not None:
        if isinstance(node, Name):
            steps.append(node.name)
            break
        if isinstance(node, Member):
            steps.append(node.name)
            node = node.of
        elif isinstance(node, Call):
            steps.append("()")
            node = node.of
        elif isinstance(node, Item):
            steps.append("[]")
            node = node.of
        elif isinstance(node, Await):
            node = node.of
        else:
            steps.append("?")
            break
    return tuple(reversed(steps))


def root_of(node: Node) -> Node:
    """What a chain of members and calls begins with."""
    while isinstance(node, Member | Call | Item | Await):
        node = node.of
    return node
