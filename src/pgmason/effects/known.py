"""What is there, as far as an effect needs to know it: relations and types by OID, each with what belongs to it.

Parsed from what `watching.sql` answers, and compared by `differences.py`. Less than a catalog, and read in a few
milliseconds for one table in the middle of a transaction: no expressions, no privileges. The names of attributes are
the contract of `model.AttributeChange`.

Left to others: asking (observe.py), comparing (differences.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgmason.names import ObjectId

__all__ = ["Address", "Known", "Member", "State", "parse_states", "relation_kind"]

Address = tuple[str, int]  # ("relation" or "type", OID)

_RELATION = {
    "r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table", "S": "sequence",
    "c": "composite type", "i": "index", "I": "index",
}  # fmt: skip
_TYPE = {"e": "enum", "d": "domain", "r": "range type", "b": "base type"}
_CONSTRAINT = {
    "c": "check", "f": "foreign key", "p": "primary key", "u": "unique", "x": "exclusion constraint", "n": "not null",
}  # fmt: skip
_PERSISTENCE = {"p": "permanent", "u": "unlogged", "t": "temporary"}
_IDENTITY = {"": "", "a": "always", "d": "by default"}
_GENERATED = {"": "", "s": "stored", "v": "virtual"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_COMPRESSION = {"": "", "p": "pglz", "l": "lz4"}
_ENABLED = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}
_REPLICA_IDENTITY = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
_COMMAND = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}
_WITH_STORAGE = ("table", "materialized view", "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A column, constraint, trigger, policy or rule.

    `references` and `index` are OIDs: what a foreign key references, what is behind a key. `type` of a column is its
    type's OID (of an array its element's), whether it is an array, and its modifier: the name may change without it.
    """

    identity: ObjectId
    attributes: Mapping[str, str]
    references: int = 0
    index: int = 0
    type: tuple[int, bool, int] = (0, False, -1)

    @property
    def not_valid(self) -> bool:
        return self.attributes.get("valid") == "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A relation or type as it is at one moment. `filenode` is 0 without storage; `table` is an index's table.

    `counted` is False where nobody counted the rows since the storage was made (pg_class.reltuples -1): TRUNCATE
    leaves it so, and what copies rows counts them. `members` are by (catalog, number): ("column", attnum),
    ("constraint", OID), ("trigger", OID), ...
    """

    oid: int
    identity: ObjectId
    attributes: Mapping[str, str]
    members: Mapping[tuple[str, int], Member]
    filenode: int = 0
    tablespace: int = 0
    table: int = 0
    parents: tuple[int, ...] = ()
    partitioned: bool = False
    counted: bool = False

    @property
    def holds_rows(self) -> bool:
        """Whether it is a table or materialized view with storage of its own."""
        return self.identity.kind in ("table", "materialized view") and not self.partitioned

    @property
    def has_storage(self) -> bool:
        return self.identity.kind in _WITH_STORAGE


Known = dict[Address, State]


def relation_kind(relkind: str) -> str:
    """The kind of an ObjectId for a pg_class.relkind."""
    return _RELATION[relkind]


def parse_states(answer: Mapping[str, Any], unsaid: frozenset[str] = frozenset()) -> Known:
    """The states in an answer of pgmason_states(). Owners in `unsaid`, whom no SQL chose, are told as ""."""
    relations = answer["r"] or []
    types = answer["y"] or []
    paths = {row[0]: (row[2], row[3]) for row in relations}
    type_paths = {row[0]: (row[2], row[3]) for row in types}
    members: dict[Address, dict[tuple[str, int], Member]] = {}
    for row in answer["a"] or []:
        relation, number, name, *rest, type_, array, modifier = row
        members.setdefault(("relation", relation), {})[("column", number)] = Member(
            identity=ObjectId("column", (*paths[relation], name)),
            attributes=_column(name, *rest),
            type=(type_, array, modifier),
        )
    for row in (*(answer["c"] or ()), *(answer["d"] or ())):
        oid, relation, domain, type_, name, *rest = row
        holder = ("relation", relation) if relation else ("type", domain)
        path = paths[relation] if relation else type_paths[domain]
        kind = _CONSTRAINT[type_] if relation else "domain constraint"
        members.setdefault(holder, {})[("constraint", oid)] = Member(
            identity=ObjectId(kind, (*path, name)),
            attributes=_constraint(kind, name, *rest[:5], no_inherit=rest[7]),
            references=rest[5],
            index=rest[6] if type_ != "f" else 0,
        )
    for letter, kind in (("t", "trigger"), ("p", "policy"), ("u", "rule")):
        for oid, relation, name, *rest in answer[letter] or []:
            members.setdefault(("relation", relation), {})[(kind, oid)] = Member(
                identity=ObjectId(kind, (*paths[relation], name)), attributes=_other(kind, name, rest)
            )
    indexes = {row[0]: row[1:] for row in answer["i"] or ()}
    parents: dict[int, list[tuple[int, str]]] = {}
    for oid, parent, called in answer["h"] or ():
        parents.setdefault(oid, []).append((parent, called))
    known: Known = {}
    for oid, relkind, schema, name, filenode, tablespace, *attributes, rows in relations:
        kind = _RELATION[relkind]
        address = ("relation", oid)
        index = indexes.get(oid)
        above = parents.get(oid, ())
        known[address] = State(
            oid=oid,
            identity=ObjectId(kind, (schema, name)),
            attributes=_relation(
                kind, schema, name, attributes, index, ", ".join(called for _, called in above), unsaid
            ),
            members=members.get(address, {}),
            filenode=filenode,
            tablespace=tablespace,
            table=index[0] if index is not None else 0,
            parents=tuple(parent for parent, _ in above),
            partitioned=relkind in "pI",
            counted=rows >= 0,
        )
    for oid, typtype, schema, name, not_null, base, labels in types:
        kind = _TYPE[typtype]
        attributes = {"name": name, "schema": schema}
        if kind == "domain":
            attributes |= {"type": base, "not null": _yes(not_null)}
        if kind == "enum":
            attributes["labels"] = ", ".join(labels or ())
        address = ("type", oid)
        known[address] = State(
            oid=oid, identity=ObjectId(kind, (schema, name)), attributes=attributes, members=members.get(address, {})
        )
    return known


def _yes(value: Any) -> str:
    return "yes" if value else "no"


def _relation(
    kind: str, schema: str, name: str, values: list[Any], index: list[Any] | None, parents: str, unsaid: frozenset[str]
) -> dict[str, str]:
    owner, persistence, tablespace, method, options, row_security, replica, is_partition = values
    attributes = {"name": name, "schema": schema}
    if index is not None:
        _, table, valid, ready, unique, clustered, columns = index
        attributes |= {
            "table": f"{schema}.{table}", "valid": _yes(valid), "ready": _yes(ready),  # in its table's schema, always
            "unique": _yes(unique), "clustered": _yes(clustered), "method": method or "", "columns": columns or "",
        }  # fmt: skip
    else:
        attributes["owner"] = "" if owner in unsaid else owner
    if kind == "table":
        attributes |= {
            "row security": row_security, "replica identity": _REPLICA_IDENTITY.get(replica, replica),
            "partition of": parents if is_partition else "", "inherits": "" if is_partition else parents,
            "access method": method or "",
        }  # fmt: skip
    return attributes | {
        "persistence": _PERSISTENCE.get(persistence, persistence), "tablespace": tablespace or "",
        "options": options or "",
    }  # fmt: skip


def _column(
    name: str, type_: str, not_null: bool, default: int, identity: str, generated: str, collation: str | None,
    storage: str, compression: str, target: int | None,
) -> dict[str, str]:  # fmt: skip
    return {
        "name": name, "type": type_, "not null": _yes(not_null),
        "default": "" if not default or generated else f"default #{default}",
        "identity": _IDENTITY.get(identity, identity), "generated": _GENERATED.get(generated, generated),
        "expression": f"expression #{default}" if default and generated else "",
        "collation": collation or "", "storage": _STORAGE.get(storage, storage),
        "compression": _COMPRESSION.get(compression, compression),
        "statistics target": "" if target in (None, -1) else str(target),
    }  # fmt: skip


def _constraint(
    kind: str, name: str, valid: bool, enforced: bool, deferrable: bool, deferred: bool, columns: str | None,
    *, no_inherit: bool,
) -> dict[str, str]:  # fmt: skip
    return {
        "name": name, "valid": _yes(valid), "enforced": _yes(enforced),
        "deferrable": _yes(deferrable), "deferred": _yes(deferred), "columns": columns or "",
    } | ({"no inherit": _yes(no_inherit)} if kind in ("check", "not null") else {})  # fmt: skip


def _other(kind: str, name: str, values: list[Any]) -> dict[str, str]:
    if kind == "policy":
        command, permissive = values
        return {"name": name, "command": _COMMAND.get(command, command), "permissive": _yes(permissive)}
    return {"name": name, "enabled": _ENABLED.get(values[0], values[0])}
