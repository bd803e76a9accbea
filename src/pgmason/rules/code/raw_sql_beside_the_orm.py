"""Where an ORM is the rule, a query in SQL is one that no type checks and no rename finds.

A column that a migration renames breaks it at run time only, and what the ORM does on the way (soft deletes, tenants,
encryption) does not happen. Some queries are not to be had from an ORM: those are allowed one by one, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.application.calls import Ask, Means
from pgmason.findings import Finding, Severity
from pgmason.rules.code.sql_built_from_strings import built_calls
from pgmason.rules.code_rule import CodeInput, CodeRule
from pgmason.statements.fragments import reads_rows, relations_in, writes_rows

__all__ = ["RawSqlBesideTheOrm"]

_SQLALCHEMY = ("sqlalchemy.orm", "sqlalchemy.ext.asyncio", "sqlmodel", "flask_sqlalchemy")
_ORMS = {
    "@prisma/client": "Prisma",
    "typeorm": "TypeORM",
    "@nestjs/typeorm": "TypeORM",
    "sequelize": "Sequelize",
    "drizzle-orm": "Drizzle",
}


class RawSqlBesideTheOrm(CodeRule):
    severity = Severity.STYLE
    title = "A query in SQL where the product's ORM could ask."
    effect = "No type and no rename reaches it: it fails when it runs, after a migration that passed its checks."
    bad = """\
export const byStatus = (status: string) =>
  prisma.$queryRaw`SELECT id, status FROM orders WHERE status = ${status} LIMIT 50`;
"""
    good = """\
export const byStatus = (status: string) =>
  prisma.order.findMany({ where: { status }, select: { id: true, status: true }, take: 50 });
"""
    cannot_see = (
        "Whether the ORM has words for the query: locks that skip, recursion and window functions it has none."
        " Queries of relations that it has no model of, and statements that read and write no rows (SET, LISTEN, SELECT"
        " 1) are left alone. Of other ORMs than Prisma it speaks where pgmason knows their models."
    )
    brief = "No raw SQL in app code: use Prisma ORM with parameterized queries only."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The queries in SQL of a file whose product has an ORM; those that are built from text are told as that."""
        built = built_calls(code)
        inside = {id(ask.sql) for ask in code.asks if ask.sql is not None}
        for ask in code.asks:
            if id(ask.node) in built or (id(ask.node) in inside and ask.means is not Means.FRAGMENT):
                continue
            orm = _orm(code, ask)
            if orm and _has_words(code, orm, ask):
                yield self.finding(
                    code,
                    ask.node,
                    message=f"{ask.name} is SQL beside {orm}",
                    fix=f"the same by {orm}; or allow it with the reason why {orm} has no words for it",
                    detail=ask.name,
                )


def _has_words(code: CodeInput, orm: str, ask: Ask) -> bool:
    """Whether the ORM could ask the same, as far as one can tell: it has a model of each relation."""
    if not (reads_rows(ask.told) or writes_rows(ask.told)):
        return False
    if code.modelled is None:
        return orm == "Prisma"
    return relations_in(ask.told) <= code.modelled


def _orm(code: CodeInput, ask: Ask) -> str:
    """The ORM that this query goes past; "" for none."""
    modules = code.scopes.modules
    if code.language == "python":
        if ask.method == "text" and any(one.startswith(_SQLALCHEMY) for one in modules):
            return "SQLAlchemy"
        if any(one.startswith("django") for one in modules) and ask.means is Means.TEXT:
            return "Django's ORM"
        return ""
    if ask.means is Means.FRAGMENT or ask.means is Means.ORM:
        return ""
    if ask.method.startswith("$"):
        return "Prisma"
    for module, orm in _ORMS.items():
        if any(one == module or one.startswith(module + "/") for one in modules):
            return orm
    product = code.product
    return "Prisma" if product.format == "prisma" or (product.schema or "").endswith(".prisma") else ""
