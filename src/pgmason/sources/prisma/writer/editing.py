"""What is to be changed in the files of a schema, so that they say another catalog?

Two drafts in the files' own names, of the catalog that they make now and of the one wanted, are held against each
other: what is equal stays to the letter, comments and order with it. Where they differ, the piece is replaced, a line
taken out, or one put in where its kind stands. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgmason.sources.prisma.meaning import Enum, Index, Key, Model, Schema
from pgmason.sources.prisma.tree import Attribute, EnumBlock, Field, ModelBlock
from pgmason.sources.prisma.writer.column_types import text_literal
from pgmason.sources.prisma.writer.draft import Draft, DraftAttribute, DraftEnum, DraftField, DraftModel
from pgmason.sources.prisma.writer.existing import cut, path_of, path_of_enum
from pgmason.sources.prisma.writer.lines import Lines
from pgmason.sources.prisma.writer.printing import enum_lines, field_line, model_lines

__all__ = ["edited"]

_KEYS = ("@id", "@@id", "@unique", "@@unique", "@@index")
_LAST = ("@@map", "@@schema", "@@ignore")
# In this order `prisma format` puts the attributes of a field.
_RANKS = {"@id": 0, "@unique": 1, "@default": 2, "@updatedAt": 3, "@map": 4, "@relation": 5, "native": 6, "@ignore": 7}


def edited(schema: Schema, before: Draft, after: Draft) -> dict[str, str]:
    """The new text of each file that changes, by its name as the schema's documents have it."""
    files = {document.file: Lines(document.text) for document in schema.documents}
    models = {path_of(model): model for model in schema.models}
    was = {model.path: model for model in before.models}
    wanted = {model.path: model for model in after.models}
    for path, model in models.items():
        lines = files[model.file]
        if path in wanted and path in was:
            _Block(lines, model).bring(was[path], wanted[path])
        elif path in was:
            _take_out(lines, model.block)
    gone = {models[path].name for path in was if path in models and path not in wanted}
    _drop_fields_of(gone, schema, files)
    _enums(schema, files, before, after)
    _settings(schema, files, before, after)
    home = files[_home(schema)]
    last = len(home.lines)
    for new in after.models:
        if new.path not in models:
            home.insert(last, "", *model_lines(new))
    known = {path_of_enum(enum) for enum in schema.enums}
    for enum in after.enums:
        if enum.path not in known:
            home.insert(last, "", *enum_lines(enum))
    return {file: lines.edited() for file, lines in files.items() if lines.changed}


def _home(schema: Schema) -> str:
    """The file that new models go to: that with most of them, or with the datasource."""
    counts = {document.file: sum(1 for _ in document.models) for document in schema.documents}
    most = max(counts.values(), default=0)
    return next(file for file, count in counts.items() if count == most) if most else schema.datasource.file


def _take_out(lines: Lines, block: ModelBlock | EnumBlock) -> None:
    """A whole block with the comments directly above it, and the blank line behind it."""
    last = lines.line_at(block.end - 1)
    first = lines.comments_above(block.line)
    if last < len(lines.lines) and not lines.lines[last].strip():
        last += 1
    lines.delete(first, last)


def _drop_fields_of(gone: set[str], schema: Schema, files: Mapping[str, Lines]) -> None:
    """Fields whose model is gone, where no draft told of them."""
    for model in schema.models:
        if model.name in gone:
            continue
        for field in model.block.fields:
            if field.type.name in gone and not files[model.file].is_deleted(field.line):
                _delete_field(files[model.file], field)


def _delete_field(lines: Lines, field: Field) -> None:
    lines.delete(lines.comments_above(field.line, "///"), field.line)


class _Block:
    """One model of a file, and the edits that bring it from what it says to what is wanted."""

    def __init__(self, lines: Lines, model: Model) -> None:
        self.lines = lines
        self.model = model
        self.fields = {field.name: field for field in model.block.fields}
        self.opening = lines.line_at(model.block.body - 1)
        self.indent = self._indent()
        self.parted = bool(model.block.attributes)  # whether a blank line stands before the block's attributes

    def bring(self, was: DraftModel, wanted: DraftModel) -> None:
        """Note every edit."""
        self._columns(was, wanted)
        self._relations(was, wanted)
        self._keys(was, wanted)
        self._ignore(was, wanted)

    # --- fields

    def _columns(self, was: DraftModel, wanted: DraftModel) -> None:
        old = {field.column: field for field in was.fields if field.column}
        new = {field.column: field for field in wanted.fields if field.column}
        after = self.opening
        for column, field in old.items():
            if column not in new and field.name in self.fields:
                _delete_field(self.lines, self.fields[field.name])
        for column, field in new.items():
            if column in old and field.name in self.fields:
                self._change(self.fields[field.name], old[column], field)
                after = self.fields[field.name].line
            elif column not in old:
                self._insert(after, field)

    def _relations(self, was: DraftModel, wanted: DraftModel) -> None:
        old = {field.key: field for field in was.fields if field.key}
        new = {field.key: field for field in wanted.fields if field.key}
        last = max((field.line for field in self.model.block.fields), default=self.opening)
        for key, field in old.items():
            if key not in new and field.name in self.fields:
                _delete_field(self.lines, self.fields[field.name])
        for key, field in new.items():
            if key in old and field.name in self.fields:
                self._change(self.fields[field.name], old[key], field)
            elif key not in old:
                self._insert(last, field)

    def _change(self, field: Field, was: DraftField, wanted: DraftField) -> None:
        if was.type != wanted.type:
            self._retype(field, wanted.type)
        names = {_kind(one): one for one in was.attributes if one.name not in _KEYS}
        others = {_kind(one): one for one in wanted.attributes if one.name not in _KEYS}
        for kind in [*names, *(one for one in others if one not in names)]:
            if names.get(kind) != others.get(kind):
                self._set(field, kind, others.get(kind))

    def _retype(self, field: Field, type_: str) -> None:
        """The new type; the blanks behind it give way, so that attributes stay where they are."""
        start, end = field.type.start, field.type.end
        room = 0
        if field.attributes:
            room = field.attributes[0].start - end - 1
        grown = len(type_) - (end - start)
        if room > 0 and grown > 0:
            end += min(room, grown)
        elif field.attributes and grown < 0:
            type_ += " " * -grown
        self.lines.replace(start, end, type_)

    def _set(self, field: Field, kind: str, wanted: DraftAttribute | None) -> None:
        found = next((one for one in field.attributes if _kind_of(one) == kind), None)
        if found is None and wanted is not None:
            self._append(field, wanted)
        elif found is not None and wanted is not None:
            self.lines.replace(found.start, found.end, str(wanted))
        elif found is not None:
            self._remove(field, found)

    def _append(self, field: Field, attribute: DraftAttribute) -> None:
        """Put an attribute where `prisma format` has its kind."""
        rank = _RANKS.get(_kind(attribute), 0)
        later = next((one for one in field.attributes if _RANKS.get(_kind_of(one), 0) > rank), None)
        if later is not None:
            self.lines.replace(later.start, later.start, f"{attribute} ")
            return
        gap = " "
        if not field.attributes:
            gap = " " * max(1, self._columns_at()[1] - (field.end - self.lines.start_of(field.line)))
        self.lines.replace(field.end, field.end, f"{gap}{attribute}")

    def _remove(self, field: Field, attribute: Attribute) -> None:
        start, end = attribute.start, attribute.end
        if attribute is not field.attributes[-1]:
            end = field.attributes[field.attributes.index(attribute) + 1].start
        else:
            while self.lines.text[start - 1] in " \t":
                start -= 1
        self.lines.replace(start, end, "")

    def _insert(self, after: int, field: DraftField) -> None:
        name, attributes = self._columns_at()
        width = name - len(self.indent) - 1
        types = attributes - name - 1
        said = field_line(field, max(width, 0), max(types, 0) if field.attributes else 0).strip()
        documentation = [f"{self.indent}/// {line}".rstrip() for line in field.documentation]
        self.lines.insert(after, *documentation, f"{self.indent}{said}")

    def _columns_at(self) -> tuple[int, int]:
        """Where types begin in this block, and where attributes do."""
        fields = self.model.block.fields
        types = max((one.type.start - self.lines.start_of(one.line) for one in fields), default=0)
        attributes = max(
            (one.attributes[0].start - self.lines.start_of(one.line) for one in fields if one.attributes),
            default=max((one.end - self.lines.start_of(one.line) + 1 for one in fields), default=0),
        )
        return types, attributes

    def _indent(self) -> str:
        if not self.model.block.fields:
            return "  "
        line = self.lines.lines[self.model.block.fields[0].line - 1]
        return line[: len(line) - len(line.lstrip())]

    # --- keys, indexes and what else the block says

    def _keys(self, was: DraftModel, wanted: DraftModel) -> None:
        old, new = _keyed(was), _keyed(wanted)
        here = self._written()
        dropped = [key for key in old if key not in new]
        added = [key for key in new if key not in old]
        for key in list(dropped):  # one that has only another name is the same one
            twin = next((one for one in added if _same(old[key], new[one])), None)
            if twin is not None and key in here:
                self._rewrite(here[key], new[twin][1])
                dropped.remove(key)
                added.remove(twin)
        for key in dropped:
            if key in here:
                self._drop(here[key])
        for key in new:
            if key in old and old[key] != new[key] and key in here:
                if _level(here[key]) == new[key][1].name:
                    self._rewrite(here[key], new[key][1])
                else:
                    self._drop(here[key])
                    self._add(*new[key])
        for key in added:
            self._add(*new[key])

    def _written(self) -> dict[str, tuple[Field | None, Attribute]]:
        """The keys and indexes that stand here, by their names in the database, each with its field if it has one."""
        found: dict[str, tuple[Field | None, Attribute]] = {}
        written: list[Key | Index] = [*self.model.indexes]
        written += [self.model.key] if self.model.key is not None else []
        for one in written:
            holder = next((field for field in self.model.block.fields if one.attribute in field.attributes), None)
            found[cut(one.name)] = (holder, one.attribute)
        return found

    def _rewrite(self, there: tuple[Field | None, Attribute], wanted: DraftAttribute) -> None:
        self.lines.replace(there[1].start, there[1].end, str(wanted))

    def _drop(self, there: tuple[Field | None, Attribute]) -> None:
        field, attribute = there
        if field is None:
            self.lines.delete(attribute.line)
        elif not self.lines.is_deleted(field.line):
            self._remove(field, attribute)

    def _add(self, field_name: str | None, attribute: DraftAttribute) -> None:
        field = self.fields.get(field_name) if field_name is not None else None
        if field is not None:
            self._append(field, attribute)
        elif field_name is None:
            self._add_to_block(attribute)

    def _add_to_block(self, attribute: DraftAttribute) -> None:
        """Behind the last of its kind, or before what names the table, or as the first of the block."""
        said = f"{self.indent}{attribute}"
        there = [one for one in self.model.block.attributes if not self.lines.is_deleted(one.line)]
        alike = [one for one in there if f"@@{one.name}" == attribute.name]
        before = [one for one in there if f"@@{one.name}" not in _LAST]
        if alike or before:
            self.lines.insert((alike or before)[-1].line, said)
        elif there and attribute.name not in _LAST:
            self.lines.insert(there[0].line - 1, said)
        elif there:
            self.lines.insert(there[-1].line, said)
        else:
            closing = self.lines.line_at(self.model.block.end - 1)
            self.lines.insert(closing - 1, *([] if self.parted else [""]), said)
            self.parted = True

    def _ignore(self, was: DraftModel, wanted: DraftModel) -> None:
        word = DraftAttribute("@@ignore")
        there = self.model.block.attribute("ignore")
        if word in wanted.attributes and word not in was.attributes and there is None:
            self._add_to_block(word)


def _keyed(model: DraftModel) -> dict[str, tuple[str | None, DraftAttribute]]:
    """Keys and indexes by their names in the database, each with the field it stands at."""
    found: dict[str, tuple[str | None, DraftAttribute]] = {}
    for field in model.fields:
        found |= {one.key: (field.name, one) for one in field.attributes if one.key is not None}
    return found | {one.key: (None, one) for one in model.attributes if one.key is not None}


def _same(one: tuple[str | None, DraftAttribute], other: tuple[str | None, DraftAttribute]) -> bool:
    """Whether two keys or indexes differ in nothing but their names."""
    return one[0] == other[0] and one[1].name == other[1].name and _nameless(one[1]) == _nameless(other[1])


def _nameless(attribute: DraftAttribute) -> str:
    inner = attribute.inner or ""
    start = inner.find('map: "')
    if start < 0:
        return inner
    end = start + len('map: "')
    while inner[end] != '"':
        end += 2 if inner[end] == "\\" else 1
    return (inner[:start].rstrip(", ") + inner[end + 1 :]).strip(", ")


def _level(there: tuple[Field | None, Attribute]) -> str:
    return ("@" if there[0] is not None else "@@") + there[1].name


def _kind(attribute: DraftAttribute) -> str:
    return "native" if "." in attribute.name else attribute.name


def _kind_of(attribute: Attribute) -> str:
    return "native" if "." in attribute.name else f"@{attribute.name}"


def _enums(schema: Schema, files: Mapping[str, Lines], before: Draft, after: Draft) -> None:
    was = {enum.path: enum for enum in before.enums}
    wanted = {enum.path: enum for enum in after.enums}
    for enum in schema.enums:
        path = path_of_enum(enum)
        lines = files[enum.block.file]
        if path in was and path not in wanted:
            _take_out(lines, enum.block)
        elif path in was:
            _values(lines, enum, was[path], wanted[path])


def _values(lines: Lines, enum: Enum, was: DraftEnum, wanted: DraftEnum) -> None:
    there = {value.name: value for value in enum.block.values}
    old = {value.label: value for value in was.values}
    new = {value.label: value for value in wanted.values}
    after = lines.line_at(enum.block.body - 1)
    for label, value in old.items():
        if label not in new and value.name in there:
            line = there[value.name].line
            lines.delete(lines.comments_above(line, "///"), line)
    for label, value in new.items():
        if label in old and value.name in there:
            after = there[value.name].line
        elif label not in old:
            mapped = f" @map({text_literal(label)})" if value.mapped else ""
            lines.insert(after, f"  {value.name}{mapped}")


def _settings(schema: Schema, files: Mapping[str, Lines], before: Draft, after: Draft) -> None:
    """The extensions of the datasource."""
    if before.extensions == after.extensions:
        return
    block = next(block for document in schema.documents for block in document.configs if block.keyword == "datasource")
    lines = files[block.file]
    said = f"[{', '.join(after.extensions)}]"
    setting = block.setting("extensions")
    if setting is not None:
        if after.extensions:
            lines.replace(setting.value.start, setting.value.end, said)
        else:
            lines.delete(setting.line)
    elif block.settings:
        lines.insert(block.settings[-1].line, f"  extensions = {said}")
