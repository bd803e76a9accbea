"""Does the DOWN of a migration bring back the schema that was there before it?

UP, DOWN and UP again on a scratch database, and the catalogs compared: what the first two end in with the state before,
what all three end in with the state after. SQL is replayed; a program is run by the product's own tool, as it would be
in production. Rows are not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.errors import PgmasonError, ServerFailed, StatementFailed, Unsupported
from pgmason.plan.diff import diff
from pgmason.plan.telling import tell
from pgmason.sources.going_back import go_back
from pgmason.sources.replay import replay
from pgmason.sources.units import Unit

if TYPE_CHECKING:
    from pgmason.formats import History
    from pgmason.formats.migration import Migration
    from pgmason.sources import Context

__all__ = ["DownProof", "Outcome", "prove_down", "prove_program_down"]


class Outcome(StrEnum):
    """What the DOWN did."""

    RESTORES = "restores"
    ORDER = "column order"  # the same schema, but columns that came back stand last: no DOWN can say where
    DIFFERS = "differs"
    FAILS = "fails"
    NOT_AGAIN = "not again"  # the UP does not run, or ends elsewhere, after the DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class DownProof:
    """What a DOWN did; `lost` tells each difference that it leaves, or why it failed, a line each."""

    migration: str
    outcome: Outcome
    lost: tuple[str, ...] = ()


def prove_down(units: Sequence[Unit], down: Unit, context: Context, *, external: Sequence[str] = ()) -> DownProof:
    """The proof for the last of `units`, which `down` undoes. Raises as `replay` does where the UP itself fails."""
    quiet = replace(context, progress=None)
    before = replay(units[:-1], quiet).catalog.without(external)
    after = replay(units, quiet).catalog.without(external)

    def undone() -> Catalog | str:
        try:
            return replay([*units, down], quiet).catalog.without(external)
        except (StatementFailed, Unsupported) as failure:
            return _in_a_line(failure)

    def again() -> Catalog | str:
        try:
            return replay([*units, down, units[-1]], quiet).catalog.without(external)
        except (StatementFailed, Unsupported, ServerFailed) as failure:
            return _in_a_line(failure)

    return _proof(units[-1].name, before, after, undone, again)


def _in_a_line(failure: PgmasonError) -> str:
    """What failed and why; the statement and the server's detail stand behind, on lines of their own otherwise."""
    return "; ".join(line.strip() for line in str(failure).splitlines())


def prove_program_down(
    history: History, steps: tuple[str, ...], migration: Migration, context: Context, *, external: Sequence[str] = ()
) -> DownProof:
    """The proof for a migration that only the product's own tool can run: the tool goes up to it, back and up again.

    `steps` are the versions before it, in the tool's own order. Raises as `go_back` does where the way up fails.
    """
    way = go_back(history, steps, migration, replace(context, progress=None))

    def owned(ending: Catalog | str | None) -> Catalog | str:
        return ending.without(external) if isinstance(ending, Catalog) else str(ending)

    return _proof(
        migration.name,
        way.before.without(external),
        way.after.without(external),
        lambda: owned(way.undone),
        lambda: owned(way.again),
    )


def _proof(
    name: str,
    before: Catalog,
    after: Catalog,
    down: Callable[[], Catalog | str],
    up_again: Callable[[], Catalog | str],
) -> DownProof:
    """What the ends of the ways say; one that was not reached is told by a text instead."""
    undone = down()
    if isinstance(undone, str):
        return DownProof(migration=name, outcome=Outcome.FAILS, lost=(undone,))
    lost = tuple(tell(change) for change in diff(before, undone))
    if lost and not diff(_without_order(before), _without_order(undone)):
        outcome = Outcome.ORDER
    else:
        outcome = Outcome.DIFFERS if lost else Outcome.RESTORES
    if outcome is Outcome.DIFFERS:
        return DownProof(migration=name, outcome=outcome, lost=lost)
    again = up_again()
    if isinstance(again, str):
        return DownProof(migration=name, outcome=Outcome.NOT_AGAIN, lost=(again,))
    if diff(_without_order(after), _without_order(again)):
        told = tuple(tell(change) for change in diff(after, again))
        return DownProof(migration=name, outcome=Outcome.NOT_AGAIN, lost=told)
    return DownProof(migration=name, outcome=outcome, lost=lost)


def _without_order(catalog: Catalog) -> Catalog:
    """The catalog with the columns of each table sorted by name."""
    objects = {
        identity: replace(state, columns=tuple(sorted(state.columns))) if isinstance(state, Table) else state
        for identity, state in catalog.objects.items()
    }
    return replace(catalog, objects=objects)
