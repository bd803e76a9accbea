"""Which of the offered values satisfy a table's conditions? The server is asked.

An offer is first cast to its column's type (with a domain's checks), then the offers of all columns that a condition
ties together are tried in every combination at four row numbers, in one query; the one nearest to the usual values is
taken. Where evaluating fails for some combination, as a cast inside a CHECK may, combinations are tried one by one.
Nothing is written, and a failed question leaves the transaction as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from pgmason.catalog.definitions import verbatim
from pgmason.samples.shape import Check, Column, Table
from pgmason.samples.values import Value

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composable

__all__ = ["Asker", "Unsatisfied", "alternatives", "choose_values", "told_rows"]

_COMBINATIONS = 20_000  # in one query: about a second
_ONE_BY_ONE = 400
_SCATTERED = 32  # rows of which one must satisfy a scattered condition


def told_rows(wanted: int) -> list[int]:
    """The row numbers that an offer is tried at: the first three and the last."""
    return sorted({*range(min(wanted, 3)), wanted - 1})


class Unsatisfied(Exception):
    """No offer satisfies this condition; the text says which, for people."""


@dataclass(slots=True)
class Asker:
    """Questions to the server inside an open transaction, each in a savepoint. `casts` remembers what a type takes."""

    connection: Connection[Any]
    casts: dict[tuple[str, str, int], bool] = field(default_factory=dict)

    def ask(self, query: Composable) -> list[tuple[Any, ...]] | None:
        """The rows; None where the server gave an error. Raises psycopg.OperationalError where the session is gone."""
        import psycopg
        from psycopg.sql import SQL

        try:
            cursor = self.connection.execute(
                SQL("SAVEPOINT asked; {}; RELEASE SAVEPOINT asked").format(query)  # one message
            )
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            self.connection.execute("ROLLBACK TO SAVEPOINT asked; RELEASE SAVEPOINT asked")
            return None
        cursor.nextset()
        return cursor.fetchall()

    def different(self, column: Column, offers: Sequence[Value]) -> list[Value]:
        """Of offers that the column's type takes, one for each value that they have in row 0."""
        from psycopg.sql import SQL

        made = [SQL("({})::{}::text").format(offer.make(SQL("0")), verbatim(column.spelled)) for offer in offers]
        found = self.ask(SQL("SELECT ARRAY[{}]::text[]").format(SQL(", ").join(made)))
        values: list[str] = found[0][0] if found else []
        return list(dict(zip(reversed(values), reversed(offers), strict=True)).values())[::-1] if values else []

    def castable(self, column: Column, offers: Sequence[Value], rows: Sequence[int]) -> list[Value]:
        """Those offers that the column's type takes, in their order."""
        unknown = [offer for offer in offers if (column.spelled, offer.key, rows[-1]) not in self.casts]
        self._try_casts(column, unknown, rows)
        return [offer for offer in offers if self.casts[column.spelled, offer.key, rows[-1]]]

    def _try_casts(self, column: Column, offers: Sequence[Value], rows: Sequence[int]) -> None:
        """All at once; where that fails, each half by itself."""
        from psycopg.sql import SQL

        if not offers:
            return
        d = SQL("g.d")
        casts = [SQL("pg_catalog.count(({})::{})").format(offer.make(d), verbatim(column.spelled)) for offer in offers]
        good = self.ask(SQL("SELECT {} FROM {}").format(SQL(", ").join(casts), _row_numbers(rows))) is not None
        if good or len(offers) == 1:
            self.casts |= {(column.spelled, offer.key, rows[-1]): good for offer in offers}
            return
        half = len(offers) // 2
        self._try_casts(column, offers[:half], rows)
        self._try_casts(column, offers[half:], rows)


def choose_values(
    asker: Asker,
    table: Table,
    offers: Mapping[int, Sequence[Value]],
    checks: Sequence[Check],
    wanted: int,
) -> dict[int, Value]:
    """One value for each column of `offers`, the first that does; `checks` speak of these columns.

    Raises Unsatisfied, naming the condition that no combination satisfies.
    """
    rows = sorted({*told_rows(wanted), *range(_SCATTERED if any(check.scattered for check in checks) else 0)})
    chosen: dict[int, Value] = {}
    for columns, conditions in _groups(table, checks):
        known = {column: list(offers[column]) for column in columns if column in offers}
        for column, values in known.items():
            if len(values) > 1 or _needs_cast(values):
                known[column] = asker.castable(table.column(column), values, rows)
            if not known[column]:
                raise Unsatisfied(f"no value is known that column {table.column(column).name} would take")
        _narrow(asker, table, known, conditions, rows)
        found = _combination(asker, table, known, conditions, rows)
        if found is None:
            raise Unsatisfied(_told(conditions))
        chosen |= found
    return chosen


def alternatives(
    asker: Asker, table: Table, column: int, offers: Sequence[Value], chosen: Mapping[int, Value],
    checks: Sequence[Check], wanted: int,
) -> list[Value]:  # fmt: skip
    """Those offers for a column that satisfy its conditions while the other columns keep their values."""
    rows = told_rows(wanted)
    castable = asker.castable(table.column(column), offers, rows)
    for columns, conditions in _groups(table, checks):
        if column in columns:
            others = {other: [chosen[other]] for other in columns if other in chosen and other != column}
            return [
                value for value in castable if _combination(asker, table, {**others, column: [value]}, conditions, rows)
            ]
    return castable


def _needs_cast(values: Sequence[Value]) -> bool:
    return bool(values) and values[0].key.startswith(("any:", "one:"))


def _told(conditions: Sequence[Check]) -> str:
    names = [f"CHECK {check.name}" if check.name else "the partition's bound" for check in conditions]
    return f"no row was found that satisfies {' and '.join(dict.fromkeys(names))}"


def _groups(table: Table, checks: Sequence[Check]) -> Iterator[tuple[tuple[int, ...], list[Check]]]:
    """Columns that conditions tie together, with these conditions; sorted by column."""
    groups: list[tuple[set[int], list[Check]]] = []
    for check in checks:
        columns, conditions = set(_inputs(table, check)), [check]
        apart = []
        for members, tied in groups:
            if members & columns:
                columns, conditions = columns | members, tied + conditions
            else:
                apart.append((members, tied))
        groups = [*apart, (columns, conditions)]
    for columns, conditions in sorted(groups, key=lambda group: sorted(group[0])):
        yield tuple(sorted(columns)), conditions


def _inputs(table: Table, check: Check) -> Iterator[int]:
    """The columns that a condition speaks of; in place of a generated one, those that it is made of."""
    from pgmason.statements import read_condition

    for number in check.columns:
        if number < 1:
            continue
        column = table.column(number)
        if column.expression is None:
            yield number
        elif condition := read_condition(column.expression):
            yield from (own.number for own in table.columns if own.name in condition.columns)


def _narrow(
    asker: Asker, table: Table, known: dict[int, list[Value]], conditions: Sequence[Check], rows: Sequence[int]
) -> None:
    """Leave only offers that satisfy the conditions on one column alone, and not too many combinations of the rest."""
    for column, values in known.items():
        alone = [check for check in conditions if set(_inputs(table, check)) == {column}]
        if alone and len(known) > 1:
            good = [value for value in values if _combination(asker, table, {column: [value]}, alone, rows)]
            if not good:
                raise Unsatisfied(_told(alone))
            known[column] = good
    while prod(len(values) for values in known.values()) > _COMBINATIONS:
        widest = max(known, key=lambda column: len(known[column]))
        keep = known[widest]
        # the last offer may be NULL, which is often what a condition on several columns is about
        known[widest] = keep[: len(keep) // 2] + ([keep[-1]] if keep[-1].key == "null" else [])


def _combination(
    asker: Asker, table: Table, known: Mapping[int, Sequence[Value]], conditions: Sequence[Check], rows: Sequence[int]
) -> dict[int, Value] | None:
    """The values that satisfy all conditions, as near to the first offers as there are."""
    columns = sorted(known)
    counts = [len(known[column]) for column in columns]
    found = asker.ask(_question(table, known, conditions, rows))
    if found is not None:
        return {column: known[column][n] for column, n in zip(columns, found[0][0], strict=True)} if found else None
    if prod(counts) == 1:
        return None
    places = sorted(product(*(range(count) for count in counts)), key=lambda place: (sum(place), place))
    for place in places[:_ONE_BY_ONE]:
        one = {column: [known[column][n]] for column, n in zip(columns, place, strict=True)}
        if asker.ask(_question(table, one, conditions, rows)):
            return {column: values[0] for column, values in one.items()}
    return None


def _row_numbers(rows: Sequence[int]) -> Composable:
    from psycopg.sql import SQL, Literal

    return SQL("pg_catalog.unnest({}::bigint[]) AS g (d)").format(Literal(list(rows)))


def _question(
    table: Table, known: Mapping[int, Sequence[Value]], conditions: Sequence[Check], rows: Sequence[int]
) -> Composable:
    """SELECT the numbers of the offers that satisfy every condition at every one of these rows."""
    from psycopg.sql import SQL, Identifier, Literal

    d = SQL("g.d")
    columns = sorted(known)
    picks, sources = [], []
    for column in columns:
        number = SQL("pg_catalog.generate_series(0, {}) AS {} (n)").format(
            Literal(len(known[column]) - 1), Identifier(f"pick {column}")
        )
        sources.append(number)
        picks.append(SQL("{}.n").format(Identifier(f"pick {column}")))
    made = []
    for column, pick in zip(columns, picks, strict=True):
        spelled = verbatim(table.column(column).spelled)
        name = Identifier(table.column(column).name)
        cases = [
            SQL("WHEN {} THEN ({})::{}").format(Literal(n), value.make(d), spelled)
            for n, value in enumerate(known[column])
        ]
        made.append(SQL("CASE {} {} END AS {}").format(pick, SQL(" ").join(cases), name))
    row: Composable = SQL("(SELECT {}) AS {}").format(SQL(", ").join(made), Identifier(table.name))
    generated = [
        column
        for column in table.columns
        if column.expression is not None and any(column.number in check.columns for check in conditions)
    ]
    if generated:
        added = [
            SQL("({})::{} AS {}").format(
                verbatim(column.expression or ""), verbatim(column.spelled), Identifier(column.name)
            )
            for column in generated
        ]
        row = SQL("(SELECT {0}.*, {1} FROM {2}) AS {0}").format(Identifier(table.name), SQL(", ").join(added), row)
    every = [SQL("coalesce(({}), true)").format(verbatim(c.expression)) for c in conditions if not c.scattered]
    some = [SQL("coalesce(({}), true)").format(verbatim(c.expression)) for c in conditions if c.scattered]
    total = SQL(" + ").join(picks) if picks else SQL("0")
    listed = SQL(", ").join(picks)
    return SQL(
        # within the innermost query a column's name means the row's own, whatever else is called so
        "SELECT ARRAY[{listed}]::integer[] FROM {sources}"
        " CROSS JOIN LATERAL (SELECT {every} AS every, {some} AS some FROM {row}) verdict"
        "{group} HAVING pg_catalog.bool_and(verdict.every) AND pg_catalog.bool_or(verdict.some) {order} LIMIT 1"
    ).format(
        listed=listed,
        sources=SQL(" CROSS JOIN ").join([_row_numbers(rows), *sources]),
        row=row,
        group=SQL(" GROUP BY {}").format(listed) if picks else SQL(""),
        every=SQL(" AND ").join(every) if every else SQL("true"),
        some=SQL(" AND ").join(some) if some else SQL("true"),
        order=SQL("ORDER BY {}, {}").format(total, listed) if picks else SQL(""),
    )
