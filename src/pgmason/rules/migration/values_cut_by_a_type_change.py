"""A narrower type rounds, or cuts off what does not fit in it, and no DOWN brings that back.

numeric to fewer digits behind the point, to an integer or to a binary floating-point number, a timestamp to a date or
to fewer digits, a time without its zone: PostgreSQL makes each value fit and says nothing. (Where a value cannot fit at
all, as in a shorter varchar, the statement fails instead.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.row_questions import asked_first

__all__ = ["ValuesCutByATypeChange"]

# PostgreSQL manual, 8.1 Numeric Types and 8.5 Date/Time Types: what is rounded without an error.
_INTEGERS = ("smallint", "integer", "bigint")
_BINARY = {"real": 24, "double precision": 53}  # bits of the fraction
_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_TIMES = ("timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone")
_PRECISION = 6  # digits of a second that a time has where none are said


class ValuesCutByATypeChange(MigrationRule):
    severity = Severity.LOSS
    title = "A change of type rounds values, or cuts off part of them, without an error."
    effect = "What was cut off is gone from every row, and the DOWN does not bring it back."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric(10,2) NOT NULL, placed_at timestamp);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total TYPE numeric(10,0);
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2);
"""
    cannot_see = "Which values production has, and what a USING expression of its own makes of them."
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            changed = [one for one in effect.altered if one.object.kind == "column" and one.change("type") is not None]
            for change in changed:
                became = change.change("type")
                if became is None or change.of is None or not migration.live(change):
                    continue
                if not _cuts(became.before or "", became.after or ""):
                    continue
                same = {one.of for one in changed if one.of and one.object.own_name == change.object.own_name}
                if is_below(migration.after, change.of, same):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} from {became.before} to {became.after} cuts values short",
                    fix=_fix(effect, change.object),
                )


def _fix(effect: Effect, column: ObjectId) -> str:
    asked = asked_first(effect, [column]).replace("it fails unless this gives 0", "values are cut unless this gives 0")
    kept = "-- where any are: keep the old column, and fill one of the new type beside it"
    return "\n".join(part for part in (asked, kept) if part)


def _cuts(before: str, after: str) -> bool:
    """Whether values of one type are made to fit the other without an error, and lose something by it."""
    (old, old_size), (new, new_size) = _sized(before), _sized(after)
    if old == "numeric":
        scale = old_size[1] if len(old_size) > 1 else 0 if old_size else None  # None: as many digits as it has
        if new in _INTEGERS:
            return scale is None or scale > 0
        if new == "numeric":
            new_scale = new_size[1] if len(new_size) > 1 else 0
            return bool(new_size) and (scale is None or new_scale < scale)
        return new in _BINARY
    if old in _BINARY:
        return new in _INTEGERS or (new == "numeric" and bool(new_size)) or _BINARY.get(new, 53) < _BINARY[old]
    if old in _BITS and new in _BINARY:
        return _BINARY[new] < _BITS[old]
    if old in _TIMES:
        if new == "date" or (new.startswith("time ") and old.startswith("timestamp")):
            return True
        digits, new_digits = (size[0] if size else _PRECISION for size in (old_size, new_size))
        return new in _TIMES and (new_digits < digits or (old, new) == (_TIMES[3], _TIMES[2]))
    if old == new == "interval":
        digits, new_digits = (size[0] if size else _PRECISION for size in (old_size, new_size))
        return new_digits < digits
    return False


def _sized(type_name: str) -> tuple[str, tuple[int, ...]]:
    """`timestamp(3) without time zone` as its name without the size, and (3,)."""
    name, bracket, rest = type_name.partition("(")
    if not bracket:
        return type_name, ()
    sizes, _, behind = rest.partition(")")
    return (name.strip() + behind).strip(), tuple(int(part) for part in sizes.split(",") if part.strip().isdigit())
