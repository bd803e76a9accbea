"""One query for each row of another takes the time of the network as many times as there are rows.

A page that is quick with ten orders takes seconds with a thousand, and holds its connection meanwhile. The rows can be
had at once: by a join that the ORM makes, or by one query for all keys. Writes go in one statement too.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.application.calls import Ask, Means
from pgmason.application.model import Call, Expression, Function, Item, Member, Name, Node, Record, descend, path_of
from pgmason.application.repetition import Repeated, mentions, repeated
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule
from pgmason.statements.fragments import verb_of, words_of

__all__ = ["QueryInALoop"]

_LISTS = {"in", "notIn", "hasSome", "in_", "notin_", "any_", "inArray", "whereIn", "In", "$in"}
# SQLAlchemy gathers these and sends them together
_GATHERED = {"add", "add_all", "merge", "delete", "expunge", "bulk_save_objects", "bulk_insert_mappings"}


class QueryInALoop(CodeRule):
    severity = Severity.RISK
    title = "A query is run once for each item of a list that has no fixed length."
    effect = "The time of a request grows with the rows that it shows, and its connection is held meanwhile."
    bad = """\
const orders = await prisma.order.findMany({ where: { customerId } });
for (const order of orders) {
  order.lines = await prisma.orderLine.findMany({ where: { orderId: order.id } });
}
"""
    good = """\
const orders = await prisma.order.findMany({
  where: { customerId },
  include: { lines: true },
});
"""
    cannot_see = (
        "Relations that an ORM loads when they are touched; queries in functions of other files; how many items there"
        " are. Pages, batches, lists written out, and streams whose items come one at a time are left alone."
    )
    brief = "No N+1 queries introduced (verified with Prisma query logging)."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The queries whose values differ with the item."""
        asks = {id(ask.node): ask for ask in code.asks}
        sent_together = _sent_together(code)
        told: set[int] = set()
        for one in repeated(code.scopes, code.tree):
            ask = asks.get(id(one.node)) or _through(code, one, asks)
            if ask is None or id(one.node) in told or not _asks_rows(ask) or not _per_item(one, ask):
                continue
            if ask.many or (ask.method in _GATHERED and code.language == "python" and "session" in ask.name.lower()):
                continue
            if ask.writes and ask.means is Means.ORM and (id(one.node) in sent_together or _nests(ask.node)):
                continue
            told.add(id(one.node))
            over = _name(one.over)
            through = "" if id(one.node) in asks else f" through {path_of(one.node.of)[-1]}"  # type: ignore[union-attr]
            each = f"each of {over}" if over else "each item"
            yield self.finding(
                code,
                one.node,
                message=f"{ask.name} is run{through} for {each}",
                fix=_fix(code, ask, one),
                detail=f"{ask.name} for each of {over}",
            )


def _asks_rows(ask: Ask) -> bool:
    """Whether a query is about rows: LISTEN, SET and the like have no form for many."""
    if ask.means is Means.FRAGMENT:
        return False
    return ask.means is Means.ORM or ask.reads or ask.writes or not verb_of(ask.told)


def _per_item(one: Repeated, ask: Ask) -> bool:
    """Whether the query asks for the item, and not for a list that the item is."""
    node = one.node
    inside: list[Node] = []
    if isinstance(node, Call):
        inside = [*node.arguments, *(value for _, value in node.keywords)]
        chain: Expression = node.of
        while isinstance(chain, Member | Call):
            if isinstance(chain, Call):
                inside += chain.arguments
                inside += [value for _, value in chain.keywords]
            chain = chain.of
        if ask.method in ("save", "asave", "delete", "adelete") and isinstance(ask.client, Name):
            inside.append(ask.client)
    else:
        inside = list(node.parts)
    if not any(mentions(part, one.names) for part in inside):
        return False
    if one.indexed and not any(_is_item(part, one) for whole in inside for part in descend(whole)):
        return False
    return not _asks_for_list(ask, inside, one.names)


def _is_item(part: Node, one: Repeated) -> bool:
    """In a loop that counts: whether something is an item, or a name for one, and not the number itself."""
    if isinstance(part, Item):
        return mentions(part.key, one.names)
    return isinstance(part, Name) and part.name in one.items


def _asks_for_list(ask: Ask, inside: list[Node], names: frozenset[str]) -> bool:
    words = set(words_of(ask.told))
    if words & {"any", "unnest"}:
        return True
    for whole in inside:
        for part in descend(whole):
            if isinstance(part, Record):
                if any(key in _LISTS and mentions(value, names) for key, value in part.entries):
                    return True
            elif isinstance(part, Call):
                last = path_of(part.of)[-1:]
                if last and last[0] in _LISTS and any(mentions(value, names) for value in part.arguments):
                    return True
                if any(key.endswith("__in") and mentions(value, names) for key, value in part.keywords):
                    return True
    node = ask.node
    return isinstance(node, Call) and any(key.endswith("__in") for key, value in node.keywords)


def _nests(node: Node) -> bool:
    """Whether a write makes rows of other tables with it, which no form for many rows does."""
    if not isinstance(node, Call) or not node.arguments or not isinstance(node.arguments[0], Record):
        return False
    data = node.arguments[0].get("data")
    return isinstance(data, Record) and any(
        isinstance(value, Record) and {key for key, _ in value.entries} & {"create", "connectOrCreate", "createMany"}
        for _, value in data.entries
    )


def _sent_together(code: CodeInput) -> set[int]:
    """The calls in lists that go to $transaction under a name."""
    found: set[int] = set()
    for node in code.nodes:
        if isinstance(node, Call) and path_of(node.of)[-1:] == ("$transaction",):
            for argument in node.arguments:
                for one in descend(argument) if not isinstance(argument, Function) else ():
                    if isinstance(one, Name):
                        _, bindings = code.scopes.reaching(one)
                        found |= {id(inner) for binding in bindings for inner in descend(binding.value)}
    return found


def _through(code: CodeInput, one: Repeated, asks: dict[int, Ask]) -> Ask | None:
    """The query of a function of this file that is called for each item."""
    if not isinstance(one.node, Call):
        return None
    function = code.scopes.called(one.node)
    if function is None and isinstance(one.node.of, Name):
        _, found = code.scopes.reaching(one.node.of)
        function = found[0].value if len(found) == 1 and isinstance(found[0].value, Function) else None
    if function is None:
        return None
    names = frozenset(name for parameter in function.parameters for name in parameter.names)
    for statement in function.body:
        for node in descend(statement):
            ask = asks.get(id(node))
            if ask is None or ask.many or not _asks_rows(ask) or ask.method in _GATHERED:
                continue
            assert isinstance(ask.node, Call) or ask.node is not None
            inside = list(ask.node.arguments) if isinstance(ask.node, Call) else list(ask.node.parts)
            if not _asks_for_list(ask, inside, names):
                return ask
    return None


def _name(over: Expression | None) -> str:
    steps = [step for step in path_of(over) if step not in ("()", "[]", "?")] if over is not None else []
    drop = {"entries", "keys", "values", "items", "enumerate", "filter", "map"}
    named = [step for step in steps if step not in drop]
    return ".".join(named)


def _fix(code: CodeInput, ask: Ask, one: Repeated) -> str:
    over = _name(one.over) or "items"
    if code.language == "python":
        if ask.means is Means.TEXT:
            if ask.writes:
                return f"executemany, or one statement over unnest() with the values of all {over}"
            return f"one query for all: ... WHERE key = ANY(%s) with the keys of {over}, or a join"
        if "objects" in ask.name or ask.method in ("save", "asave"):
            if ask.writes:
                return f"bulk_create or bulk_update with all {over}"
            return f"select_related or prefetch_related where {over} are read, or filter(key__in=...) once"
        if ask.writes:
            return f"session.execute(statement, rows) with the rows of all {over}"
        return f"selectinload(...) where {over} are read, or one select with .in_(...) over all of them"
    if ask.means is Means.ORM and ask.model and not ask.writes:
        return (
            f"include the relation to {ask.model} where {over} are read, or {ask.model}.findMany with"
            f" where: {{ key: {{ in: [...] }} }} once"
        )
    if ask.means is Means.ORM and ask.method in ("create", "upsert", "insert", "save"):
        return f"createMany (or an insert of a list) with the data of all {over}"
    if ask.means is Means.ORM and ask.writes:
        return "updateMany or deleteMany with where: { id: { in: [...] } }; one UPDATE ... FROM unnest(...) for others"
    if ask.writes:
        return f"one statement over unnest($1::..., $2::...) with the values of all {over}"
    return f"one query for all: ... WHERE key = ANY($1) with the keys of {over}, or a join"
