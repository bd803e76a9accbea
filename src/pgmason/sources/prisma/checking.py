"""What does Prisma refuse in a schema that reads well piece by piece?

Names taken twice, models that nothing identifies, names of constraints that collide, schemas that the datasource
does not list, and what a preview feature must allow. `relationMode = "prisma"` brings the check of circles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pgmason.sources.prisma.arguments import list_of
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import Enum, Model, Schema
from pgmason.sources.prisma.tree import (
    Block,
    Call,
    ConfigBlock,
    Document,
    EnumBlock,
    Expression,
    ModelBlock,
    Text,
    shown,
)
from pgmason.sources.prisma.types import SCALARS

__all__ = ["check_columns", "check_names", "check_schema"]

_TEXTS = ("provider", "output", "engineType", "binaryTargets")  # of a generator
# Words of TypeScript that the client cannot give to a class, and its own. (reserved_model_names.rs of prisma-engines)
_RESERVED = frozenset((
    "PrismaClient", "async", "await", "break", "case", "catch", "class", "const", "continue",
    "debugger", "default", "delete", "do", "else", "enum", "export", "extends", "false",
    "finally", "for", "function", "if", "implements", "import", "in", "instanceof", "interface",
    "let", "new", "null", "package", "private", "protected", "public", "return", "super",
    "switch", "this", "throw", "true", "try", "using", "typeof", "var", "void",
    "while", "with", "yield",
))  # fmt: skip


def check_names(documents: Sequence[Document], *, faults: Faults) -> None:
    """Names within the files: no two of a kind, no reserved ones, no empty enum."""
    seen: dict[str, str] = {}
    generators: set[str] = set()
    for block in (block for document in documents for block in document.blocks):
        if isinstance(block, ConfigBlock):
            if block.name in SCALARS:
                why = f"{block.name} is a type of Prisma's own"
                faults.add(block.file, _At(block.name_start, block.line), why, f'"{block.name}" is a reserved')
            if block.keyword == "generator":
                _check_generator(block, generators, faults)
            continue
        keyword = block.keyword if isinstance(block, ModelBlock) else "enum"
        if block.name in SCALARS:
            faults.add(block.file, block, f"{block.name} is a type of Prisma's own", f'"{block.name}" is a reserved')
        elif block.name in _RESERVED:
            faults.add(
                block.file, block, f"no {keyword} can be named {block.name}, a word of TypeScript or of the client",
                f"The {keyword} name `{block.name}` is invalid. It is a reserved name",
            )  # fmt: skip
        elif block.name in seen:
            why = f"there is a {seen[block.name]} named {block.name} already"
            faults.add(block.file, block, why, f'The {keyword} "{block.name}" cannot be defined because')
        seen.setdefault(block.name, keyword)
        _check_members(block, faults)


def _check_generator(block: ConfigBlock, generators: set[str], faults: Faults) -> None:
    if block.name in generators:
        why = f"there is a generator named {block.name} already"
        faults.add(block.file, block, why, f'The generator "{block.name}" cannot be defined because')
    generators.add(block.name)
    if block.setting("provider") is None:
        faults.add(block.file, block, "the generator has no provider", 'Argument "provider" is missing')
    keys = [setting.key for setting in block.settings]
    for position, setting in enumerate(block.settings):
        if setting.key in keys[:position]:
            why = f"{setting.key} is said twice in {block.name}"
            faults.add(block.file, setting, why, f'Key "{setting.key}" is already defined in generator')
        texts = list_of(setting.value) if setting.key == "binaryTargets" else (setting.value,)
        for value in texts if setting.key in _TEXTS else ():
            if not _is_text(value):
                why = f'{setting.key} is a text in quotes or env("NAME"), not {shown(value)}'
                prisma = "Expected a String value"
                if isinstance(value, Call) and value.name == "env" and setting.key != "engineType":
                    one = len(value.arguments) == 1
                    prisma = "Expected a string value" if one else "Exactly one string parameter must be passed"
                faults.add(block.file, value, why, prisma)


def _is_text(value: Expression) -> bool:
    if isinstance(value, Call) and value.name == "env" and len(value.arguments) == 1:
        return isinstance(value.arguments[0].value, Text)
    return isinstance(value, Text)


def _check_members(block: Block, faults: Faults) -> None:
    if isinstance(block, EnumBlock):
        if not block.values:
            faults.add(block.file, block, f"the enum {block.name} has no value")
        seen: set[str] = set()
        for value in block.values:
            if value.name in seen:
                why = f"{block.name} has the value {value.name} already"
                faults.add(block.file, value, why, f'Value "{value.name}" is already defined on enum')
            seen.add(value.name)
    elif isinstance(block, ModelBlock):
        names: set[str] = set()
        for field in block.fields:
            if field.name in names:
                why = f"{block.name} has the field {field.name} already"
                faults.add(block.file, field, why, f'Field "{field.name}" is already defined on')
            names.add(field.name)


def check_columns(block: ModelBlock, relations: Collection[str], *, faults: Faults) -> None:
    """Columns that two fields would have; `relations` are the names of models, whose fields are no columns.

    A `@map` may not take the name of another field, unless that one was given another column above.
    """
    own = {field.name for field in block.fields if field.type.name not in relations}
    mapped: dict[str, str] = {}  # field by column
    for field in block.fields:
        attribute = field.attribute("map")
        name = attribute.named(None, "name") if attribute is not None else None
        if not isinstance(name, Text) or field.type.name in relations:
            continue
        column = name.value
        free = column == field.name or column not in own or column in mapped.values()
        if column in mapped or not free:
            why = f"the column {column} belongs to the field {mapped.get(column, column)} of {block.name}"
            faults.add(block.file, field, why, f'Field "{field.name}" is already defined on')
        mapped.setdefault(column, field.name)


def check_schema(schema: Schema, *, faults: Faults) -> None:
    """What can be seen of the whole only."""
    _check_database_names(schema, faults)
    for model in schema.models:
        if not model.is_view and not model.ignored and not _identified(model):
            faults.model(
                model.file, model.block, model.name,
                "nothing identifies a record: it needs @id, @@id, or something unique that is all required",
            )  # fmt: skip
        _check_client_names(model, faults)
        if model.is_view:
            _check_view(schema, model, faults)
    _check_constraint_names(schema, faults)
    _check_schemas(schema, faults)
    if schema.datasource.extensions and "postgresqlExtensions" not in schema.previews:
        block = next(
            block for document in schema.documents for block in document.configs if block.keyword == "datasource"
        )
        why = 'extensions need previewFeatures = ["postgresqlExtensions"] in the generator'
        prisma = "The `extensions` property is only available with the `postgresqlExtensions` preview feature"
        faults.add(schema.datasource.file, block.setting("extensions") or block, why, prisma)
    if not schema.foreign_keys_kept:
        _check_circles(schema, faults)


def _check_view(schema: Schema, model: Model, faults: Faults) -> None:
    if "views" not in schema.previews:
        faults.add(model.file, model.block, 'a view needs previewFeatures = ["views"] in the generator')
    if model.key is not None:
        faults.add(model.file, model.key.attribute, f"the view {model.name} has no primary key: say unique")
    for index in model.block.every("index"):
        faults.add(model.file, index, f"the view {model.name} has no indexes: its tables have")
    for unique in model.indexes:
        if unique.attribute.named("map") is not None:
            why = f"no index stands behind a unique of the view {model.name}, which map could name"
            faults.add(model.file, unique.attribute, why, "Error validating: @@unique annotations on views")
        if any(column.sort is not None for column in unique.fields):
            why = f"no index stands behind a unique of the view {model.name}, which could be sorted"
            faults.attribute(model.file, unique.attribute, "@unique" if len(unique.fields) == 1 else "@@unique", why)


def _identified(model: Model) -> bool:
    keys = ([model.key] if model.key is not None else []) + [index for index in model.indexes if index.unique]
    return any(
        all(not column.scalar.optional and column.scalar.unsupported is None for column in key.fields) for key in keys
    )


def _check_client_names(model: Model, faults: Faults) -> None:
    """The names by which the client asks for compound keys must be free."""
    fields = {field.name for field in model.block.fields}
    named: set[str] = set()
    compound = [("@@id", model.key.attribute, model.key.fields)] if model.key is not None else []
    compound += [("@@unique", index.attribute, index.fields) for index in model.indexes if index.unique]
    for word, attribute, columns in compound:
        said = attribute.named("name")
        name = said.value if isinstance(said, Text) else None
        if name is None and len(columns) > 1:
            joined = "_".join(column.scalar.name for column in columns)
            if joined in fields:
                why = f'{word} goes by {joined} in the client, which is a field: say name: "..."'
                faults.model(model.file, attribute, model.name, why)
        elif name is not None:
            if name in fields:
                faults.model(model.file, attribute, model.name, f"{word} is named {name}, which is a field")
            if name in named:
                faults.attribute(model.file, attribute, word, f"{model.name} has a key or unique named {name} already")
            named.add(name)


def _given_a_name(model: Model) -> tuple[bool, bool]:
    """Of two with one name that is told last which is a view, or was given the name by @@map."""
    return model.is_view, model.block.attribute("map") is not None


def _check_database_names(schema: Schema, faults: Faults) -> None:
    default = "" if not schema.datasource.schemas else None
    tables: dict[tuple[str | None, str], str] = {}
    for model in sorted(schema.models, key=_given_a_name):
        place = (model.schema or default, model.database_name)
        if place in tables:
            faults.add(
                model.file,
                model.block.attribute("map") or model.block,
                f"the table {model.database_name} belongs to {tables[place]} already",
                f'The model with database name "{model.database_name}" could not be',
            )
        tables.setdefault(place, model.name)
    for relation in schema.relations:
        join = relation.join_table
        owner = tables.get((join.schema or default, join.name)) if join is not None else None
        if join is not None and owner is not None:
            why = f"its join table is {join.name}, which is the table of {owner}: name the relation, or @@map {owner}"
            faults.add(join.file, join.field, why, "takes it, and makes no table of that model")
    types: dict[tuple[str | None, str], str] = {}
    for enum in schema.enums:
        place = (enum.schema or default, enum.database_name)
        if place in types:
            why = f"the type {enum.database_name} belongs to {types[place]} already"
            faults.add(enum.block.file, enum.block, why, "An enum with the same database name is already defined")
        types.setdefault(place, enum.name)


class _At:
    """A place that is no piece of the tree."""

    __slots__ = ("line", "start")

    def __init__(self, start: int, line: int) -> None:
        self.start = start
        self.line = line


def _names_of(model: Model) -> Iterator[tuple[str, str, _At]]:
    """(name, attribute, its place) of the key and the indexes."""
    if model.key is not None:
        word = "@id" if model.block.attribute("id") is None else "@@id"
        yield model.key.name, word, _At(model.key.attribute.start, model.key.attribute.line)
    for index in model.indexes:
        at_model = any(index.attribute is attribute for attribute in model.block.attributes)
        word = "@@index" if not index.unique else "@@unique" if at_model else "@unique"
        yield index.name, word, _At(index.attribute.start, index.attribute.line)


def _check_constraint_names(schema: Schema, faults: Faults) -> None:
    """Indexes share the names of their schema, constraints those of their table."""
    indexes: dict[tuple[str | None, str], list[tuple[Model, str, _At]]] = {}
    own: dict[tuple[str, str], int] = {}  # how often a name is taken on a model
    for model in schema.models:
        for name, word, at in _names_of(model) if not model.is_view else ():
            indexes.setdefault((model.schema, name), []).append((model, word, at))
            own[(model.name, name)] = own.get((model.name, name), 0) + 1
    for (_, name), users in indexes.items():
        for model, word, at in users if len(users) > 1 else ():
            why = f"the name {name} is taken by another key or index: say another with map"
            faults.attribute(model.file, at, word, why)
    keys = [relation.foreign_key for relation in schema.relations if relation.foreign_key is not None]
    for key in keys:
        own[(key.model, key.name)] = own.get((key.model, key.name), 0) + 1
    for key in keys:
        if own[(key.model, key.name)] > 1:
            why = f"the name {key.name} is taken by another constraint of {key.model}: say another with map"
            faults.attribute(schema.by_name[key.model].file, key.field, "@relation", why)


def _check_schemas(schema: Schema, faults: Faults) -> None:
    known = schema.datasource.schemas
    owners: list[Model | Enum] = [*schema.models, *schema.enums]
    for one in owners:
        block = one.block
        attribute = block.attribute("schema")
        if attribute is not None and one.schema not in known:
            listed = ", ".join(known) or "none"
            why = f"the datasource lists no schema {one.schema}; it lists {listed}"
            faults.add(block.file, attribute, why, "This schema is not defined in the datasource")
        elif attribute is None and known:
            what = block.keyword if isinstance(block, ModelBlock) else "enum"
            why = f"the datasource lists schemas, so that {one.name} must say which is its own: @@schema"
            prisma = "This enum is missing an `@@schema` attribute"
            if isinstance(block, ModelBlock):
                prisma = f'Error validating {what} "{one.name}"'
            faults.add(block.file, block, why, prisma)


def _check_circles(schema: Schema, faults: Faults) -> None:
    """Under relationMode = "prisma" the client follows actions itself, and must not go round."""
    edges: dict[str, list[tuple[str, str]]] = {}
    starts = []
    for relation in schema.relations:
        model = schema.by_name[relation.from_model]
        if relation.join_table is not None or relation.from_field is None or model.is_view:
            continue
        field = next(field for field in model.block.fields if field.name == relation.from_field)
        attribute = field.attribute("relation")
        if attribute is None or attribute.named("fields") is None:
            continue
        said = {name: attribute.named(name) for name in ("onDelete", "onUpdate")}
        words = {name: getattr(value, "text", "") for name, value in said.items() if value is not None}
        required = any(
            not model.scalars[getattr(item, "text", "")].optional
            for item in getattr(attribute.named("fields"), "items", ())
        )
        on_delete = words.get("onDelete", "Restrict" if required or field.type.arity == "" else "SetNull")
        on_update = words.get("onUpdate", "Cascade")
        if {on_delete, on_update} <= {"NoAction", "Restrict"}:
            continue
        edges.setdefault(relation.from_model, []).append((relation.to_model, field.name))
        starts.append((model, field, relation.to_model))
    for model, field, target in starts:
        if target == model.name:
            why = f"{field.name} leads back to {model.name}: say onDelete and onUpdate: NoAction or Restrict"
            faults.add(model.file, field, why, "A self-relation must have `onDelete` and `onUpdate`")
        elif _leads_back(model.name, target, edges):
            why = f"{field.name} is part of a circle of relations: say onDelete and onUpdate: Restrict in one of them"
            faults.add(model.file, field, why, "Reference causes a cycle")


def _leads_back(start: str, at: str, edges: dict[str, list[tuple[str, str]]]) -> bool:
    seen = {at}
    waiting = [at]
    while waiting:
        for target, _ in edges.get(waiting.pop(), ()):
            if target == start:
                return True
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False
