"""What does a file of JavaScript or TypeScript say? Its syntax tree becomes the tree of `model.py`.

Types are left out but for a parameter's annotation. The grammar takes a tagged template with type arguments for other
things behind `await` (comparisons, a missing "!") and at the end of an arrow function: that is set right here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pgmason.application.model import (
    Assign,
    Await,
    Branch,
    Call,
    Choice,
    Constant,
    Do,
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
    Node,
    Not,
    Other,
    Parameter,
    Record,
    Statement,
    Tagged,
    Text,
    Try,
)

if TYPE_CHECKING:
    import tree_sitter

    Tree = tree_sitter.Node

__all__ = ["javascript_module"]

_TRANSPARENT = {
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "type_assertion",
    "instantiation_expression",
}
_FUNCTIONS = {
    "function_declaration",
    "function_expression",
    "function",
    "arrow_function",
    "method_definition",
    "generator_function",
    "generator_function_declaration",
}
_CONSTANTS = {"number", "true", "false", "null", "undefined", "regex"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_SIMPLE_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.|\n)", re.DOTALL)


def javascript_module(root: Tree, broken: tuple[int, ...]) -> Module:
    """The tree of one file."""
    exported = {name for statement in root.named_children for name in _exports(statement)}
    return Module(line=1, body=_Reader(exported).block(root), broken=broken)


def _exports(statement: Tree) -> list[str]:
    """The names that `export { a, b }`, `export default a` and `module.exports = { a }` give away."""
    if statement.type == "export_statement":
        clause = [node for node in statement.named_children if node.type == "export_clause"]
        names = [one.child_by_field_name("name") for node in clause for one in node.named_children]
        value = statement.child_by_field_name("value")
        if value is not None and value.type == "identifier":
            names.append(value)
        return [_text(name) for name in names if name is not None]
    if statement.type == "expression_statement" and _text(statement).startswith(("module.exports", "exports.")):
        return re.findall(r"\w+", _text(statement))
    return []


def _children(node: Tree | None) -> list[Tree]:
    return node.named_children if node is not None else []


def _text(node: Tree | None) -> str:
    return node.text.decode(errors="replace") if node is not None and node.text is not None else ""


def _line(node: Tree) -> int:
    return int(node.start_point[0]) + 1


class _Reader:
    def __init__(self, exported: set[str]) -> None:
        self.exported = exported

    # statements

    def block(self, node: Tree | None, *, owner: str = "") -> tuple[Statement, ...]:
        """The statements of a block, or the one statement that stands in place of one."""
        if node is None:
            return ()
        if node.type in ("program", "statement_block", "class_body", "switch_body"):
            return tuple(one for child in node.named_children for one in self.statement(child, owner=owner))
        return self.statement(node, owner=owner)

    def statement(self, node: Tree, *, exported: bool = False, owner: str = "") -> tuple[Statement, ...]:
        line, kind = _line(node), node.type
        if kind in ("comment", "interface_declaration", "type_alias_declaration", "empty_statement"):
            return ()
        if kind == "export_statement":
            inner = node.child_by_field_name("declaration") or node.child_by_field_name("value")
            return self.statement(inner, exported=True) if inner is not None else ()
        if kind == "import_statement":
            return self._import(node)
        if kind in ("lexical_declaration", "variable_declaration"):
            declarators = (one for one in node.named_children if one.type == "variable_declarator")
            return tuple(statement for one in declarators for statement in self._declared(one, exported))
        if kind == "expression_statement":
            return self._expression_statement(node)
        if kind in ("statement_block", "program"):
            return (Group(line=line, name="", body=self.block(node)),)
        if kind in _FUNCTIONS:
            return (self.function(node, exported=exported, owner=owner),)
        if kind in ("class_declaration", "abstract_class_declaration", "class"):
            name = _text(node.child_by_field_name("name"))
            return (
                Group(
                    line=line,
                    name=name or "class",
                    body=self.block(node.child_by_field_name("body"), owner=name or "class"),
                ),
            )
        if kind in ("public_field_definition", "field_definition"):
            value = node.child_by_field_name("value")
            name = _text(node.child_by_field_name("name") or node.child_by_field_name("property"))
            if value is None:
                return ()
            if value.type in _FUNCTIONS:
                return (self.function(value, name=name, exported=True, owner=owner),)
            return (Assign(line=line, names=(), value=self.expression(value), member=name),)
        if kind == "if_statement":
            otherwise = node.child_by_field_name("alternative")
            return (
                Branch(
                    line=line,
                    test=self.field(node, "condition"),
                    paths=(
                        self.block(node.child_by_field_name("consequence")),
                        tuple(one for child in otherwise.named_children for one in self.block(child))
                        if otherwise is not None
                        else (),
                    ),
                ),
            )
        if kind == "switch_statement":
            return (self._switch(node),)
        if kind in ("for_in_statement", "for_statement", "while_statement", "do_statement"):
            return self._loop(node)
        if kind == "try_statement":
            handler, final = node.child_by_field_name("handler"), node.child_by_field_name("finalizer")
            return (
                Try(
                    line=line,
                    body=self.block(node.child_by_field_name("body")),
                    handlers=(self.block(handler.child_by_field_name("body")),) if handler is not None else (),
                    final=self.block(final.child_by_field_name("body")) if final is not None else (),
                ),
            )
        if kind in ("return_statement", "throw_statement"):
            value = next(iter(node.named_children), None)
            return (
                Leave(
                    line=line,
                    word=kind.removesuffix("_statement"),
                    value=self.expression(value) if value is not None else None,
                ),
            )
        if kind in ("break_statement", "continue_statement"):
            return (Leave(line=line, word=kind.removesuffix("_statement")),)
        if kind == "labeled_statement":
            return self.block(node.child_by_field_name("body"))
        return (Do(line=line, value=self.expression(node)),)

    def _import(self, node: Tree) -> tuple[Statement, ...]:
        names: list[tuple[str, str]] = []
        waiting = list(node.named_children)
        while waiting:
            one = waiting.pop(0)
            if one.type == "import_specifier":
                name = _text(one.child_by_field_name("name"))
                names.append((_text(one.child_by_field_name("alias")) or name, name))
            elif one.type == "namespace_import":
                names.append((_text(one.named_children[0]), "*"))
            elif one.type == "identifier":
                names.append((_text(one), "default"))
            elif one.type in ("import_clause", "named_imports"):
                waiting += one.named_children
        module = _text(node.child_by_field_name("source")).strip("'\"`")
        return (Import(line=_line(node), module=module, names=tuple(names)),)

    def _declared(self, node: Tree, exported: bool) -> tuple[Statement, ...]:
        pattern, line = node.child_by_field_name("name"), _line(node)
        names = _names(pattern)
        value = node.child_by_field_name("value")
        shown = exported or bool(self.exported & set(names))
        if value is not None and value.type in _FUNCTIONS and len(names) == 1:
            return (self.function(value, name=names[0], exported=shown),)
        told = self.expression(value) if value is not None else Constant(line=line)
        taken = _members_taken(pattern)
        if taken and _is_plain(told):  # const { raw: verbatim } = Prisma: as if each were asked for by itself
            members = ((name, Member(line=line, of=told, name=member)) for name, member in taken)
            return tuple(Assign(line=line, names=(name,), value=one, exported=shown) for name, one in members)
        return (Assign(line=line, names=names, value=told, exported=shown),)

    def _expression_statement(self, node: Tree) -> tuple[Statement, ...]:
        if not node.named_children:
            return ()
        inner = node.named_children[0]
        if inner.type in ("assignment_expression", "augmented_assignment_expression"):
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if left is not None and right is not None:
                member = ""
                if left.type == "member_expression" and _text(left.child_by_field_name("object")) == "this":
                    member = _text(left.child_by_field_name("property"))
                names = _names(left) if left.type in ("identifier", "object_pattern", "array_pattern") else ()
                if right.type in _FUNCTIONS and not names:
                    name = _text(left.child_by_field_name("property"))
                    return (self.function(right, name=name, exported=True),)
                return (
                    Assign(
                        line=_line(node),
                        names=names,
                        value=self.expression(right),
                        adds=inner.type == "augmented_assignment_expression",
                        member=member,
                        target=self.expression(left)
                        if left.type in ("member_expression", "subscript_expression")
                        else None,
                    ),
                )
        return (Do(line=_line(node), value=self.expression(inner)),)

    def _switch(self, node: Tree) -> Statement:
        paths: list[tuple[Statement, ...]] = []
        held: tuple[Statement, ...] = ()
        default = False
        for case in _children(node.child_by_field_name("body")):
            if case.type not in ("switch_case", "switch_default"):
                continue
            default = default or case.type == "switch_default"
            inner = [one for one in case.children_by_field_name("body") if one.is_named]
            held += tuple(one for child in inner for one in self.statement(child))
            ended = held[-1] if held else None
            if isinstance(ended, Group) and ended.body:
                ended = ended.body[-1]
            if isinstance(ended, Leave):
                # a break ends the switch, not what is around it
                paths.append(held[:-1] if ended.word == "break" and held[-1] is ended else held)
                held = ()
        paths.append(held)
        if not default:
            paths.append(())
        return Branch(line=_line(node), test=self.field(node, "value"), paths=tuple(paths))

    def _loop(self, node: Tree) -> tuple[Statement, ...]:
        line, body = _line(node), self.block(node.child_by_field_name("body"))
        if node.type == "for_in_statement":
            names = _names(node.child_by_field_name("left"))
            return (
                Loop(
                    line=line,
                    names=names,
                    over=self.field(node, "right"),
                    test=None,
                    body=body,
                    stream=any(one.type == "await" for one in node.children),
                ),
            )
        if node.type != "for_statement":
            return (Loop(line=line, names=(), over=None, test=self.field(node, "condition"), body=body),)
        start = node.child_by_field_name("initializer")
        first = self.statement(start) if start is not None and start.type != "empty_statement" else ()
        step = node.child_by_field_name("increment")
        test = node.child_by_field_name("condition")
        names = tuple(name for one in first if isinstance(one, Assign) for name in one.names)
        return (
            *first,
            Loop(
                line=line,
                names=names,
                over=None,
                test=self.expression(test) if test is not None else None,
                body=body,
                strides=step is not None and step.type != "update_expression" and "+= 1" not in _text(step),
            ),
        )

    def function(self, node: Tree, *, name: str = "", exported: bool = False, owner: str = "") -> Function:
        own = _text(node.child_by_field_name("name")) or name
        taken = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        parameters: tuple[Parameter, ...] = ()
        if taken is not None:
            given = [taken] if taken.type == "identifier" else taken.named_children
            parameters = tuple(self._parameter(one) for one in given if one.type != "comment")
        body = node.child_by_field_name("body")
        if body is None:
            statements: tuple[Statement, ...] = ()
        elif body.type == "statement_block":
            statements = self.block(body)
        else:
            statements = (Leave(line=_line(body), word="return", value=self.expression(body)),)
        hidden = any(child.type == "accessibility_modifier" and _text(child) == "private" for child in node.children)
        return Function(
            line=_line(node),
            name=own,
            parameters=parameters,
            body=statements,
            exported=(exported or own in self.exported or (bool(owner) and not hidden and not own.startswith("#"))),
            owner=owner,
        )

    def _parameter(self, node: Tree) -> Parameter:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
        default = node.child_by_field_name("value") or node.child_by_field_name("right")
        return Parameter(
            line=_line(node),
            names=_names(pattern),
            annotation=_text(node.child_by_field_name("type")).lstrip(": "),
            default=self.expression(default) if default is not None else None,
        )

    # expressions

    def field(self, node: Tree, name: str) -> Expression:
        child = node.child_by_field_name(name)
        return self.expression(child) if child is not None else Constant(line=_line(node))

    def expression(self, node: Tree) -> Expression:
        while node.type in _TRANSPARENT:
            inner = [one for one in node.named_children if one.type != "comment"]
            if not inner:
                return Constant(line=_line(node))
            node = inner[-1] if node.type == "type_assertion" else inner[0]
        line, kind = _line(node), node.type
        if kind == "string":
            return Text(line=line, value="".join(_fragment(child) for child in node.named_children))
        if kind == "template_string":
            parts = self._template(node)
            if all(isinstance(part, Text) for part in parts):
                return Text(line=line, value="".join(part.value for part in parts if isinstance(part, Text)))
            return Joined(line=line, parts=parts)
        if kind in _CONSTANTS:
            return Constant(line=line)
        if kind in ("identifier", "this", "super", "shorthand_property_identifier", "property_identifier"):
            return Name(line=line, name=_text(node))
        if kind == "member_expression":
            return Member(line=line, of=self.field(node, "object"), name=_text(node.child_by_field_name("property")))
        if kind == "subscript_expression":
            of, key = self.field(node, "object"), self.field(node, "index")
            return (
                Member(line=line, of=of, name=key.value) if isinstance(key, Text) else Item(line=line, of=of, key=key)
            )
        if kind in ("call_expression", "new_expression"):
            return self._call(node)
        if kind == "await_expression":
            inner = [one for one in node.named_children if one.type != "comment"]
            return Await(line=line, of=self.expression(inner[0])) if inner else Constant(line=line)
        if kind == "binary_expression":
            return self._binary(node)
        if kind == "ternary_expression":
            options = (self.field(node, "consequence"), self.field(node, "alternative"))
            return Choice(line=line, options=options, test=self.field(node, "condition"))
        if kind == "unary_expression":
            of = self.field(node, "argument")
            word = _text(node.child_by_field_name("operator"))
            return (
                Not(line=line, of=of)
                if word == "!"
                else Other(line=line, parts=(of,))
                if word in ("void", "delete")
                else Constant(line=line)
            )
        if kind == "update_expression":
            return Constant(line=line)
        if kind == "array":
            items = [one for one in node.named_children if one.type != "comment"]
            return Listed(
                line=line,
                items=tuple(self.expression(one) for one in items if one.type != "spread_element"),
                spread=tuple(self.expression(one.named_children[0]) for one in items if one.type == "spread_element"),
            )
        if kind == "object":
            return self._object(node)
        if kind in _FUNCTIONS:
            return self.function(node)
        if kind == "class":
            return Other(line=line, parts=self.statement(node))
        if kind == "sequence_expression":
            return self.expression(node.named_children[-1])
        parts = tuple(one for child in node.named_children for one in self._part(child))
        return Other(line=line, parts=parts)

    def _part(self, node: Tree) -> tuple[Node, ...]:
        if node.type in ("comment", "type_annotation", "type_arguments", "type_parameters"):
            return ()
        if node.type.endswith(("_statement", "_declaration")) or node.type == "class_body":
            return self.block(node)
        return (self.expression(node),)

    def _template(self, node: Tree) -> tuple[Expression, ...]:
        parts: list[Expression] = []
        for child in node.named_children:
            if child.type == "template_substitution":
                parts += [self.expression(one) for one in child.named_children if one.type != "comment"]
            else:
                parts.append(Text(line=_line(child), value=_fragment(child)))
        return tuple(parts)

    def _call(self, node: Tree) -> Expression:
        line = _line(node)
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        awaited = False
        while callee is not None and callee.type in (*_TRANSPARENT, "await_expression"):
            inner = [one for one in callee.named_children if one.type != "comment"]
            if not inner or (callee.type == "parenthesized_expression"):
                break
            awaited = awaited or callee.type == "await_expression"
            callee = inner[0]
        given = node.child_by_field_name("arguments")
        if (
            callee is not None
            and callee.type == "arrow_function"
            and given is not None
            and given.type == "template_string"
        ):
            # () => tag<T>`...` is read as (() => tag<T>)`...`
            function = self.function(callee)
            last = function.body[-1] if function.body else None
            if isinstance(last, Leave) and last.value is not None:
                body = (*function.body[:-1], replace(last, value=self._tagged(last.value, given)))
                return replace(function, body=body)
        of = self.expression(callee) if callee is not None else Constant(line=line)
        made: Expression
        if given is not None and given.type == "template_string":
            made = Tagged(line=line, tag=of, parts=self._template(given))
        else:
            arguments = given.named_children if given is not None else []
            made = Call(
                line=line,
                of=of,
                arguments=tuple(self.expression(one) for one in arguments if one.type != "comment"),
                new=node.type == "new_expression",
            )
        return Await(line=line, of=made) if awaited else made

    def _tagged(self, tag: Expression, template: Tree) -> Expression:
        """A tagged template whose tag may be awaited by mistake of the grammar: what is awaited is its value."""
        bare = tag.of if isinstance(tag, Await) else tag
        made = Tagged(line=tag.line, tag=bare, parts=self._template(template))
        return Await(line=tag.line, of=made) if isinstance(tag, Await) else made

    def _binary(self, node: Tree) -> Expression:
        line, word = _line(node), _text(node.child_by_field_name("operator"))
        first, last = node.child_by_field_name("left"), node.child_by_field_name("right")
        if word in (">", ">>", ">>>") and first is not None and last is not None and last.type == "template_string":
            # await tag<Array<T>>`...` is read as two comparisons
            while first is not None and first.type == "binary_expression":
                first = first.child_by_field_name("left")
            if first is not None:
                return self._tagged(self.expression(first), last)
        left, right = self.field(node, "left"), self.field(node, "right")
        if word == "+":
            return Joined(line=line, parts=(left, right))
        if word in ("||", "??"):
            return Choice(line=line, options=(left, right))
        if word == "&&":
            return Choice(line=line, options=(right,), test=left)
        if word in ("-", "*", "/", "%", "**", "|", "&", "^", "<<", ">>", ">>>"):
            return Constant(line=line)
        return Other(line=line, parts=(left, right))

    def _object(self, node: Tree) -> Expression:
        entries: list[tuple[str | None, Expression]] = []
        spread: list[Expression] = []
        for one in node.named_children:
            if one.type == "pair":
                key = one.child_by_field_name("key")
                name = None if key is None or key.type == "computed_property_name" else _text(key).strip("'\"")
                value = one.child_by_field_name("value")
                if value is not None and value.type in _FUNCTIONS:
                    entries.append((name, self.function(value, name=name or "", exported=True)))
                else:
                    entries.append((name, self.field(one, "value")))
            elif one.type == "shorthand_property_identifier":
                entries.append((_text(one), Name(line=_line(one), name=_text(one))))
            elif one.type == "spread_element":
                spread.append(self.expression(one.named_children[0]))
            elif one.type == "method_definition":
                entries.append((_text(one.child_by_field_name("name")), self.function(one, exported=True)))
        return Record(line=_line(node), entries=tuple(entries), spread=tuple(spread))


def _names(pattern: Tree | None) -> tuple[str, ...]:
    """The names that a pattern gives a value to."""
    if pattern is None:
        return ()
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        return (_text(pattern),)
    if pattern.type == "pair_pattern":
        return _names(pattern.child_by_field_name("value"))
    if pattern.type in ("object_assignment_pattern", "assignment_pattern"):
        return _names(pattern.child_by_field_name("left"))
    if pattern.type in ("object_pattern", "array_pattern", "rest_pattern", "required_parameter", "optional_parameter"):
        return tuple(name for child in pattern.named_children for name in _names(child))
    return ()


def _members_taken(pattern: Tree | None) -> tuple[tuple[str, str], ...]:
    """(name, member) for each that a pattern takes; () where it takes anything in another way."""
    if pattern is None or pattern.type != "object_pattern":
        return ()
    found = []
    for one in pattern.named_children:
        key, inner = one.child_by_field_name("key"), one.child_by_field_name("value")
        if one.type == "shorthand_property_identifier_pattern":
            found.append((_text(one), _text(one)))
        elif one.type == "pair_pattern" and _text(key).isidentifier() and inner is not None:
            if inner.type != "identifier":
                return ()
            found.append((_text(inner), _text(key)))
        else:
            return ()
    return tuple(found)


def _is_plain(value: Expression) -> bool:
    """Whether a value is a name, or members of one: nothing is called for it."""
    while isinstance(value, Member):
        value = value.of
    return isinstance(value, Name)


def _fragment(node: Tree) -> str:
    text = _text(node)
    return _SIMPLE_ESCAPE.sub(_unescaped, text) if node.type == "escape_sequence" else text


def _unescaped(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] in "ux" and len(said) > 1:
        number = int(said.strip("ux{}"), 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "?"
    return _ESCAPES.get(said, "" if said == "\n" else said)
