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
from pgmason.application.model import Call, Expression, Name
from pgmason.application.origins import Origin
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule

__all__ = ["SqlBuiltFromStrings", "built_calls"]


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
        " Names in capitals, enum members, numbers, names that say that they are quoted, and what an imported function"
        " makes of constants are taken for what they say. Calls under names of the product's"
        " own are followed within their file."
    )
    brief = "No raw SQL in app code: use Prisma ORM with parameterized queries only."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The calls whose text is not fixed."""
        for ask, origin, through in _built(code):
            yield self.finding(
                code,
                ask.node,
                message=self._message(ask, origin, through, code),
                fix=_fix(ask, python=code.language == "python"),
                detail=ask.name,
            )

    def _message(self, ask: Ask, origin: Origin, through: Call | None, code: CodeInput) -> str:
        if through is not None and through is not ask.node:
            caller = code.around(through) or "the file"
            return f"{ask.name} is given a query that {caller} puts together from text"
        if origin.built:
            return f"{ask.name} is given a query put together from text"
        return f"{ask.name} runs whatever text it is given, and nothing here fixes it"


def built_calls(code: CodeInput) -> frozenset[int]:
    """The ids of the nodes of calls that the rule speaks of."""
    return frozenset(id(ask.node) for ask, _, _ in _built(code))


def _built(code: CodeInput) -> Iterator[tuple[Ask, Origin, Call | None]]:
    """Each call whose text is not fixed, with the text's origin and the call of its function that makes it so."""
    nodes = {id(ask.node) for ask in code.asks}
    for ask in code.asks:
        if ask.sql is None or ask.means in (Means.TAGGED, Means.ORM):
            continue
        # session.execute(text(f"...")): told of the inner call, or of the name that holds it
        if ask.means is Means.TEXT and (id(ask.sql) in nodes or _holds(code, ask.sql, nodes)):
            continue
        origin, through = code.origins.resolved(ask.sql)
        if _guilty(ask, origin, through):
            yield ask, origin, through


def _holds(code: CodeInput, sql: Expression, nodes: set[int]) -> bool:
    """Whether a name holds what a call made that is judged by itself."""
    if not isinstance(sql, Name):
        return False
    _, found = code.scopes.reaching(sql)
    return bool(found) and all(id(one.value) in nodes for one in found)


def _guilty(ask: Ask, origin: Origin, through: Call | None) -> bool:
    if origin.fixed or origin.composed:
        return False
    if origin.built or ask.means in (Means.UNSAFE, Means.CALLED):
        return True
    return ask.means is Means.FRAGMENT and through is None and _is_raw(ask)


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
