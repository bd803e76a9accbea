"""A subscription: which publications of another server this database takes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import Kind

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Subscription"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription, less its connection string: that holds a password, and is never read.

    Whether it is enabled is no part of it either: PostgreSQL disables one by itself (disable_on_error). `slot` None
    is no slot. What the server's major does not know stands as a new subscription has it.
    """

    publications: tuple[str, ...]
    slot: str | None
    binary: bool
    streaming: str
    synchronous_commit: str
    two_phase: bool
    disable_on_error: bool
    origin: str
    password_required: bool
    run_as_owner: bool
    failover: bool


# pg_subscription.substream: a boolean until 15, then a letter (manual, system catalogs).
_STREAMING = {"f": "off", "t": "on", "p": "parallel", "false": "off", "true": "on"}


def _build(row: Any) -> Subscription:
    publications, slot, binary, streaming, commit, two_phase, on_error, origin, password, as_owner, failover = row
    return Subscription(
        publications=tuple(publications),
        slot=slot,
        binary=binary,
        streaming=_STREAMING[streaming],
        synchronous_commit=commit,
        two_phase=two_phase,
        disable_on_error=on_error,
        origin=origin,
        password_required=password,
        run_as_owner=as_owner,
        failover=failover,
    )


def _address(identity: ObjectId, subscription: Subscription) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("SUBSCRIPTION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, subscription: Subscription, catalog: Catalog) -> Iterator[Composable]:
    """A subscription that connects nowhere: its connection has to be set, and then it has to be enabled."""
    from psycopg.sql import SQL, Identifier, Literal

    said = subscription
    # streaming: off was the default until 17, parallel is since 18.
    unsaid = "parallel" if _major(catalog) >= 18 else "off"
    slot = SQL("NONE") if said.slot is None else Literal(said.slot)
    options = [SQL("connect = false"), SQL("slot_name = {}").format(slot)]
    options += [
        SQL(f"{name} = {{}}").format(value)
        for name, value, differs in (
            ("binary", SQL("true"), said.binary),
            ("streaming", SQL(said.streaming), said.streaming != unsaid),
            ("synchronous_commit", Literal(said.synchronous_commit), said.synchronous_commit != "off"),
            ("two_phase", SQL("true"), said.two_phase),
            ("disable_on_error", SQL("true"), said.disable_on_error),
            ("origin", Literal(said.origin), said.origin != "any"),
            ("password_required", SQL("false"), not said.password_required),
            ("run_as_owner", SQL("true"), said.run_as_owner),
            ("failover", SQL("true"), said.failover),
        )
        if differs
    ]
    yield SQL("CREATE {} CONNECTION '' PUBLICATION {} WITH ({})").format(
        _address(identity, said),
        SQL(", ").join(Identifier(name) for name in said.publications),
        SQL(", ").join(options),
    )


def _major(catalog: Catalog) -> int:
    """The major that the catalog was read from; 0 where it does not say."""
    number = catalog.server.split(".")[0]
    return int(number) if number.isdecimal() else 0


def _query(version: int) -> str:
    """Only columns that every role may read, which before 14 leaves even the oid out (system_views.sql)."""

    def since(first: int, column: str, otherwise: str) -> str:
        return column if version >= first else otherwise

    return f"""
SELECT 'pg_catalog.pg_subscription'::pg_catalog.regclass::oid, {since(140000, "s.oid", "0::oid")}, 0, s.subname,
       s.subpublications, s.subslotname, {since(140000, "s.subbinary", "false")},
       {since(140000, "s.substream::text", "'f'")}, {since(140000, "s.subsynccommit", "'off'")},
       {since(150000, "s.subtwophasestate <> 'd'", "false")}, {since(150000, "s.subdisableonerr", "false")},
       {since(160000, "s.suborigin", "'any'")}, {since(160000, "s.subpasswordrequired", "true")},
       {since(160000, "s.subrunasowner", "false")}, {since(170000, "s.subfailover", "false")}
FROM pg_catalog.pg_subscription s
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
WHERE d.datname = pg_catalog.current_database()"""


KIND = Kind(
    name="subscription",
    state=Subscription,
    path_length=1,
    query=_query,
    build=_build,
    address=_address,
    create=_create,
)
