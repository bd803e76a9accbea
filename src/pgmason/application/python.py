"""What does a file of Python say? Its syntax tree becomes the tree of `model.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgmason.application.model import (
    Among,
    Assign,
    Await,
    Branch,
    Call,
    Choice,
    Constant,
    Do,
    Each,
    Expression,
    Function,
    Group,
    Import,
    Item,
    Joined,
    Leave,
    Listed,
    Loop,
    Member,
    Module,
    Name,
    Not,
    Other,
    Parameter,
    Record,
    Statement,
    Text,
    Try,
    With,
)

if TYPE_CHECKING:
    import tree_sitter

    Tree = tree_sitter.Node

__all__ = ["python_module"]

_CONSTANTS = {"integer", "float", "true", "false", "none", "ellipsis"}
_COMPREHENSIONS = {"list_comprehension", "set_comprehension", "generator_expression", "dictionary_comprehension"}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\n": "", '\\"': '"', "\\'": "'", "\\\\": "\\"}


def python_module(root: Tree, broken: tuple[int, ...]) -> Module:
    """The tree of one file."""
    return Module(line=1, body=_block(root), broken=broken)


def _text(node: Tree | None) -> str:
    return node.text.decode(errors="replace") if node is not None and node.text is not None else ""


def _line(node: Tree) -> int:
    return int(node.start_point[0]) + 1


def _named(node: Tree) -> list[Tree]:
    return [one for one in node.named_children if one.type not in ("comment", "line_continuation")]


def _block(node: Tree | None, *, owner: str = "", inside: bool = False) -> tuple[Statement, ...]:
    if node is None:
        return ()
    return tuple(one for child in _named(node) for one in _statement(child, owner=owner, inside=inside))


def _statement(node: Tree, *, owner: str, inside: bool, decorators: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    line, kind = _line(node), node.type

    def block(of: Tree | None) -> tuple[Statement, ...]:
        return _block(of, inside=inside)

    if kind == "expression_statement":
        return tuple(one for child in _named(node) for one in _simple(child))
    if kind in ("import_statement", "import_from_statement"):
        return _import(node)
    if kind == "decorated_definition":
        said = tuple(_text(one).lstrip("@ ") for one in _named(node) if one.type == "decorator")
        inner = node.child_by_field_name("definition")
        return _statement(inner, owner=owner, inside=inside, decorators=said) if inner is not None else ()
    if kind == "function_definition":
        return (_function(node, owner=owner, inside=inside, decorators=decorators),)
    if kind == "class_definition":
        name = _text(node.child_by_field_name("name"))
        return (Group(line=line, name=name, body=_block(node.child_by_field_name("body"), owner=name, inside=inside)),)
    if kind == "if_statement":
        return (_branch(node, block),)
    if kind == "match_statement":
        inside_match = node.child_by_field_name("body")
        cases = [one for one in _named(inside_match) if one.type == "case_clause"] if inside_match is not None else []
        paths = [block(one.child_by_field_name("consequence")) for one in cases]
        if not any(_text(one).startswith("case _:") for one in cases):
            paths.append(())
        return (Branch(line=line, test=_field(node, "subject"), paths=tuple(paths)),)
    if kind == "for_statement":
        over, body = _field(node, "right"), block(node.child_by_field_name("body"))
        names = _targets(node.child_by_field_name("left"))
        otherwise = node.child_by_field_name("alternative")
        after = block(otherwise.child_by_field_name("body")) if otherwise is not None else ()
        return (
            Loop(
                line=line,
                names=names,
                over=over,
                test=None,
                body=body,
                strides=_strides(over),
                stream=node.children[0].type == "async",
            ),
            *after,
        )
    if kind == "while_statement":
        body = block(node.child_by_field_name("body"))
        return (Loop(line=line, names=(), over=None, test=_field(node, "condition"), body=body),)
    if kind == "try_statement":
        return (_try(node, block),)
    if kind == "with_statement":
        return (_with(node, block),)
    if kind in ("return_statement", "raise_statement"):
        value = next(iter(_named(node)), None)
        word = "return" if kind == "return_statement" else "throw"
        return (Leave(line=line, word=word, value=_expression(value) if value is not None else None),)
    if kind in ("break_statement", "continue_statement"):
        return (Leave(line=line, word=kind.removesuffix("_statement")),)
    if kind in ("pass_statement", "global_statement", "nonlocal_statement", "future_import_statement"):
        return ()
    return (Do(line=line, value=_expression(node)),)


def _strides(over: Expression) -> bool:
    """Whether a loop goes over range(first, last, step) with a step other than 1."""
    return isinstance(over, Call) and isinstance(over.of, Name) and over.of.name == "range" and len(over.arguments) == 3


def _import(node: Tree) -> tuple[Statement, ...]:
    source = node.child_by_field_name("module_name")
    names: list[tuple[str, str]] = []
    for one in node.children_by_field_name("name"):
        if one.type == "aliased_import":
            names.append((_text(one.child_by_field_name("alias")), _text(one.child_by_field_name("name"))))
        else:
            names.append((_text(one).partition(".")[0] if source is None else _text(one), _text(one)))
    if source is not None:
        return (Import(line=_line(node), module=_text(source), names=tuple(names)),)
    return tuple(Import(line=_line(node), module=whole, names=((here, "*"),)) for here, whole in names)


def _branch(node: Tree, block: object) -> Statement:
    assert callable(block)
    paths: list[tuple[Statement, ...]] = [block(node.child_by_field_name("consequence"))]
    otherwise = node.children_by_field_name("alternative")
    rest: tuple[Statement, ...] = ()
    for one in reversed(otherwise):
        if one.type == "else_clause":
            rest = block(one.child_by_field_name("body"))
        else:
            inner = (block(one.child_by_field_name("consequence")), rest)
            rest = (Branch(line=_line(one), test=_field(one, "condition"), paths=inner),)
    paths.append(rest)
    return Branch(line=_line(node), test=_field(node, "condition"), paths=tuple(paths))


def _try(node: Tree, block: object) -> Statement:
    assert callable(block)
    handlers: list[tuple[Statement, ...]] = []
    after: tuple[Statement, ...] = ()
    final: tuple[Statement, ...] = ()
    for one in _named(node):
        inner = next((child for child in _named(one) if child.type == "block"), None)
        if one.type in ("except_clause", "except_group_clause"):
            handlers.append(block(inner))
        elif one.type == "else_clause":
            after = block(one.child_by_field_name("body"))
        elif one.type == "finally_clause":
            final = block(inner)
    body = block(node.child_by_field_name("body"))
    return Try(line=_line(node), body=(*body, *after), handlers=tuple(handlers), final=final)


def _with(node: Tree, block: object) -> Statement:
    assert callable(block)
    entered: list[tuple[Expression, str]] = []
    waiting = [one for one in _named(node) if one.type == "with_clause"]
    for clause in waiting:
        for one in _named(clause):
            value = one.child_by_field_name("value") if one.type == "with_item" else one
            inner = [value] if value is not None else []
            if value is not None and value.type == "tuple":  # with (a as b, c as d):
                inner = _named(value)
            for item in inner:
                if item.type == "as_pattern":
                    said = _named(item)
                    entered.append((_expression(said[0]), _text(item.child_by_field_name("alias"))))
                else:
                    entered.append((_expression(item), ""))
    return With(line=_line(node), entered=tuple(entered), body=block(node.child_by_field_name("body")))


def _function(node: Tree, *, owner: str, inside: bool, decorators: tuple[str, ...]) -> Function:
    name = _text(node.child_by_field_name("name"))
    taken = node.child_by_field_name("parameters")
    return Function(
        line=_line(node),
        name=name,
        parameters=tuple(_parameter(one) for one in _named(taken)) if taken is not None else (),
        body=_block(node.child_by_field_name("body"), inside=True),
        exported=not inside and not name.startswith("_"),
        owner=owner,
        decorators=decorators,
    )


def _parameter(node: Tree) -> Parameter:
    name = node.child_by_field_name("name")
    if name is None:
        name = next((one for one in _named(node)), node) if node.type != "identifier" else node
    default = node.child_by_field_name("value")
    return Parameter(
        line=_line(node),
        names=(_text(name).lstrip("*"),),
        annotation=_text(node.child_by_field_name("type")),
        default=_expression(default) if default is not None else None,
    )


def _simple(node: Tree) -> tuple[Statement, ...]:
    if node.type not in ("assignment", "augmented_assignment"):
        return (Do(line=_line(node), value=_expression(node)),)
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if right is None or left is None:
        return ()
    member = ""
    if left.type == "attribute" and _text(left.child_by_field_name("object")) in ("self", "cls"):
        member = _text(left.child_by_field_name("attribute"))
    more: tuple[Statement, ...] = ()
    if right.type == "assignment":  # a = b = value
        more = _simple(right)
        value = more[-1].value if isinstance(more[-1], Assign) else Constant(line=_line(node))
    else:
        value = _expression(right)
    names = _targets(left)
    adds = node.type == "augmented_assignment"
    target = _expression(left) if left.type in ("attribute", "subscript") else None
    return (*more, Assign(line=_line(node), names=names, value=value, adds=adds, member=member, target=target))


def _targets(node: Tree | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node.type == "identifier":
        return (_text(node),)
    if node.type in ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "expression_list"):
        return tuple(name for one in _named(node) for name in _targets(one))
    return ()


def _field(node: Tree, name: str) -> Expression:
    child = node.child_by_field_name(name)
    return _expression(child) if child is not None else Constant(line=_line(node))


def _expression(node: Tree) -> Expression:
    while node.type == "parenthesized_expression" and _named(node):
        node = _named(node)[0]
    line, kind = _line(node), node.type
    if kind in ("string", "concatenated_string"):
        parts = _string(node)
        if all(isinstance(part, Text) for part in parts):
            return Text(line=line, value="".join(part.value for part in parts if isinstance(part, Text)))
        return Joined(line=line, parts=parts)
    if kind in _CONSTANTS:
        return Constant(line=line)
    if kind == "identifier":
        return Name(line=line, name=_text(node))
    if kind == "attribute":
        return Member(line=line, of=_field(node, "object"), name=_text(node.child_by_field_name("attribute")))
    if kind == "subscript":
        return Item(line=line, of=_field(node, "value"), key=_field(node, "subscript"))
    if kind == "call":
        return _call(node)
    if kind == "await":
        return Await(line=line, of=_expression(_named(node)[0]))
    if kind == "binary_operator":
        word = _text(node.child_by_field_name("operator"))
        both = (_field(node, "left"), _field(node, "right"))
        if word in ("+", "%") or (word == "*" and any(isinstance(one, Text | Listed) for one in both)):
            return Joined(line=line, parts=both)
        return Other(line=line, parts=both) if word in ("|", "&") else Constant(line=line)
    if kind == "boolean_operator":
        both = (_field(node, "left"), _field(node, "right"))
        if _text(node.child_by_field_name("operator")) == "and":
            return Choice(line=line, options=both[1:], test=both[0])
        return Choice(line=line, options=both)
    if kind == "conditional_expression":
        first, test, second = _named(node)
        return Choice(line=line, options=(_expression(first), _expression(second)), test=_expression(test))
    if kind == "not_operator":
        return Not(line=line, of=_field(node, "argument"))
    if kind == "comparison_operator":
        return _comparison(node)
    if kind in ("list", "tuple", "set", "expression_list"):
        inner = _named(node)
        return Listed(
            line=line,
            items=tuple(_expression(one) for one in inner if one.type != "list_splat"),
            spread=tuple(_expression(_named(one)[0]) for one in inner if one.type == "list_splat"),
        )
    if kind == "dictionary":
        return _dictionary(node)
    if kind in _COMPREHENSIONS:
        return _comprehension(node)
    if kind == "lambda":
        taken = node.child_by_field_name("parameters")
        body = _field(node, "body")
        return Function(
            line=line,
            name="",
            parameters=tuple(_parameter(one) for one in _named(taken)) if taken is not None else (),
            body=(Leave(line=line, word="return", value=body),),
        )
    if kind == "named_expression":
        return _field(node, "value")
    if kind == "pair":
        return _field(node, "value")
    return Other(line=line, parts=tuple(_expression(one) for one in _named(node)))


def _string(node: Tree) -> tuple[Expression, ...]:
    if node.type == "concatenated_string":
        return tuple(part for one in _named(node) for part in _string(one))
    parts: list[Expression] = []
    for child in node.named_children:
        if child.type == "interpolation":
            parts.append(_field(child, "expression"))
        elif child.type == "string_content":
            parts.append(Text(line=_line(child), value=_content(child)))
    return tuple(parts)


def _content(node: Tree) -> str:
    text = _text(node)
    for written, meant in _ESCAPES.items():
        if "\\" in text:
            text = text.replace(written, meant)
    return text.replace("{{", "{").replace("}}", "}") if "{{" in text else text


def _call(node: Tree) -> Expression:
    given = node.child_by_field_name("arguments")
    if given is not None and given.type == "generator_expression":
        arguments: tuple[Expression, ...] = (_comprehension(given),)
        keywords: tuple[tuple[str, Expression], ...] = ()
    else:
        inner = _named(given) if given is not None else []
        arguments = tuple(
            _expression(_named(one)[0]) if one.type == "list_splat" else _expression(one)
            for one in inner
            if one.type not in ("keyword_argument", "dictionary_splat")
        )
        keywords = tuple(
            (_text(one.child_by_field_name("name")), _field(one, "value"))
            if one.type == "keyword_argument"
            else ("**", _expression(_named(one)[0]))
            for one in inner
            if one.type in ("keyword_argument", "dictionary_splat")
        )
    return Call(line=_line(node), of=_field(node, "function"), arguments=arguments, keywords=keywords)


def _comparison(node: Tree) -> Expression:
    line, inner = _line(node), _named(node)
    words = [_text(one) for one in node.children_by_field_name("operators")]
    if len(inner) == 2 and words in (["in"], ["not in"]):
        among = Among(line=line, item=_expression(inner[0]), of=_expression(inner[1]))
        return Not(line=line, of=among) if words == ["not in"] else among
    return Other(line=line, parts=tuple(_expression(one) for one in inner))


def _dictionary(node: Tree) -> Expression:
    entries: list[tuple[str | None, Expression]] = []
    spread: list[Expression] = []
    for one in _named(node):
        if one.type == "pair":
            key = _field(one, "key")
            entries.append((key.value if isinstance(key, Text) else None, _field(one, "value")))
        elif one.type == "dictionary_splat":
            spread.append(_expression(_named(one)[0]))
    return Record(line=_line(node), entries=tuple(entries), spread=tuple(spread))


def _comprehension(node: Tree) -> Expression:
    clauses = _named(node)[1:]
    value = _expression(_named(node)[0])
    tests: tuple[Expression, ...] = ()
    for clause in reversed(clauses):
        if clause.type == "if_clause":
            tests = (_expression(_named(clause)[0]), *tests)
        elif clause.type == "for_in_clause":
            value = Each(
                line=_line(node),
                names=_targets(clause.child_by_field_name("left")),
                over=_field(clause, "right"),
                value=value,
                tests=tests,
            )
            tests = ()
    return value
