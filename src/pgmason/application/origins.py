"""Where does a text come from: is it fixed in the code, or is something put into it that the code does not fix?

Followed through local names, lists that are filled, lookups in fixed tables, checks against fixed lists and functions
of the same file. Numbers, placeholders and quoted names are as good as fixed. A name written in capitals is taken for
a constant where it is imported; what else comes from another file is foreign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pgmason.application.model import (
    Await,
    Call,
    Choice,
    Constant,
    Each,
    Expression,
    Function,
    Item,
    Joined,
    Leave,
    Listed,
    Member,
    Name,
    Node,
    Not,
    Parameter,
    Record,
    Tagged,
    Text,
    descend,
    path_of,
)
from pgmason.application.scopes import Binding, Scopes
from pgmason.statements.fragments import HOLE

__all__ = ["Origin", "Origins"]

_NUMBERS = frozenset(
    {
        "Number",
        "parseInt",
        "parseFloat",
        "BigInt",
        "getTime",
        "getFullYear",
        "getMonth",
        "getDate",
        "Boolean",
        "int",
        "float",
        "len",
        "bool",
        "abs",
        "round",
        "range",
        "ceil",
        "floor",
        "sum",
        "parse_int",
    }
)
_QUOTES = frozenset(
    {"escapeIdentifier", "escapeLiteral", "quoteIdent", "quote_ident", "quoteIdentifier", "quoteLiteral", "Identifier",
     "Literal", "Placeholder", "quoted_name", "quote_name"}
)  # fmt: skip
_DRIVERS = frozenset({"driver", "connection", "pool", "client", "mysql", "pg", "dialect", "sqlstring"})
_ASKS_PEOPLE = frozenset({"input", "prompt", "getpass", "question", "confirm"})
# what these make has the texts of what they are called on, and of their arguments
_PASSES = frozenset(
    {"format", "join", "concat", "replace", "replaceAll", "get", "fill", "padStart", "padEnd", "format_map", "with",
     "toSpliced", "ljust", "rjust"}
)  # fmt: skip
_PASSES_BASE = frozenset(
    {"trim", "trimEnd", "trimStart", "strip", "lstrip", "rstrip", "upper", "lower", "toUpperCase", "toLowerCase",
     "toString", "repeat", "slice", "substring", "sort", "reverse", "keys", "values", "items", "entries", "filter",
     "flat", "at", "pop", "shift", "copy", "dedent", "title", "capitalize", "encode", "decode", "split",
     "removeprefix", "removesuffix", "reversed", "find"}
)  # fmt: skip
_PASSES_ARGUMENTS = frozenset(
    {"str", "String", "text", "dedent", "list", "tuple", "sorted", "set", "frozenset", "reversed", "enumerate", "Set",
     "Map", "Array", "filter", "cast", "unique", "SQL", "next", "iter", "zip", "stringify", "freeze", "keys", "values",
     "entries", "fromEntries", "dict", "max", "min"}
)  # fmt: skip
_DEEPEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """`text` as far as it is known, with holes. `causes` are the parameters (id of the function, name) that it comes
    from, `foreign` the first other thing that the code does not fix. `built` where fixed text and such a thing are put
    together. `composed` where a library keeps text and values apart."""

    text: str = ""
    causes: frozenset[tuple[int, str]] = frozenset()
    foreign: Node | None = None
    built: bool = False
    composed: bool = False

    @property
    def fixed(self) -> bool:
        """Whether nothing from outside is in it."""
        return not self.causes and self.foreign is None


_FIXED = Origin()
_Given = Mapping[tuple[int, str], Origin]


def _joined(parts: Iterable[Origin]) -> Origin:
    told = list(parts)
    text = "".join(one.text for one in told)
    foreign = next((one.foreign for one in told if one.foreign is not None), None)
    causes = frozenset(cause for one in told for cause in one.causes)
    loose = sum(not one.fixed for one in told)
    mixed = loose > 1 or (loose == 1 and any(one.text.strip() for one in told if one.fixed))
    return Origin(
        text=text,
        causes=causes,
        foreign=foreign,
        built=mixed or any(one.built for one in told),
        composed=any(one.composed for one in told) and not mixed,
    )


def _either(options: Iterable[Origin]) -> Origin:
    told = list(options)
    if not told:
        return _FIXED
    foreign = next((one.foreign for one in told if one.foreign is not None), None)
    return Origin(
        text=next((one.text for one in told if one.text.strip(HOLE + " ")), told[0].text),
        causes=frozenset(cause for one in told for cause in one.causes),
        foreign=foreign,
        built=any(one.built for one in told),
        composed=all(one.composed for one in told),
    )


class Origins:
    """The origins of the expressions of one file."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes

    def of(self, node: Expression) -> Origin:
        """The origin of an expression, its function's parameters being unknown."""
        return self._of(node, {}, ())

    def resolved(self, node: Expression) -> tuple[Origin, Call | None]:
        """The origin of an expression where the calls of its functions in this file say what their parameters are,
        with the call that makes it not fixed; None for the latter where the expression alone does."""
        return self._resolved(node, self.of(node), 0)

    def _resolved(self, node: Expression, origin: Origin, depth: int) -> tuple[Origin, Call | None]:
        around = {id(function): function for function in self.scopes.functions}
        functions = [around[one] for one, _ in origin.causes if one in around]
        if origin.foreign is not None or not functions or depth > 3:
            return origin, None
        function = functions[0]
        worst: tuple[Origin, Call | None] = (origin, None)
        seen: list[tuple[Origin, Call]] = []
        for call in self.scopes.callers.get(id(function), []):
            given = self._arguments(function, call, {}, ())
            here = self._of(node, given, ())
            if not here.fixed and here.foreign is None:
                here, further = self._resolved(node, here, depth + 1)
                seen.append((here, further or call))
            else:
                seen.append((here, call))
        for here, call in seen:
            if here.built and not here.fixed:
                return here, call
        if seen and self.scopes.all_callers_seen(function):
            loose = [(here, call) for here, call in seen if not here.fixed]
            worst = loose[0] if loose else (replace(seen[0][0]), None)
        return worst

    # by kind of expression

    def _of(self, node: Expression, given: _Given, busy: tuple[int, ...]) -> Origin:
        if id(node) in busy or len(busy) > _DEEPEST:
            return Origin(text=HOLE, foreign=None if id(node) in busy else node)
        inner = (*busy, id(node))
        match node:
            case Text():
                return Origin(text=node.value)
            case Constant() | Not():
                return Origin(text="0")
            case Joined():
                return _joined(self._of(part, given, inner) for part in node.parts)
            case Name():
                return self._name(node, given, inner)
            case Await():
                return self._of(node.of, given, inner)
            case Choice():
                return _either(self._of(option, given, inner) for option in node.options)
            case Listed():
                return _either(self._of(one, given, inner) for one in (*node.items, *node.spread))
            case Record():
                return _either(self._of(one, given, inner) for one in (*(v for _, v in node.entries), *node.spread))
            case Each():
                return self._of(node.value, given, inner)
            case Member():
                return self._member(node, given, inner)
            case Item():
                return self._of(node.of, given, inner)
            case Tagged():
                return self._tagged(node, given, inner)
            case Call():
                return self._call(node, given, inner)
        return Origin(text=HOLE, foreign=node)

    def _tagged(self, node: Tagged, given: _Given, busy: tuple[int, ...]) -> Origin:
        said = _joined(self._of(part, given, busy) for part in node.parts)
        tag = path_of(node.tag)[-1:]
        if tag and tag[0] in ("raw", "outdent", "dedent", "stripIndent", "stripIndents"):
            return said  # String.raw and its kind make an ordinary text
        return Origin(text=said.text, composed=True)

    def _name(self, node: Name, given: _Given, busy: tuple[int, ...]) -> Origin:
        if _says_quoted(node.name):
            return Origin(text=HOLE, composed=True)
        holder, found = self.scopes.reaching(node)
        if holder is None:
            return _FIXED if node.name in ("undefined", "NaN", "__name__") else Origin(text=HOLE, foreign=node)
        sets: list[Origin] = []
        adds: list[Origin] = []
        for binding in found:
            origin = self._bound(binding, node, given, busy)
            (adds if binding.kind == "add" else sets).append(origin)
        first = _either(sets)
        return _joined((first, *adds)) if adds else first

    def _bound(self, binding: Binding, node: Name, given: _Given, busy: tuple[int, ...]) -> Origin:
        match binding.kind:
            case "value" | "add" | "push":
                return self._of(binding.value, given, busy)
            case "each" | "part":
                whole = self._of(binding.value, given, busy)
                if whole.fixed:
                    return replace(whole, built=False, composed=False)
                return replace(whole, text=HOLE, built=whole.built and binding.kind == "each")
            case "index":
                return Origin(text="0")
            case "checked":
                origin = self._of(binding.value, given, busy)
                return origin if origin.fixed else Origin(text=HOLE, foreign=node)
            case "import":
                return Origin(text=HOLE) if _is_constant(node.name) else Origin(text=HOLE, foreign=node)
            case "parameter":
                return self._parameter(binding.value, node, given)
        return Origin(text=HOLE, foreign=node)

    def _parameter(self, parameter: Node, node: Name, given: _Given) -> Origin:
        scope, _ = self.scopes.where(node)
        holder = scope.holder(node.name)
        function = holder.of if holder is not None else None
        if not isinstance(function, Function) or not isinstance(parameter, Parameter):
            return Origin(text=HOLE, foreign=node)
        key = (id(function), node.name)
        if key in given:
            return given[key]
        if id(function) in self.scopes.callers:
            return Origin(text=HOLE, causes=frozenset({key}))
        return Origin(text=HOLE, causes=frozenset({key})) if function.name else Origin(text=HOLE, foreign=node)

    def _member(self, node: Member, given: _Given, busy: tuple[int, ...]) -> Origin:
        if node.name in ("length", "size", "rowcount", "rowCount"):
            return Origin(text="0")
        if _says_quoted(node.name) or (node.name == "tableName" and path_of(node.of)[:1] == ("this",)):
            return Origin(text=HOLE, composed=True)
        if isinstance(node.of, Name) and self.scopes.is_own(node.of.name) and node.name in self.scopes.members:
            told = _either(self._of(value, given, busy) for value in self.scopes.members[node.name])
            if told.fixed:
                return told
            return Origin(text=HOLE, foreign=node)
        record = self._record(node.of)
        if record is not None:
            value = record.get(node.name)
            if value is not None:
                return self._of(value, given, busy)
        if _is_constant(node.name) or (node.name[:1].isupper() and path_of(node.of)[-1:][0][:1].isupper()):
            return Origin(text=HOLE)
        base = self._of(node.of, given, busy)
        if base.fixed:
            return replace(base, built=False)
        return Origin(text=HOLE, causes=base.causes, foreign=node if base.foreign is not None else None)

    def _record(self, node: Expression) -> Record | None:
        if isinstance(node, Record):
            return node
        if isinstance(node, Name):
            _, found = self.scopes.reaching(node)
            if len(found) == 1 and isinstance(found[0].value, Record) and found[0].kind == "value":
                return found[0].value
        return None

    def _call(self, node: Call, given: _Given, busy: tuple[int, ...]) -> Origin:
        path = path_of(node.of)
        name = path[-1] if path else ""
        function = self.scopes.called(node)
        if function is not None:
            return self._returned(function, node, given, busy)
        if name in _NUMBERS or path[:1] == ("Math",) or path[:2] in (("Date", "now"), ("time", "time")):
            return Origin(text="0")
        if name in _QUOTES or (len(path) > 1 and (path[-2] == "as" or (name == "escape" and path[-2] in _DRIVERS))):
            return Origin(text=HOLE, composed=True)
        arguments = [*node.arguments, *(value for _, value in node.keywords)]
        if isinstance(node.of, Member):
            return self._method(node, node.of, arguments, given, busy)
        if name == "format" and "pg-format" in self.scopes.imports.get(name, "") and node.arguments:
            first = self._of(node.arguments[0], given, busy)
            return (
                replace(first, composed=True)
                if "%s" not in first.text
                else _joined(self._of(one, given, busy) for one in arguments)
            )
        if name in _PASSES_ARGUMENTS:
            return _either(self._of(one, given, busy) for one in arguments if not isinstance(one, Function))
        told = [self._of(one, given, busy) for one in arguments]
        if told and all(one.fixed for one in told) and name in self.scopes.imports and name not in _ASKS_PEOPLE:
            return Origin(text=HOLE)  # what another file makes of fixed things
        causes = frozenset(cause for one in told for cause in one.causes)
        return Origin(text=HOLE, causes=causes, foreign=None if causes and not _is_asking(name) else node)

    def _method(
        self, node: Call, of: Member, arguments: Sequence[Expression], given: _Given, busy: tuple[int, ...]
    ) -> Origin:
        path, name = path_of(of), of.name
        if len(path) == 2 and path[:1] in (
            ("Object",),
            ("Array",),
            ("JSON",),
            ("String",),
            ("textwrap",),
            ("inspect",),
            ("Promise",),
        ):
            if name == "from" and len(arguments) == 2:
                return self._applied(arguments[1], arguments[0], given, busy)
            return _either(self._of(one, given, busy) for one in arguments)
        base = self._of(of.of, given, busy)
        if name == "SQL" or (name in ("text",) and path[:1] in (("sa",), ("sqlalchemy",), ("sql",))):
            inner = _either(self._of(one, given, busy) for one in arguments)
            return inner if inner.built else Origin(text=inner.text, composed=name == "SQL" or inner.fixed)
        if base.composed and name in ("format", "join"):
            return base
        if name in ("map", "flatMap") and arguments:
            return self._applied(arguments[0], of.of, given, busy)
        if name == "filter" and arguments and self._keeps_fixed(arguments[0]):
            return Origin(text=base.text)
        if name in ("keys",) and isinstance(self._record(of.of), Record):
            return _FIXED
        if name == "join":
            listed = of.of if isinstance(of.of, Listed) else next(iter(arguments), None)
            if isinstance(listed, Listed) and not listed.spread:
                return _joined(self._of(one, given, busy) for one in listed.items)
        if name in _PASSES:
            parts = [base, *(self._of(one, given, busy) for one in arguments if not isinstance(one, Function))]
            if name == "get":
                return _either((parts[0], *parts[2:]))
            if name == "join" and not base.text.strip() and not base.fixed:
                return replace(base, built=base.built)
            return _joined(parts)
        if name in _PASSES_BASE:
            return base
        return Origin(
            text=HOLE,
            causes=base.causes if base.foreign is None else frozenset(),
            foreign=None if base.causes and base.foreign is None else node,
        )

    def _keeps_fixed(self, function: Expression) -> bool:
        """Whether a filter keeps only what is in a fixed list."""
        if not isinstance(function, Function) or len(function.body) != 1 or not isinstance(function.body[0], Leave):
            return False
        test = function.body[0].value
        return (
            isinstance(test, Call)
            and isinstance(test.of, Member)
            and test.of.name in ("includes", "has")
            and self.of(test.of.of).fixed
        )

    def _applied(self, function: Expression, over: Expression, given: _Given, busy: tuple[int, ...]) -> Origin:
        """What a function gives for the items of a list."""
        if isinstance(function, Name):
            _, found = self.scopes.reaching(function)
            if len(found) == 1 and isinstance(found[0].value, Function):
                function = found[0].value
                names = [name for one in function.parameters[:1] for name in one.names]
                item = self._of(over, given, busy)
                given = {**given, **{(id(function), name): item for name in names}}
                for one in function.parameters[1:]:
                    given = {**given, **{(id(function), name): Origin(text="0") for name in one.names}}
        if isinstance(function, Function):
            return self._values(function, given, busy)
        return self._of(over, given, busy)

    def _returned(self, function: Function, call: Call, given: _Given, busy: tuple[int, ...]) -> Origin:
        if id(function) in busy:
            return Origin(text=HOLE, foreign=call)
        return self._values(function, self._arguments(function, call, given, busy), (*busy, id(function)))

    def _values(self, function: Function, given: _Given, busy: tuple[int, ...]) -> Origin:
        values = [
            one.value
            for statement in function.body
            for one in descend(statement, into_functions=False)
            if isinstance(one, Leave) and one.word == "return" and one.value is not None
        ]
        return _either(self._of(value, given, busy) for value in values)

    def _arguments(
        self, function: Function, call: Call, given: _Given, busy: tuple[int, ...]
    ) -> dict[tuple[int, str], Origin]:
        """What the parameters of a function are in one call of it."""
        parameters = list(function.parameters)
        if function.owner and parameters and parameters[0].names in (("self",), ("cls",)):
            parameters = parameters[1:]
        named = dict(call.keywords)
        told = dict(given)
        for number, parameter in enumerate(parameters):
            single = parameter.names[0] if len(parameter.names) == 1 else None
            value: Expression | None = None
            if single is not None and single in named:
                value = named[single]
            elif number < len(call.arguments):
                value = call.arguments[number]
            elif parameter.default is not None:
                value = parameter.default
            for name in parameter.names:
                one = value
                if isinstance(value, Record) and single is None:
                    one = value.get(name)
                told[id(function), name] = self._of(one, given, busy) if one is not None else _FIXED
        return told


def _is_constant(name: str) -> bool:
    """Whether a name is written as constants are, or as what SQLAlchemy calls a model's table."""
    return (len(name) > 1 and name.isupper()) or name in ("__tablename__", "__name__")


def _says_quoted(name: str) -> bool:
    """Whether a name says that what it holds was quoted as an identifier: escapedSchema, quoted_table."""
    return name.lower().lstrip("_").startswith(("escaped", "quoted"))


def _is_asking(name: str) -> bool:
    """Whether a call fetches something, so that its arguments are not in what it gives."""
    return name.lower().startswith(("find", "fetch", "load", "read", "get", "query"))
