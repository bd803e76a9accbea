"""Which SQL do several kinds make of the same parts?

The address of a constraint, the statements that make a key with its index, and what is said of an index besides
CREATE INDEX. Each kind's own SQL stands in its own file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgmason.catalog.keywords import dotted, identifier
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = [
    "attach_index",
    "constraint_address",
    "create_constraint",
    "create_key",
    "index_settings",
    "key_clause",
    "makes_index",
    "option",
    "waits_for_partitions",
]


def constraint_address(identity: ObjectId, _: Any) -> Composable:
    """`CONSTRAINT c ON public.t`: as COMMENT ON names it."""
    from psycopg.sql import SQL, Identifier

    return SQL("CONSTRAINT {} ON {}").format(Identifier(identity.own_name), Identifier(*identity.path[:2]))


def create_constraint(identity: ObjectId, constraint: Any, _: Catalog) -> Iterator[Composable]:
    """ALTER TABLE ADD CONSTRAINT in the server's own words."""
    from psycopg.sql import SQL

    # One text, quoted by `identifier`: there are as many of these as foreign keys.
    table, name = dotted(identity.path[:2]), identifier(identity.own_name)
    yield SQL(f"ALTER TABLE {table} ADD CONSTRAINT {name} {constraint.definition}")


def create_key(identity: ObjectId, key: Any, catalog: Catalog) -> Iterator[Composable]:
    """A primary key, unique or exclusion constraint, and what is said of its index; its partitions have their own."""
    from psycopg.sql import SQL, Identifier

    yield SQL("ALTER TABLE ONLY {} ADD {}").format(Identifier(*identity.path[:2]), key_clause(identity, key, catalog))
    yield from index_settings(index_of(identity), catalog)
    if key.partition_of is not None:
        yield attach_index(index_of(identity), (key.partition_of[0], key.partition_of[2]))


def key_clause(identity: ObjectId, key: Any, catalog: Catalog) -> Composable:
    """`CONSTRAINT orders_pkey PRIMARY KEY (id) WITH (fillfactor=70) DEFERRABLE`, fit for CREATE TABLE too.

    pg_get_constraintdef leaves the storage parameters of a key out, and says them of an exclusion constraint.
    """
    from psycopg.sql import SQL, Identifier

    words = key.definition
    index = catalog.objects.get(index_of(identity))
    if index is not None and index.options and identity.kind != "exclusion constraint":
        deferral = (" DEFERRABLE" if key.deferrable else "") + (" INITIALLY DEFERRED" if key.deferred else "")
        options = SQL(", ").join(option(text) for text in index.options)
        return SQL("CONSTRAINT {} {} WITH ({}){}").format(
            Identifier(identity.own_name), SQL(words.removesuffix(deferral)), options, SQL(deferral)
        )
    return SQL(f"CONSTRAINT {identifier(identity.own_name)} {words}")


def option(text: str) -> Composable:
    """One of pg_class.reloptions, `fillfactor=70` or `toast.autovacuum_enabled=false`, its value quoted."""
    from psycopg.sql import SQL, Identifier, Literal

    name, _, value = text.partition("=")
    return SQL("{}={}").format(SQL(".").join(Identifier(part) for part in name.split(".")), Literal(value))


def index_of(constraint: ObjectId) -> ObjectId:
    """The index behind a key: PostgreSQL renames each with the other."""
    return ObjectId("index", (constraint.path[0], constraint.path[2]))


def makes_index(constraint: ObjectId, _: Any, catalog: Catalog) -> Iterator[ObjectId]:
    """The index that comes with a key."""
    if index_of(constraint) in catalog.objects:
        yield index_of(constraint)


def index_settings(identity: ObjectId, catalog: Catalog) -> Iterator[Composable]:
    """What is said of an index once it is there: where it is stored, targets of its expressions, what it is for."""
    from psycopg.sql import SQL, Identifier, Literal

    index = catalog.objects.get(identity)
    if index is None or not (index.tablespace or index.statistics_targets or index.clustered or index.replica_identity):
        return
    name, table = Identifier(*identity.path), Identifier(*index.table)
    if index.tablespace is not None:
        yield SQL("ALTER INDEX {} SET TABLESPACE {}").format(name, Identifier(index.tablespace))
    for position, target in index.statistics_targets:
        yield SQL("ALTER INDEX {} ALTER COLUMN {} SET STATISTICS {}").format(name, Literal(position), Literal(target))
    if index.clustered:
        yield SQL("ALTER TABLE {} CLUSTER ON {}").format(table, Identifier(identity.own_name))
    if index.replica_identity:
        yield SQL("ALTER TABLE ONLY {} REPLICA IDENTITY USING INDEX {}").format(table, Identifier(identity.own_name))


def waits_for_partitions(identity: ObjectId, key: Any, catalog: Catalog) -> Iterator[ObjectId]:
    """What must be there before a key of a partitioned table or of a partition.

    The partitions, because PostgreSQL would make keys of its own choosing on those to come; and the parent's key.
    """
    yield from catalog.partitions.get((identity.path[0], identity.path[1]), ())
    if key.partition_of is not None:
        yield ObjectId(identity.kind, key.partition_of)


def attach_index(identity: ObjectId, parent: tuple[str, str]) -> Composable:
    """ALTER INDEX ATTACH PARTITION; attaching what is attached already does nothing."""
    from psycopg.sql import SQL, Identifier

    return SQL("ALTER INDEX {} ATTACH PARTITION {}").format(Identifier(*parent), Identifier(*identity.path))
