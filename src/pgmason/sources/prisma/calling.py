"""What does schema.prisma call each object of the database?

`public.order_lines` is `model OrderLine`, its column `OrderLine.productId`, its foreign key `relation
OrderLine.product`, its index `OrderLine @@index([productId])`. Rules and documents say these beside the database's
names, and point to their lines. Read from the files alone: no server is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgmason.names import ObjectId
from pgmason.sources import Called
from pgmason.sources.prisma.lowering import lower
from pgmason.sources.prisma.meaning import Model, Relation, Schema
from pgmason.sources.prisma.tree import Attribute, Document
from pgmason.sources.prisma.version import Version

__all__ = ["called"]

_DEFAULT_SCHEMA = "public"


def called(schema: Schema, version: Version) -> dict[ObjectId, Called]:
    """What each object that the schema makes is called there, with its place."""
    places = {identity: place for statement in lower(schema, version) for identity, place in statement.objects}
    words = dict(_words(schema))
    return {identity: Called(words=words.get(identity, ""), place=place) for identity, place in places.items()}


def _words(schema: Schema) -> Iterator[tuple[ObjectId, str]]:
    documents = {document.file: document for document in schema.documents}
    for enum in schema.enums:
        yield ObjectId("enum", (enum.schema or _DEFAULT_SCHEMA, enum.database_name)), f"enum {enum.name}"
    for model in schema.models:
        if not model.is_view:
            yield from _of_model(model, documents[model.file])
    for relation in schema.relations:
        yield from _of_relation(relation, schema.by_name)


def _path(model: Model) -> tuple[str, str]:
    return model.schema or _DEFAULT_SCHEMA, model.database_name


def _of_model(model: Model, document: Document) -> Iterator[tuple[ObjectId, str]]:
    path = _path(model)
    yield ObjectId("table", path), f"model {model.name}"
    for scalar in model.scalars.values():
        yield ObjectId("column", (*path, scalar.column)), f"{model.name}.{scalar.name}"
    if model.key is not None:
        words = _written(model, document, model.key.attribute)
        yield ObjectId("primary key", (*path, model.key.name)), words
        yield ObjectId("index", (path[0], model.key.name)), words
    for index in model.indexes:
        yield ObjectId("index", (path[0], index.name)), _written(model, document, index.attribute)


def _written(model: Model, document: Document, attribute: Attribute) -> str:
    """An attribute as the file has it, behind its model, or behind its field where it stands at one."""
    text = document.text[attribute.start : attribute.end]
    fields = (field for field in model.block.fields if field.attributes)
    own = next((field.name for field in fields if any(attribute is one for one in field.attributes)), None)
    return f"{model.name}.{own} {text}" if own is not None else f"{model.name} {text}"


def _of_relation(relation: Relation, models: Mapping[str, Model]) -> Iterator[tuple[ObjectId, str]]:
    model = models[relation.from_model]
    field = f"{model.name}.{relation.from_field}"
    default = "To".join(sorted((relation.from_model, relation.to_model)))
    named = f' "{relation.name}"' if relation.name != default else ""
    if relation.foreign_key is not None:
        yield ObjectId("foreign key", (*_path(model), relation.foreign_key.name)), f"relation{named} {field}"
    if relation.join_table is not None:
        path = (relation.join_table.schema or _DEFAULT_SCHEMA, relation.join_table.name)
        other = f"{relation.to_model}.{relation.to_field}"
        yield ObjectId("table", path), f"relation{named} {field}, {other}"
