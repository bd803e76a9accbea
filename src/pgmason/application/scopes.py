"""Which value may a name have at a place, and who calls a function? Worked out once for a file.

A name's bindings are kept with the order and the block in which they stand, so that an assignment that surely came in
between hides those before it. Functions that other files can call, or that are handed on as values, have callers that
are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pgmason.application.model import (
    Among,
    Assign,
    Branch,
    Call,
    Choice,
    Do,
    Each,
    Expression,
    Function,
    Group,
    Import,
    Leave,
    Listed,
    Loop,
    Member,
    Module,
    Name,
    Node,
    Not,
    Parameter,
    Statement,
    Try,
    With,
    children,
    path_of,
)

__all__ = ["Binding", "Scope", "Scopes", "Spot"]

_EACH = {"map", "forEach", "flatMap", "filter", "some", "every", "find", "findIndex", "each", "eachSeries"}
_PUSHES = {"push", "unshift", "append", "extend", "insert", "add"}
_HOLDS = {"includes", "has", "__contains__"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a function something stands: `order` counts statements, `path` names the blocks around it."""

    order: int
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One way in which a name gets its value.

    `kind`: value; part (one of what `value` is taken apart into); add (`+=`); push (an item of a list); each (an item
    of `value`); index (a number); checked (found in `value`); parameter; import; function; opaque.
    """

    kind: str
    value: Node
    spot: Spot
    told: str = ""  # what an imported name is called where it comes from


@dataclass(slots=True, eq=False)
class Scope:
    """One function, or the file itself."""

    of: Function | Module
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)

    def holder(self, name: str) -> Scope | None:
        """The innermost scope outwards that gives the name a value."""
        scope: Scope | None = self
        while scope is not None and name not in scope.bindings:
            scope = scope.parent
        return scope

    def functions(self) -> Iterator[Function]:
        """The functions around, innermost first, this one's own among them."""
        scope: Scope | None = self
        while scope is not None:
            if isinstance(scope.of, Function):
                yield scope.of
            scope = scope.parent


class Scopes:
    """The scopes of one file, and where each expression stands."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.functions: list[Function] = []
        self.callers: dict[int, list[Call]] = {}
        self.members: dict[str, list[Expression]] = {}
        self.handed_on: set[int] = set()
        self.imports: dict[str, str] = {}  # name -> module
        self.modules: set[str] = set()
        self._where: dict[int, tuple[Scope, Spot]] = {}
        self._own: dict[int, Scope] = {}
        self._methods: dict[str, list[Function]] = {}
        self._classes: set[str] = set()
        self._order = 0
        self._blocks = 0
        self._calls: list[Call] = []
        self._plain: list[Name] = []
        self.top = Scope(module, None)
        self._own[id(module)] = self.top
        self._block(module.body, self.top, ())
        self._lift()
        self._resolve()

    # asked by others

    def where(self, node: Node) -> tuple[Scope, Spot]:
        """The scope and the spot of an expression of this file."""
        return self._where.get(id(node), (self.top, Spot(0, ())))

    def scope_of(self, function: Function) -> Scope:
        """The scope that a function is."""
        return self._own[id(function)]

    def function_around(self, node: Node) -> Function | None:
        """The innermost function with a name around an expression, or the innermost one."""
        around = list(self.where(node)[0].functions())
        return next((one for one in around if one.name), around[0] if around else None)

    def all_callers_seen(self, function: Function) -> bool:
        """Whether every call of the function stands in this file."""
        return not function.exported and id(function) not in self.handed_on and bool(self.callers.get(id(function)))

    def reaching(self, name: Name) -> tuple[Scope | None, tuple[Binding, ...]]:
        """The bindings that a name may have its value from where it stands, in the order of the text."""
        scope, spot = self.where(name)
        holder = scope.holder(name.name)
        if holder is None:
            return None, ()
        found = holder.bindings[name.name]
        if holder is not scope:
            return holder, tuple(found)
        before = [one for one in found if one.spot.order < spot.order or one.kind == "parameter"]
        hiding = [
            number
            for number, one in enumerate(before)
            if one.kind not in ("add", "push") and spot.path[: len(one.spot.path)] == one.spot.path
        ]
        if hiding:
            return holder, tuple(before[hiding[-1] :])
        return holder, tuple(before or found)

    def is_own(self, name: str) -> bool:
        """Whether members of that name are the class's own: of `this` and its kind, or of a class of this file."""
        return name in ("this", "self", "cls") or name in self._classes

    def called(self, call: Call) -> Function | None:
        """The function of this file that a call reaches."""
        of = call.of
        if isinstance(of, Name):
            holder, found = self.reaching(of)
            if holder is not None and len(found) == 1 and isinstance(found[0].value, Function):
                return found[0].value
        elif isinstance(of, Member) and isinstance(of.of, Name):
            methods = self._methods.get(of.name, [])
            if of.of.name in ("this", "self", "cls"):
                owner = next((one.owner for one in self.where(call)[0].functions() if one.owner), "")
            else:
                owner = of.of.name
            return next((one for one in methods if one.owner == owner), None)
        return None

    # building

    def _block(self, body: tuple[Statement, ...], scope: Scope, path: tuple[int, ...]) -> None:
        for statement in body:
            self._statement(statement, scope, path)

    def _inner(self, path: tuple[int, ...]) -> tuple[int, ...]:
        self._blocks += 1
        return (*path, self._blocks)

    def _bind(
        self, scope: Scope, names: tuple[str, ...], kind: str, value: Node, path: tuple[int, ...], told: str = ""
    ) -> None:
        for name in names:
            binding = Binding(kind=kind, value=value, spot=Spot(self._order, path), told=told)
            scope.bindings.setdefault(name, []).append(binding)

    def _statement(self, statement: Statement, scope: Scope, path: tuple[int, ...]) -> None:
        self._order += 1
        match statement:
            case Assign():
                self._expression(statement.value, scope, path)
                if statement.target is not None:
                    self._expression(statement.target, scope, path)
                self._order += 1
                kind = "add" if statement.adds else "value" if len(statement.names) == 1 else "part"
                self._bind(scope, statement.names, kind, statement.value, path)
                if statement.member:
                    self.members.setdefault(statement.member, []).append(statement.value)
                self._order += 1
            case Function():
                self._bind(scope, (statement.name,) if not statement.owner else (), "function", statement, path)
                self._function(statement, scope, path)
            case Branch():
                self._branch(statement, scope, path)
            case Loop():
                for one in (statement.over, statement.test):
                    if one is not None:
                        self._expression(one, scope, path)
                inner = self._inner(path)
                if statement.over is not None:
                    kind = "each" if len(statement.names) == 1 else "part"
                    self._bind(scope, statement.names, kind, statement.over, inner)
                self._order += 1
                self._block(statement.body, scope, inner)
            case Try():
                self._block(statement.body, scope, self._inner(path))
                for handler in statement.handlers:
                    self._block(handler, scope, self._inner(path))
                self._block(statement.final, scope, path)
            case With():
                for value, name in statement.entered:
                    self._expression(value, scope, path)
                    self._bind(scope, (name,) if name else (), "opaque", value, path)
                self._order += 1
                self._block(statement.body, scope, path)
            case Import():
                self.modules.add(statement.module)
                for here, there in statement.names:
                    self.imports[here] = statement.module
                    self._bind(scope, (here,), "import", statement, path, there)
            case Group():
                if statement.name:
                    self._classes.add(statement.name)
                self._block(statement.body, scope, path)
            case Leave():
                if statement.value is not None:
                    self._expression(statement.value, scope, path)
            case Do():
                self._expression(statement.value, scope, path)
            case _:
                self._expression(statement, scope, path)

    def _branch(self, branch: Branch, scope: Scope, path: tuple[int, ...]) -> None:
        self._expression(branch.test, scope, path)
        for number, body in enumerate(branch.paths):
            inner = self._inner(path)
            self._order += 1
            if number == 0:
                self._checked(branch.test, scope, inner)
            self._order += 1
            self._block(body, scope, inner)
        if branch.paths and branch.paths[0] and isinstance(branch.paths[0][-1], Leave) and isinstance(branch.test, Not):
            self._order += 1
            self._checked(branch.test.of, scope, path)

    def _checked(self, test: Expression, scope: Scope, path: tuple[int, ...]) -> None:
        """What a test that holds says of a name: that it is one of a list."""
        if isinstance(test, Choice) and test.test is not None:
            self._checked(test.test, scope, path)
            for option in test.options:
                self._checked(option, scope, path)
        if isinstance(test, Among) and isinstance(test.item, Name):
            self._bind_checked(scope, test.item, test.of, path)
        elif (
            isinstance(test, Call)
            and isinstance(test.of, Member)
            and test.of.name in _HOLDS
            and len(test.arguments) == 1
            and isinstance(test.arguments[0], Name)
        ):
            self._bind_checked(scope, test.arguments[0], test.of.of, path)

    def _bind_checked(self, scope: Scope, name: Name, of: Expression, path: tuple[int, ...]) -> None:
        holder = scope.holder(name.name)
        if holder is scope:
            self._bind(scope, (name.name,), "checked", of, path)

    def _function(self, function: Function, scope: Scope, path: tuple[int, ...]) -> None:
        self.functions.append(function)
        if function.owner:
            self._methods.setdefault(function.owner and function.name, []).append(function)
        inner = Scope(function, scope)
        self._own[id(function)] = inner
        self._where[id(function)] = (scope, Spot(self._order, path))
        for parameter in function.parameters:
            if parameter.default is not None:
                self._expression(parameter.default, scope, path)
            self._bind(inner, parameter.names, "parameter", parameter, ())
        self._block(function.body, inner, ())

    def _expression(self, node: Expression, scope: Scope, path: tuple[int, ...]) -> None:
        self._where[id(node)] = (scope, Spot(self._order, path))
        if isinstance(node, Function):
            self._function(node, scope, path)
            return
        if isinstance(node, Each):
            self._expression(node.over, scope, path)
            self._order += 1
            inner = self._inner(path)
            self._bind(scope, node.names, "each" if len(node.names) == 1 else "part", node.over, inner)
            self._order += 1
            for test in node.tests:
                self._expression(test, scope, inner)
                self._checked(test, scope, inner)
            self._order += 1
            self._expression(node.value, scope, inner)
            return
        if isinstance(node, Choice) and node.test is not None:
            self._expression(node.test, scope, path)
            for number, option in enumerate(node.options):
                inner = self._inner(path)
                self._order += 1
                if number == 0:
                    self._checked(node.test, scope, inner)
                self._order += 1
                self._expression(option, scope, inner)
            return
        if isinstance(node, Call):
            self._calls.append(node)
            self._expression(node.of, scope, path)
            for argument in (*node.arguments, *(value for _, value in node.keywords)):
                self._expression(argument, scope, path)
            self._call(node, scope, path)
            return
        if isinstance(node, Name):
            self._plain.append(node)
        for child in children(node):
            if isinstance(child, Parameter):
                continue
            if isinstance(child, Assign | Branch | Loop | Try | With | Do | Leave | Group | Import):
                self._statement(child, scope, path)
            else:
                self._expression(child, scope, path)

    def _call(self, call: Call, scope: Scope, path: tuple[int, ...]) -> None:
        if not isinstance(call.of, Member):
            return
        method, base = call.of.name, call.of.of
        if method in _PUSHES and isinstance(base, Name) and call.arguments:
            self._order += 1
            pushed = Listed(line=call.line, items=(call.arguments[-1],))
            self._where[id(pushed)] = (scope, Spot(self._order, path))
            holder = scope.holder(base.name)
            self._bind(holder or scope, (base.name,), "push", pushed, path if holder is scope else ())
            self._order += 1
        for argument in call.arguments:
            if isinstance(argument, Function) and argument.parameters:
                inner = self._own[id(argument)]
                item, index = (1, 2) if method == "reduce" else (0, 1)
                if method in _EACH or method == "reduce" or path_of(call.of) == ("Array", "from"):
                    over = base if method != "from" else call.arguments[0]
                    for number, parameter in enumerate(argument.parameters):
                        if number == item:
                            kind = "each" if len(parameter.names) == 1 else "part"
                        elif number == index:
                            kind = "index"
                        else:
                            continue
                        for name in parameter.names:
                            inner.bindings[name] = [
                                Binding(kind=kind, value=over, spot=Spot(0, ())),
                                *(one for one in inner.bindings.get(name, []) if one.kind != "parameter"),
                            ]

    def _lift(self) -> None:
        """A function that only adds to a name adds to the one around it."""
        for scope in list(self._own.values()):
            for name, found in list(scope.bindings.items()):
                outer = scope.parent.holder(name) if scope.parent else None
                if outer is not None and all(one.kind in ("add", "push") for one in found):
                    outer.bindings[name] += [
                        Binding(kind=one.kind, value=one.value, spot=Spot(one.spot.order, ())) for one in found
                    ]
                    del scope.bindings[name]

    def _resolve(self) -> None:
        called = set()
        for call in self._calls:
            function = self.called(call)
            if function is not None:
                self.callers.setdefault(id(function), []).append(call)
                called.add(id(call.of))
        for name in self._plain:
            if id(name) not in called:
                holder, found = self.reaching(name)
                if holder is not None:
                    self.handed_on |= {id(one.value) for one in found if one.kind == "function"}
