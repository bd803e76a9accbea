"""An amount of money in binary floating point is not the amount that was written.

0.1 has no exact binary fraction: sums depend on the order of the rows, 0.1 + 0.2 is not 0.3, and a balance that
should be nil is not. `money` is exact and takes its currency and its decimals from a setting of the server. Exact are
`numeric` and whole cents. (PostgreSQL manual, 8.1.3 Floating-Point Types, 8.2 Monetary Types.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.naming import words
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["MoneyInFloatingPoint"]

_FLOATS = ("real", "double precision")
_MONEY = frozenset(
    """
    price prices amount cost costs balance fee fees salary wage wages revenue subtotal payment refund payout
    surcharge deposit budget turnover
    """.split()  # noqa: SIM905 - a list of words reads better so
)
# A word that makes a ratio of what the others name; "total" says money only where it stands alone.
_RATIO = frozenset("rate ratio percent percentage pct factor weight score multiplier share probability".split())  # noqa: SIM905


class MoneyInFloatingPoint(SchemaRule):
    severity = Severity.RISK
    title = "Money in a type that rounds, or whose currency is a server's setting."
    effect = "Sums are off by cents and differ from run to run; what should be equal is not."
    bad = "CREATE TABLE offer (\n  id uuid PRIMARY KEY,\n  unit_price double precision NOT NULL\n);\n"
    good = "CREATE TABLE offer (\n  id uuid PRIMARY KEY,\n  unit_price numeric(12, 2) NOT NULL\n);\n"
    cannot_see = (
        "What a number means: columns are known by English words in their names, and `amount` may be grams. Names with"
        " a word for a ratio (rate, percent, ...) are left alone. Values that were already rounded stay so; the fix"
        " rewrites the table under ACCESS EXCLUSIVE."
    )
    brief = "Proper types: money is exact."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, _ in judged_tables(catalog):
            found = [
                (column.own_name, state.type)
                for column, state in own_columns(catalog, table)
                if state.type == "money" or (state.type in _FLOATS and _names_money(column.own_name))
            ]
            if found:
                said = ", ".join(f"{quoted(column)} is {kind}" for column, kind in found)
                changes = ", ".join(f"ALTER COLUMN {identifier(column)} TYPE numeric" for column, _ in found)
                yield self.finding(
                    schema,
                    table,
                    detail=", ".join(sorted(column for column, _ in found)),
                    message=f"{table.name}: {said}",
                    fix=lines(
                        "-- rewrites the table under ACCESS EXCLUSIVE; say the decimals: numeric(12, 2)",
                        LOCK_TIMEOUT,
                        f"ALTER TABLE {qualified(table.path)} {changes};",
                    ),
                )


def _names_money(column: str) -> bool:
    said = words(column)
    return not _RATIO.intersection(said) and (bool(_MONEY.intersection(said)) or said == ["total"])
