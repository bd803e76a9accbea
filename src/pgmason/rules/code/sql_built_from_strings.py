"""A query that is put together from text does what the text says, whoever wrote it.

One value with a quote in it breaks the query, and one made for the purpose reads or deletes what it likes. Each text
is also a statement of its own: PostgreSQL plans it anew, and pg_stat_statements counts it apart. A tagged template and
a parameter carry the value beside the query, and cost nothing.

Texts are followed through local names, lists that are filled and functions of the same file. What is fixed in the code
is innocent however it is put together: constants, placeholders, numbers, names out of a fixed list, quoted identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.application.calls import Ask, Means
from pgmason.application.model import Call
from pgmason.application.origins import Origin
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule

__all__ = ["SqlBuiltFromStrings"]


class SqlBuiltFromStrings(CodeRule):
    severity = Severity.BREAK
    title = "A query is put together from text and values that the code does not fix."
    effect = (
        "A value with a quote in it fails the query; one made for it reads, changes or deletes other people's rows."
    )
    bad = """\
export async function search(term: string) {
  return prisma.$queryRawUnsafe(`SELECT id, name FROM products WHERE name ILIKE '%${term}%'`);
}
"""
    good = """\
export async function search(term: string) {
  return prisma.$queryRaw`SELECT id, name FROM products WHERE name ILIKE ${"%" + term + "%"}`;
}
"""
    cannot_see = (
        "Text that comes from another file, as in a function around `pool.query` that only other files call."
        " Names in capitals, enum members and numbers are taken for what they say. Calls under names of the product's"
        " own are followed within their file."
    )
    brief = "No raw SQL in app code: use Prisma ORM with parameterized queries only."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The calls whose text is not fixed."""
        told: set[tuple[str, int]] = set()
        for ask in code.asks:
            if ask.sql is None or ask.means in (Means.TAGGED, Means.ORM):
                continue
            origin, through = code.origins.resolved(ask.sql)
            if not self._guilty(code, ask, origin, through) or (ask.name, ask.node.line) in told:
                continue
            told.add((ask.name, ask.node.line))
            yield self.finding(
                code,
                ask.node,
                message=self._message(ask, origin, through, code),
                fix=_fix(ask, python=code.language == "python"),
                detail=ask.name,
            )

    def _guilty(self, code: CodeInput, ask: Ask, origin: Origin, through: Call | None) -> bool:
        if origin.fixed or origin.composed:
            return False
        if origin.built:
            # another call inside it is told already: session.execute(text(f"..."))
            inner = ask.sql
            return not (
                ask.means is Means.TEXT and isinstance(inner, Call) and any(one.node is inner for one in code.asks)
            )
        if ask.means in (Means.UNSAFE, Means.CALLED):
            return True
        return ask.means is Means.FRAGMENT and ask.method in ("raw", "unsafe") and through is None and _is_raw(ask)

    def _message(self, ask: Ask, origin: Origin, through: Call | None, code: CodeInput) -> str:
        if through is not None and through is not ask.node:
            caller = code.around(through) or "the file"
            return f"{ask.name} is given a query that {caller} puts together from text"
        if origin.built:
            return f"{ask.name} is given a query put together from text"
        return f"{ask.name} runs whatever text it is given, and nothing here fixes it"


def _is_raw(ask: Ask) -> bool:
    return ask.name.endswith(("Prisma.raw", "sql.raw"))


def _fix(ask: Ask, *, python: bool) -> str:
    if python:
        if ask.method in ("text", "scalar", "scalars") or ask.means is Means.FRAGMENT:
            return 'text("... WHERE name = :name") with {"name": name}; names of columns from a fixed list'
        return (
            'execute("... WHERE name = %s", (name,)); names of tables and columns by psycopg.sql.Identifier'
            if ask.method not in ("fetch", "fetchrow", "fetchval")
            else f'{ask.method}("... WHERE name = $1", name)'
        )
    if ask.means in (Means.UNSAFE, Means.CALLED):
        method = "$executeRaw" if "execute" in ask.method.lower() else "$queryRaw"
        client = ask.name.rpartition(".")[0]
        return f"{client}.{method}`... WHERE name = ${{name}}`; parts of a query by Prisma.sql and Prisma.join"
    if ask.name.endswith("Prisma.raw"):
        return "Prisma.sql`...${value}`, or a name out of a fixed list"
    if ask.means is Means.FRAGMENT:
        return f'{ask.name}("... WHERE name = ?", [name]); names of tables and columns by ?? or a fixed list'
    return f'{ask.name}("... WHERE name = $1", [name]); names of columns from a fixed list'
