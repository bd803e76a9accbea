"""What does each pending migration do?

Each is traced on the state before it, with a few rows in every table, so that scans and refusals that depend on rows
show. Which are pending is told by the baseline (`rules/baseline.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgmason.effects.before import Before
from pgmason.effects.model import Trace, Verb
from pgmason.effects.tracing import trace_file
from pgmason.errors import Unsupported
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, Undone
from pgmason.samples import Wanted
from pgmason.sources.migrations import units_of_history, up_line
from pgmason.sources.product import product_context
from pgmason.sources.replay import replay
from pgmason.sources.sql import shown
from pgmason.sources.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgmason.catalog.model import Catalog
    from pgmason.config import Product
    from pgmason.formats import History
    from pgmason.formats.migration import Migration
    from pgmason.postgres.server import Server
    from pgmason.prove.down import DownProof
    from pgmason.sources import Context
    from pgmason.sources.recorded import Recording
    from pgmason.statistics import Statistics

__all__ = ["ROWS", "migration_input", "migration_inputs"]

ROWS = 3  # in each table: enough that two rows may be alike, and that a foreign key looks at its parent


def migration_inputs(
    product: Product,
    history: History,
    pending: Iterable[Migration],
    *,
    what: str,
    progress: Callable[[int, int], None] | None = None,
    whole: Callable[[], Catalog] | None = None,
    statistics: Statistics | None = None,
    units: Sequence[Unit] | None = None,
) -> tuple[MigrationInput, ...]:
    """What the rules judge, for each of these migrations of the history, in order; with production's figures.

    `whole` gives the catalog that all of the history makes, where somebody knows it; it is asked for as late as can be.
    `units` are the files of the history, where they were read already.

    Programs are run by the product's own tool, as `recording_of` does it, and their way back, too. Raises
    StatementFailed where a migration before them fails, WrongUse, NoServer, ServerFailed, CodeRefused, ProgramFailed;
    Unsupported where what the tool sent does not make the same schema when it is sent again.
    """
    from pgmason.postgres.server import lease_server

    wanted = {one.name for one in pending}
    if not wanted:
        return ()
    context = product_context(product, what=what, progress=progress)
    recording = _traceable(history, context) if history.programs else None
    history = recording.history if recording is not None else history
    if recording is not None:
        units = recording.units
    elif units is None:
        units = tuple(units_of_history(history, context))
    positions = recording.steps if recording is not None else tuple(one.version for one in history.migrations)
    inputs: list[MigrationInput] = []
    with lease_server(context.major, what=what) as server:
        for migration in history.migrations:
            if migration.name not in wanted or migration.version not in positions:
                continue
            number = positions.index(migration.version)
            found = migration_input(
                product,
                history,
                units[: number + 1],
                context,
                server=server,
                earlier=tuple(inputs),
                statistics=statistics,
                whole=whole if number == len(units) - 1 else None,
                down=migration if migration.is_sql else None,
            )
            if not migration.is_sql:
                undone = None
                if not found.trace.failed and product.down != "none":
                    undone = _undone_by_tool(product, history, positions[:number], migration, context)
                line = up_line(migration.up)  # what it sent stands in no file
                found = replace(found, name=migration.name, text="", program_line=line, undone=undone)
            inputs.append(found)
            if found.trace.failed:
                break  # what comes after it never runs
    return tuple(inputs)


def migration_input(
    product: Product,
    history: History,
    units: Sequence[Unit],
    context: Context,
    *,
    server: Server,
    earlier: tuple[MigrationInput, ...] = (),
    statistics: Statistics | None = None,
    down: Migration | None = None,
    whole: Callable[[], Catalog] | None = None,
) -> MigrationInput:
    """What the rules judge of the last of `units`, on the state that those before it make. `down` undoes it.

    `whole` gives the catalog that the units make, where somebody knows it.

    Raises as `migration_inputs` does.
    """
    unit = units[-1]
    origin = f"the {len(units) - 1} migrations before it"
    met = Before(units=tuple(units[:-1]), origin=origin, unit=unit, notes=history.notes)
    trace = trace_file(met, context, server=server, wanted=Wanted(rows=ROWS))
    undone = None
    if down is not None and product.down != "none" and not trace.failed:
        undone = _undone(product, down, units, context)
    before = _catalog(units[:-1], product, context)
    if whole is None:
        whole = partial(_catalog, units, product, context)
    return MigrationInput(
        product=product,
        name=unit.name,
        format=history.format,
        trace=trace,
        before=before,
        after=before if trace.failed else whole(),
        created=frozenset(made for one in earlier for made in _made(one.trace)),
        earlier=earlier,
        text=unit.text,
        statistics=statistics,
        undone=undone,
    )


def _traceable(history: History, context: Context) -> Recording:
    """What the product's own tool sent. Raises Unsupported where that, sent again, does not make the same schema."""
    from pgmason.sources.recorded import recording_of  # only where steps are programs

    recording = recording_of(history, context)
    if not recording.traceable:
        raise Unsupported(
            "its migrations cannot be looked at one by one: " + recording.notes[-1],
            where=shown(history.folder, context),
        )
    return recording


def _undone(product: Product, migration: Migration, units: Sequence[Unit], context: Context) -> Undone | None:
    """What the migration's DOWN does; None where it has none."""
    text = migration.down_text()
    if text is None:
        return None
    from pgmason.prove.down import prove_down  # many a migration has no DOWN, and comparing catalogs is much code

    down = Unit(name=f"{migration.name} down", file=shown(migration.down or migration.up, context), text=text,
                frame=units[-1].frame)  # fmt: skip
    return _told(down.file, prove_down(units, down, context, external=product.external))


def _undone_by_tool(
    product: Product, history: History, steps: tuple[str, ...], migration: Migration, context: Context
) -> Undone | None:
    """What the product's own tool does when it goes back over a program; None where that says that it cannot."""
    if migration.down is None:
        return None
    from pgmason.prove.down import prove_program_down

    proof = prove_program_down(history, steps, migration, context, external=product.external)
    return _told(shown(migration.down, context), proof)


def _told(file: str, proof: DownProof) -> Undone:
    from pgmason.prove.down import Outcome

    restores = proof.outcome in (Outcome.RESTORES, Outcome.ORDER)
    return Undone(file=file, restores=restores, how=proof.outcome.value, lost=proof.lost)


def _catalog(units: Sequence[Unit], product: Product, context: Context) -> Catalog:
    """The catalog that a prefix of the history makes, from the cache where it is there."""
    return replay(units, replace(context, progress=None), places=False).catalog.without(product.external)


def _made(trace: Trace) -> Iterable[ObjectId]:
    """The relations that a migration leaves behind it new."""
    for change in (change for effect in trace.effects for change in effect.objects):
        if change.verb is Verb.CREATED and change.now is not None:
            yield change.now
