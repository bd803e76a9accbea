"""Which calls of a file ask a database, with what, and do they write?

By the names that Prisma, node-postgres, knex, Sequelize, TypeORM, Drizzle, postgres.js, pg-promise, psycopg, asyncpg,
SQLAlchemy and Django give to it. A general name (`query`, `execute`) counts where its text is SQL or what it is called
on is named as a database is; a call under another name is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from pgmason.application.model import Await, Call, Expression, Function, Listed, Member, Name, Node, Record, Tagged
from pgmason.application.model import path_of as path
from pgmason.application.origins import Origin, Origins
from pgmason.application.scopes import Scopes
from pgmason.statements.fragments import HOLE, is_sql, reads_rows, verb_of, writes_rows

__all__ = ["Ask", "Means", "asks_of", "is_database_name"]


class Means(StrEnum):
    """By what a call asks."""

    UNSAFE = "unsafe"  # made for any text: $queryRawUnsafe
    CALLED = "called"  # $queryRaw as a function: its template is joined before it gets there
    FRAGMENT = "fragment"  # text that is put into a query as it is: Prisma.raw, knex.raw, text()
    TEXT = "text"  # a query as text, values apart from it
    TAGGED = "tagged"  # a tagged template
    ORM = "orm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call. `sql` is the expression that holds its text, `told` the text as far as it is known. `client` is what it
    is called on, `many` whether one call does what a loop would."""

    node: Call | Tagged
    means: Means
    name: str
    client: Expression
    sql: Expression | None = None
    told: str = ""
    writes: bool = False
    reads: bool = False
    many: bool = False
    model: str = ""
    method: str = ""


_UNSAFE = {"$queryRawUnsafe", "$executeRawUnsafe"}
_RAW = {"$queryRaw", "$executeRaw"}
_FRAGMENTS = {
    "whereRaw", "orWhereRaw", "andWhereRaw", "orderByRaw", "groupByRaw", "havingRaw", "joinRaw", "fromRaw", "selectRaw",
    "literal", "raw", "unsafe",
}  # fmt: skip
_BUILDER_TEXTS = {"where", "andWhere", "orWhere", "having", "andHaving", "orHaving", "orderBy", "addOrderBy"}
_JS_TEXT = {"query", "execute", "any", "one", "none", "many", "oneOrNone", "manyOrNone", "result", "exec", "run"}
_PY_TEXT = {
    "execute", "executemany", "execute_many", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "fetch_all",
    "fetch_one", "fetch_val", "scalar", "scalars", "raw", "read_sql", "read_sql_query", "copy_expert", "stream",
    "executescript", "execute_values", "execute_batch", "iterate", "cursor", "stream_scalars", "exec",
}  # fmt: skip
_PY_FIRST_IS_CURSOR = {"execute_values", "execute_batch"}
_PRISMA_READS = {
    "findMany", "findFirst", "findUnique", "findFirstOrThrow", "findUniqueOrThrow", "count", "aggregate", "groupBy",
}  # fmt: skip
_PRISMA_WRITES = {
    "create", "createMany", "createManyAndReturn", "update", "updateMany", "updateManyAndReturn", "upsert", "delete",
    "deleteMany",
}  # fmt: skip
_PRISMA_MANY = {"createMany", "createManyAndReturn", "updateMany", "updateManyAndReturn", "deleteMany"}
_PRISMA_KEYS = {"data", "where", "create", "update", "include", "select", "skipDuplicates", "take", "orderBy"}
_REPOSITORY_WRITES = {"save", "insert", "update", "delete", "remove", "upsert", "softDelete", "increment", "decrement"}
_REPOSITORY_READS = {"find", "findOne", "findOneBy", "findBy", "findOneOrFail", "findOneByOrFail", "count", "countBy"}
_DJANGO_WRITES = {
    "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "acreate", "aget_or_create",
    "aupdate_or_create", "abulk_create",
}  # fmt: skip
_DJANGO_READS = {
    "get", "first", "last", "count", "exists", "aggregate", "filter", "exclude", "earliest", "latest", "values_list",
    "raw", "aget", "afirst", "acount", "aexists", "in_bulk",
}  # fmt: skip
_DJANGO_MANY = {"bulk_create", "bulk_update", "in_bulk", "abulk_create"}
_SESSION_WRITES = {"add", "add_all", "merge", "delete", "bulk_save_objects", "bulk_insert_mappings"}
_SESSION_READS = {"get", "scalar", "scalars", "execute", "get_one"}
_QUERY_ENDS = {"all", "first", "one", "one_or_none", "scalar", "count", "delete", "update"}
_DATABASES = (
    "pool", "client", "db", "database", "conn", "connection", "cursor", "cur", "session", "engine", "tx", "trx",
    "sequelize", "knex", "pg", "postgres", "manager", "queryrunner", "datasource", "prisma", "transaction", "orm",
    "replica", "primary", "sql", "pgp",
)  # fmt: skip


def is_database_name(name: str) -> bool:
    """Whether something is named as a database, a connection or a transaction is."""
    lowered = name.lower().strip("_#$")
    return lowered in _DATABASES or any(
        lowered.endswith(word) for word in _DATABASES if len(word) > 3 and word not in ("manager", "primary")
    )


def asks_of(scopes: Scopes, origins: Origins, nodes: Iterator[Node], *, python: bool) -> Iterator[Ask]:
    """The calls among these nodes that ask a database, in their order."""
    for node in nodes:
        ask: Ask | None = None
        if isinstance(node, Tagged):
            ask = _tagged(scopes, node)
        elif isinstance(node, Call) and not node.new:
            ask = _asked(scopes, origins, node, python=python)
            if ask is None and (plain := _unaliased(scopes, node)) is not None:
                found = _asked(scopes, origins, plain, python=python)
                ask = replace(found, node=node) if found is not None else None
        if ask is not None:
            yield ask


def _asked(scopes: Scopes, origins: Origins, call: Call, *, python: bool) -> Ask | None:
    return _text_call(scopes, origins, call, python=python) or (
        _python_orm(scopes, call) if python else _javascript_orm(scopes, call)
    )


def _unaliased(scopes: Scopes, call: Call) -> Call | None:
    """The call under the name that another name was given for: `users.findMany()` after `const users = prisma.user`,
    `run(...)` after `run = cursor.execute` or `.bind(pool)`, `t(...)` after `from sqlalchemy import text as t`."""
    members: list[Member] = []
    root = call.of
    while isinstance(root, Member):
        members.append(root)
        root = root.of
    if not isinstance(root, Name):
        return None
    _, found = scopes.reaching(root)
    if len(found) != 1:
        return None
    value = found[0].value
    if isinstance(value, Call) and isinstance(value.of, Member) and value.of.name == "bind":
        value = value.of.of
    whole: Expression
    if found[0].kind == "import" and not members and found[0].told not in ("", root.name):
        whole = Member(line=root.line, of=root, name=found[0].told)  # of the module, as if it were imported whole
    elif found[0].kind == "value" and isinstance(value, Member) and not {"()", "[]", "?"} & set(path(value)):
        whole = value
        for member in reversed(members):
            whole = Member(line=member.line, of=whole, name=member.name)
    else:
        return None
    return Call(line=call.line, of=whole, arguments=call.arguments, keywords=call.keywords)


def _as_imported(scopes: Scopes, of: Expression) -> tuple[str, ...]:
    """The path of an expression, with what an import gave another name under the one that it has where it comes from:
    `q.raw` is `sql.raw` after `import { sql as q }`."""
    steps, root = path(of), of
    while isinstance(root, Member):
        root = root.of
    if len(steps) < 2 or not isinstance(root, Name):
        return steps
    _, found = scopes.reaching(root)
    if len(found) == 1 and found[0].kind == "import" and found[0].told not in ("", "*", "default", steps[0]):
        return (found[0].told, *steps[1:])
    return steps


def _base(of: Expression) -> Expression:
    return of.of if isinstance(of, Member) else of


def _tagged(scopes: Scopes, node: Tagged) -> Ask | None:
    steps = path(node.tag)
    last = steps[-1] if steps else ""
    own = isinstance(node.tag, Name) and scopes.imports.get(last) == "postgres"
    if isinstance(node.tag, Name) and not own:
        _, found = scopes.reaching(node.tag)
        made = [one.value for one in found if one.kind == "value" and isinstance(one.value, Call)]
        own = any(scopes.imports.get(path(one.of)[-1]) == "postgres" for one in made if path(one.of))
    if last not in _RAW and not own:
        return None
    from pgmason.application.model import Text

    told = "".join(one.value if isinstance(one, Text) else HOLE for one in node.parts)
    return Ask(
        node=node,
        means=Means.TAGGED,
        name=".".join(steps),
        client=_base(node.tag),
        told=told,
        writes=writes_rows(told) or last == "$executeRaw",
        reads=reads_rows(told),
        method=last,
    )


def _text_of(call: Call, name: str) -> Expression | None:
    """The argument that holds the SQL: the first, or `text` of an object, or a keyword."""
    if not call.arguments:
        named = dict(call.keywords)
        return named.get("query") or named.get("statement") or named.get("sql")
    first = call.arguments[1 if name in _PY_FIRST_IS_CURSOR and len(call.arguments) > 1 else 0]
    if isinstance(first, Record):
        return first.get("text") or first.get("sql")
    return first


def _text_call(scopes: Scopes, origins: Origins, call: Call, *, python: bool) -> Ask | None:
    steps = path(call.of) if python else _as_imported(scopes, call.of)
    last = steps[-1] if steps else ""
    before = steps[-2] if len(steps) > 1 else ""
    means: Means | None = None
    if last in _UNSAFE:
        means = Means.UNSAFE
    elif last in _RAW and isinstance(call.of, Member):
        means = Means.CALLED
    elif _is_fragment(scopes, last, before, steps, python=python):
        means = Means.FRAGMENT
    elif last in (_PY_TEXT if python else _JS_TEXT):
        means = Means.TEXT
    if means is None or scopes.called(call) is not None:
        return None  # a function of this file is followed
    sql = _text_of(call, last)
    if sql is None or isinstance(sql, Function | Record | Listed):
        return None
    origin = origins.of(sql)
    if last in _BUILDER_TEXTS and f"'{HOLE}" not in origin.text and f"%{HOLE}" not in origin.text:
        return None  # builders are given names and parts of queries; a value in quotes is neither
    if means is Means.TEXT and not _is_database(last, before, origin, python=python):
        return None
    if means is Means.CALLED and origin.composed:
        return Ask(
            node=call,
            means=Means.TAGGED,
            name=".".join(steps),
            client=_base(call.of),
            told=origin.text,
            writes=writes_rows(origin.text) or last == "$executeRaw",
            reads=reads_rows(origin.text),
            method=last,
        )
    fragment = means is Means.FRAGMENT
    return Ask(
        node=call,
        means=means,
        name=".".join(steps).replace(".()", "()").replace(".[]", "[]"),
        client=_base(call.of),
        sql=sql,
        told=origin.text,
        writes=not fragment and (writes_rows(origin.text) or last in ("$executeRawUnsafe", "$executeRaw")),
        reads=not fragment and reads_rows(origin.text),
        many=last in ("executemany", "execute_many", "execute_values", "execute_batch"),
        method=last,
    )


def _is_fragment(scopes: Scopes, last: str, before: str, steps: tuple[str, ...], *, python: bool) -> bool:
    if python:
        if last == "text":
            source = scopes.imports.get(steps[0], "")
            return source.startswith(("sqlalchemy", "sqlmodel"))
        if last == "SQL":
            return scopes.imports.get(steps[0], "").startswith("psycopg")
        if last == "RawSQL":
            return True
        return last == "extra" and "objects" in steps
    if last in ("raw", "unsafe", "literal"):
        return before in ("Prisma", "sql", "Sequelize", "sequelize", "knex", "trx") or (
            last == "raw" and is_database_name(before)
        )
    if last in _BUILDER_TEXTS:  # TypeORM's
        return "createQueryBuilder" in steps or steps[0] in ("qb", "queryBuilder")
    return last in _FRAGMENTS and last.endswith("Raw")


def _is_database(last: str, before: str, origin: Origin, *, python: bool) -> bool:
    if is_sql(origin.text):
        return True
    if last not in ("query", "execute", "executemany", "exec_driver_sql", "raw", "fetch", "fetchrow", "fetchval"):
        return False
    if last == "fetch" and not python:
        return False
    words = verb_of(origin.text)
    if words in ("begin", "commit", "rollback", "start", "savepoint", "analyze", "vacuum"):
        return True
    receiver = before if before not in ("()", "[]") else ""
    if python and last == "raw":
        return receiver == "objects"
    return is_database_name(receiver) and (origin.built or not origin.fixed)


def _javascript_orm(scopes: Scopes, call: Call) -> Ask | None:
    if not isinstance(call.of, Member):
        return None
    steps = path(call.of)
    method, base = call.of.name, call.of.of
    first = call.arguments[0] if call.arguments else None
    keys = {key for key, _ in first.entries if key} if isinstance(first, Record) else set()
    name = ".".join(steps).replace(".()", "()")
    plain = len(steps) >= 3 and not {"()", "[]", "?"} & set(steps)
    known = method in _PRISMA_READS | _PRISMA_WRITES
    if plain and known and isinstance(base, Member):
        shaped = bool(keys & _PRISMA_KEYS) or (isinstance(first, Record) and bool(first.spread) and not keys)
        named = is_database_name(steps[-3])
        loosely = method in ("findMany", "findUnique", "findFirst", "deleteMany", "count") and named
        if (
            shaped
            or loosely
            or (named and isinstance(first, Name | Member))
            or (method == "findMany" and first is None and named)
        ):
            return Ask(
                node=call,
                means=Means.ORM,
                name=name,
                client=base.of,
                writes=method in _PRISMA_WRITES,
                reads=method in _PRISMA_READS,
                many=method in _PRISMA_MANY,
                model=base.name,
                method=method,
            )
    owner = steps[-2] if len(steps) > 1 else ""
    if owner.lower().endswith(("repo", "repository")) and method in _REPOSITORY_WRITES | _REPOSITORY_READS:
        several = isinstance(first, Listed)
        return Ask(
            node=call, means=Means.ORM, name=name, client=base, writes=method in _REPOSITORY_WRITES,
            reads=method in _REPOSITORY_READS, many=several, model=owner, method=method,
        )  # fmt: skip
    return _builder(scopes, call, steps, method, base, name)


def _builder(
    scopes: Scopes, call: Call, steps: tuple[str, ...], method: str, base: Expression, name: str
) -> Ask | None:
    """Query builders: db.insert(t), knex("t").where(...).update(...)."""
    if len(steps) >= 2 and is_database_name(steps[-2]) and len(call.arguments) == 1:
        table = call.arguments[0]
        imports_builder = any(
            one.startswith(("drizzle-orm", "kysely")) for one in scopes.modules
        ) or "drizzle" in " ".join(scopes.modules)
        if imports_builder and method in ("insert", "update", "delete") and isinstance(table, Name | Member):
            return Ask(
                node=call, means=Means.ORM, name=name, client=base, writes=True, model=path(table)[-1], method=method
            )
    if "()" in steps and method in ("insert", "update", "del", "delete", "first", "increment", "decrement"):
        head = steps[: steps.index("()")]
        if head and head[-1].lower() in ("knex", "trx", "tx", "db") and len(head) <= 2:
            root: Expression = call.of
            while isinstance(root, Member | Call | Await) and path(root) != head:
                root = root.of
            several = bool(call.arguments) and isinstance(call.arguments[0], Listed)
            return Ask(
                node=call, means=Means.ORM, name=name, client=root, writes=method != "first", reads=method == "first",
                many=several, method=method,
            )  # fmt: skip
    return None


def _python_orm(scopes: Scopes, call: Call) -> Ask | None:
    if not isinstance(call.of, Member):
        return None
    steps = path(call.of)
    method, base = call.of.name, call.of.of
    name = ".".join(steps).replace(".()", "()")
    owner = steps[-2] if len(steps) > 1 else ""
    django = any(one.startswith("django") for one in scopes.modules) or "objects" in steps
    if "objects" in steps[1:-1]:
        at = len(steps) - 1 - steps[::-1].index("objects")
        chained = "()" in steps[at:]
        writes = method in _DJANGO_WRITES or (chained and method in ("update", "delete"))
        if writes or (not chained and method in _DJANGO_READS):
            return Ask(
                node=call, means=Means.ORM, name=name, client=base, writes=writes, reads=not writes,
                many=method in _DJANGO_MANY or (chained and writes), model=steps[at - 1] if at else "", method=method,
            )  # fmt: skip
        return None
    if django and method in ("save", "delete", "asave", "adelete") and isinstance(base, Name | Member):
        if any(one.startswith("django") for one in scopes.modules) and not owner.lower().endswith(
            ("file", "image", "form", "storage", "cache", "queue", "client")
        ):
            return Ask(node=call, means=Means.ORM, name=name, client=base, writes=True, model=owner, method=method)
        return None
    sqlalchemy = any(one.startswith(("sqlalchemy", "sqlmodel")) for one in scopes.modules)
    # session.query(...) asks only at the end of its chain
    if sqlalchemy and method in _QUERY_ENDS and ("query", "()") in pairwise(steps):
        return Ask(
            node=call, means=Means.ORM, name=name, client=base, writes=method in ("delete", "update"),
            reads=method not in ("delete", "update"), many=method in ("delete", "update"), method=method,
        )  # fmt: skip
    if sqlalchemy and ("session" in owner.lower() or owner in ("s", "db", "conn", "connection", "tx")):
        if method in _SESSION_WRITES and "session" in owner.lower():
            return Ask(
                node=call, means=Means.ORM, name=name, client=base, writes=True,
                many=method not in ("add", "delete", "merge"),
                method=method,
            )  # fmt: skip
        if method in _SESSION_READS:
            statement = call.arguments[0] if call.arguments else None
            verb = _construct(scopes, statement)
            rows = len(call.arguments) > 1 and verb == "insert"
            writes = verb in ("insert", "update", "delete")
            return Ask(
                node=call, means=Means.ORM, name=name, client=base, writes=writes, reads=not writes, many=rows,
                method=method,
            )  # fmt: skip
    return None


def _construct(scopes: Scopes, statement: Expression | None) -> str:
    """The first word of a statement that SQLAlchemy puts together: select, insert, update, delete; "" for others."""
    if isinstance(statement, Name):
        _, found = scopes.reaching(statement)
        if len(found) == 1 and found[0].kind == "value":
            statement = found[0].value
    while isinstance(statement, Call | Member):
        inner = statement.of
        if isinstance(statement, Call) and isinstance(inner, Name):
            return inner.name
        if isinstance(statement, Call) and isinstance(inner, Member) and inner.name in ("insert", "update", "delete"):
            return inner.name
        statement = inner
    return ""
