"""Files in rows make a table that nobody can copy, dump or move any more, and the cache holds them in place of rows.

Each version of a row's bytes is written to the log, sent to each replica and kept in each backup. Files belong into a
store of objects, with their key in the row; what is small by nature (a digest, a signature) can say so by a CHECK on
its length.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.limits import limited_columns
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule

__all__ = ["BytesWithoutALimit"]

_LONGEST = 65_536  # bytes, where nobody has said


class BytesWithoutALimit(StyleRule):
    title = "A column of bytes takes whole files."
    effect = "Backups, replicas and the cache carry what no query looks into."
    things = "columns of bytes"
    how = "have no limit"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, invoice bytea);\n"
    good = """\
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  invoice_key text,
  invoice_digest bytea CHECK (length(invoice_digest) = 32)
);
"""
    cannot_see = "How large the values are, large objects (lo), and files written as text or jsonb."
    brief = "Types fit what they hold."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        return limited_columns(schema, ("bytea",), _LONGEST)
