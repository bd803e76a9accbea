"""A query without a limit gives as many rows as the table has by then.

On the day it is written it gives twelve rows. Later it gives all of them, which the server sends, the ORM makes objects
of and the process keeps in memory at once. Conditions that are the same in each call do not help: rows that are "open"
grow with the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.application.calls import Ask
from pgmason.application.model import Call, Expression, Name, Record, path_of
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule

__all__ = ["UnboundedFindMany"]


class UnboundedFindMany(CodeRule):
    severity = Severity.STYLE
    title = "findMany with no limit, and no condition that differs from call to call."
    effect = "The rows that it sends and keeps in memory grow with the table."
    bad = """\
export const openOrders = () => prisma.order.findMany({ where: { status: "open" } });
"""
    good = """\
export const openOrders = (after?: string) =>
  prisma.order.findMany({
    where: { status: "open" },
    orderBy: { id: "asc" },
    cursor: after ? { id: after } : undefined,
    skip: after ? 1 : 0,
    take: 100,
  });
"""
    cannot_see = (
        "How many rows a table will ever have: for one that stays small, allow it with that reason. Arguments that come"
        " from elsewhere are taken to limit it. Python is not looked at: what SQLAlchemy and Django select is lazy."
    )
    brief = "Data integrity and performance across all products."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The calls of findMany that nothing bounds."""
        if code.language == "python":
            return
        for ask in code.asks:
            if ask.method == "findMany" and self._unbounded(code, ask):
                yield self.finding(
                    code,
                    ask.node,
                    message=f"{ask.name} reads {self._what(code, ask)} without a limit",
                    fix="take: 100 with orderBy and cursor; or what the caller asks for in where",
                    detail=ask.name,
                )

    def _what(self, code: CodeInput, ask: Ask) -> str:
        first = _record(code, _argument(ask))
        where = _record(code, first.get("where")) if first else None
        same = where is None or not where.entries
        return f"every row of {ask.model}" if same else f"all rows of {ask.model} of a kind"

    def _unbounded(self, code: CodeInput, ask: Ask) -> bool:
        given = _argument(ask)
        if given is None:
            return True
        said = _record(code, given)
        if said is None or said.spread or any(key is None for key, _ in said.entries):
            return False
        if path_of(ask.client)[-1:] == ("query",) and said.get("limit") is not None:
            return False
        if said.get("take") is not None:
            return False
        where = said.get("where")
        if where is None:
            return True
        conditions = _record(code, where)
        if conditions is None or conditions.spread:
            return False
        return code.origins.of(conditions).fixed


def _argument(ask: Ask) -> Expression | None:
    assert isinstance(ask.node, Call)
    return ask.node.arguments[0] if ask.node.arguments else None


def _record(code: CodeInput, node: Expression | None) -> Record | None:
    """An object that is written out, here or under a name that has this value only."""
    if isinstance(node, Record):
        return node
    if isinstance(node, Name):
        _, found = code.scopes.reaching(node)
        if len(found) == 1 and found[0].kind == "value" and isinstance(found[0].value, Record):
            return None if node.name in code.changed else found[0].value
    return None
