"""Which names does an existing schema.prisma give, and what may it say?

The style of an edited file is its own: models, fields, enums and relations keep their names, and what its preview
features do not allow is not said. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.sources.prisma.meaning import Enum, Model, Relation, Schema
from pgmason.sources.prisma.naming import LONGEST_BYTES
from pgmason.sources.prisma.version import Version
from pgmason.sources.prisma.writer.composing import Style
from pgmason.sources.prisma.writer.relation_fields import Known, relation_key

__all__ = ["cut", "path_of", "path_of_enum", "style_of"]

_DEFAULT_SCHEMA = "public"


def style_of(schema: Schema, version: Version) -> Style:
    """The style of the files of a schema."""
    models = {path_of(model): model for model in schema.models}
    enums = {path_of_enum(enum): enum for enum in schema.enums}
    return Style(
        datasource=schema.datasource.name,
        models={path: model.name for path, model in models.items()},
        enums={path: enum.name for path, enum in enums.items()},
        fields={
            (*path, cut(scalar.column)): scalar.name
            for path, model in models.items()
            for scalar in model.scalars.values()
        },
        values={(*path, label): name for path, enum in enums.items() for name, label in enum.values},
        relations=dict(_relations(schema)),
        others={
            path: frozenset(field.name for field in model.block.fields if field.name not in model.scalars)
            for path, model in models.items()
        },
        ignored=frozenset(path for path, model in models.items() if model.ignored),
        views=frozenset(path for path, model in models.items() if model.is_view),
        foreign_keys=schema.foreign_keys_kept,
        features=schema.previews,
        schemas=schema.datasource.schemas,
        join_keys=version.join_tables_have_keys,
    )


def path_of(model: Model) -> tuple[str, ...]:
    """The path of a model's table."""
    return (model.schema or _DEFAULT_SCHEMA, cut(model.database_name))


def path_of_enum(enum: Enum) -> tuple[str, ...]:
    """The path of an enum."""
    return (enum.schema or _DEFAULT_SCHEMA, cut(enum.database_name))


def cut(name: str) -> str:
    """A name as the server stores it."""
    return name.encode()[:LONGEST_BYTES].decode(errors="ignore")


def _relations(schema: Schema) -> Iterator[tuple[tuple[str, ...], Known]]:
    alike: dict[tuple[str, ...], int] = {}
    for relation in sorted(schema.relations, key=_constraint):
        if relation.from_field is None or relation.to_field is None:
            continue
        title = _title(schema, relation)
        known = Known(name=title, first=relation.from_field, second=relation.to_field)
        child, parent = schema.by_name[relation.from_model], schema.by_name[relation.to_model]
        if relation.foreign_key is not None:
            columns = [cut(scalar.column) for scalar in relation.foreign_key.fields]
            own = relation_key(path_of(child), columns, path_of(parent))
            number = alike.get(own, 0)
            alike[own] = number + 1
            yield relation_key(path_of(child), columns, path_of(parent), number), known
        elif relation.join_table is not None:
            join = relation.join_table
            yield (join.schema or _DEFAULT_SCHEMA, cut(join.name)), known


def _constraint(relation: Relation) -> str:
    """Keys alike are counted in the order of their names, as a catalog has them."""
    return relation.foreign_key.name if relation.foreign_key is not None else ""


def _title(schema: Schema, relation: Relation) -> str | None:
    """The relation's name where the file says it."""
    model = schema.by_name[relation.from_model]
    field = next(field for field in model.block.fields if field.name == relation.from_field)
    attribute = field.attribute("relation")
    said = attribute.named("name", None) if attribute is not None else None
    return getattr(said, "value", None)
