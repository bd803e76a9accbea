"""Catalogs made by hand, for laws that have to hold whatever the schema: no server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.docs import ModelInput
from pgmason.names import ObjectId

Path = tuple[str, str]


def catalog_of(
    tables: Mapping[Path, Sequence[Path]], *, columns: int = 2, comments: Mapping[ObjectId, str] | None = None
) -> Catalog:
    """Tables with a primary key `id`, that many columns, and a foreign key `ref0`, `ref1`, ... to each table named."""
    objects: dict[ObjectId, Any] = {}
    for path, parents in tables.items():
        names = ["id", *(f"c{i}" for i in range(columns - 1)), *(f"ref{i}" for i in range(len(parents)))]
        objects[ObjectId("table", path)] = Table(
            columns=tuple(names),
            unlogged=False,
            partition_key=None,
            partition_of=None,
            partition_bound=None,
            inherits=(),
        )
        for name in names:
            objects[ObjectId("column", (*path, name))] = Column(
                type="bigint",
                not_null=name == "id",
                default=None,
                identity=None,
                generated=None,
                expression=None,
                collation=None,
            )
        key = f"{path[1]}_pkey"
        objects[ObjectId("primary key", (*path, key))] = PrimaryKey(
            columns=("id",), include=(), deferrable=False, deferred=False, definition="PRIMARY KEY (id)"
        )
        objects[ObjectId("index", (path[0], key))] = Index(
            table=path,
            method="btree",
            unique=True,
            keys=("id",),
            key_columns=("id",),
            operators=("int8_ops",),
            include=(),
            predicate=None,
            nulls_not_distinct=False,
            valid=True,
            constraint=key,
            partition_of=None,
            definition="CREATE UNIQUE INDEX ...",
        )
        for number, parent in enumerate(parents):
            objects[ObjectId("foreign key", (*path, f"{path[1]}_ref{number}_fkey"))] = ForeignKey(
                columns=(f"ref{number}",),
                references=parent,
                referenced_columns=("id",),
                on_delete="NO ACTION",
                on_update="NO ACTION",
                deferrable=False,
                deferred=False,
                validated=True,
                definition="FOREIGN KEY ...",
            )
    return Catalog(objects=objects, comments=comments or {})


def model_input(catalog: Catalog) -> ModelInput:
    return ModelInput(product="shop", catalog=catalog, source="migrations (updown)", unread=catalog.unread)


@st.composite
def tables(draw: st.DrawFn, *, most: int = 130) -> dict[Path, list[Path]]:
    """Up to `most` tables in up to three schemas, each referring to up to six others: sparse, hubs, or none at all."""
    count = draw(st.integers(0, most))
    schemas = draw(st.sampled_from([("public",), ("public", "billing"), ("app", "billing", "public")]))
    fewest, most_references = draw(st.sampled_from([(0, 0), (0, 1), (1, 2), (0, 6)]))
    # drawing each reference by itself would leave hypothesis no room for many tables
    chance = Random(draw(st.integers(0, 2**32)))
    names = [(chance.choice(schemas), f"t{number:03}") for number in range(count)]
    hubs = names[: chance.choice([1, 3, 10])]
    towards_hubs = chance.random()
    return {
        name: [
            chance.choice(hubs if chance.random() < towards_hubs else names)
            for _ in range(chance.randint(fewest, most_references))
        ]
        for name in names
    }


# Names as PostgreSQL takes them: any character but NUL, and no lone surrogate, which UTF-8 cannot hold.
names = st.text(
    st.one_of(
        st.sampled_from(list("ab_-~\"'`|<>%#;&*\\[](){}!$.: \n\t🎉ßé字")),
        st.characters(codec="utf-8", exclude_characters="\0"),
    ),
    min_size=1,
    max_size=12,
)
