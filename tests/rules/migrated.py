"""Running a migration rule's examples: each file traced on the state before it, as a pending migration."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ruled import product

from pgmason.catalog.model import Catalog
from pgmason.effects.before import Before
from pgmason.effects.tracing import trace_file
from pgmason.findings import Finding, Severity
from pgmason.postgres.server import Server
from pgmason.prove.down import Outcome, prove_down
from pgmason.prove.pending import ROWS
from pgmason.remedies import File, files_of
from pgmason.rules import check_migration
from pgmason.rules.migration_rule import MigrationInput, Undone
from pgmason.samples import Wanted
from pgmason.sources import Context
from pgmason.sources.replay import replay
from pgmason.sources.units import Frame, Unit
from pgmason.statistics import Statistics, TableFigures

__all__ = ["after", "everyday", "example", "faults", "judged", "pending"]

Rows = tuple[tuple[str, str, int], ...]  # what statistics say of tables: schema, name, rows

FRAMES = {"transaction": Frame.TRANSACTION, "whole": Frame.WHOLE, "statements": Frame.STATEMENTS}


def everyday(words: str) -> None:
    """Skip all but a third of the cases, always the same, unless PGMASON_ALL_PRODUCTS=1 asks for the whole."""
    if zlib.crc32(words.encode()) % 3 and os.environ.get("PGMASON_ALL_PRODUCTS") != "1":
        pytest.skip("PGMASON_ALL_PRODUCTS=1 is not set, so a third of such examples is tried")


def pending(
    server: Server,
    schema: str,
    files: Sequence[File],
    *,
    frame: str = "transaction",
    format: str = "updown",
    down: str = "",
    rows: Rows = (),
) -> tuple[MigrationInput, ...]:
    """Each file as a rule sees it, after the schema and the files before it; `rows` are what statistics say."""
    major = server.choice.installation.major
    context = Context(base=Path(), root=Path(), major=major, what="rules")
    units = [Unit(name="schema", file="schema.sql", text=schema, frame=Frame.STATEMENTS)] if schema.strip() else []
    inputs: list[MigrationInput] = []
    for number, file in enumerate(files, start=1):
        text = "".join(f"{one};\n" if not one.rstrip().endswith(";") else one for one in file.statements)
        unit = Unit(
            name=f"{number}",
            file=f"{number}.sql",
            text=text,
            frame=FRAMES[frame] if file.transaction else Frame.STATEMENTS,
        )
        met = Before(units=tuple(units), origin="the schema", unit=unit)
        trace = trace_file(met, context, server=server, wanted=Wanted(rows=ROWS))
        before = _catalog(units, context)
        units.append(unit)
        inputs.append(
            MigrationInput(
                product=product(),
                name=unit.name,
                format=format,
                trace=trace,
                before=before,
                after=before if trace.failed else _catalog(units, context),
                created=frozenset(
                    change.now
                    for one in inputs
                    for effect in one.trace.effects
                    for change in effect.created
                    if change.now is not None
                ),
                earlier=tuple(inputs),
                statistics=_statistics(rows),
                undone=_undone(units, down, context) if down else None,
            )
        )
    return tuple(replace(one, later=tuple(inputs[number:])) for number, one in enumerate(inputs, start=1))


_KNOWN: dict[object, tuple[MigrationInput, ...]] = {}  # several tests ask about the same example


def example(
    server: Server,
    schema: str,
    text: str,
    frame: str = "transaction",
    down: str = "",
    format: str = "updown",
    rows: Rows = (),
) -> tuple[MigrationInput, ...]:
    """Files written as a rule's examples are, as a rule sees them; `down` undoes each of them."""
    key = (str(server.choice), schema, text, frame, down, format, rows)
    if key not in _KNOWN:
        files = tuple(files_of(text))
        _KNOWN[key] = pending(server, schema, files, frame=frame, format=format, down=down, rows=rows)
    return _KNOWN[key]


def judged(
    server: Server,
    schema: str,
    text: str,
    frame: str = "transaction",
    down: str = "",
    *,
    style: tuple[str, ...] = (),
    rows: Rows = (),
) -> tuple[Finding, ...]:
    """What all migration rules find in them, of house style those in `style`."""
    seen = example(server, schema, text, frame, down, rows=rows)
    asked = (replace(one, product=product(style=style)) for one in seen)
    return tuple(finding for one in asked for finding in check_migration(one))


def faults(found: Sequence[Finding]) -> list[tuple[str, str]]:
    """The rule and message of each finding that would fail a command: all but notes."""
    return [(one.rule, one.message) for one in found if one.severity is not Severity.NOTE]


def after(server: Server, schema: str, text: str, frame: str = "transaction") -> Catalog:
    """The catalog that they end in."""
    return example(server, schema, text, frame)[-1].after


def _statistics(rows: Rows) -> Statistics | None:
    if not rows:
        return None
    tables = {(schema, name): TableFigures(rows=count, bytes=count * 100) for schema, name, count in rows}
    return Statistics(captured="2026-11-20T00:00:00+00:00", server="15.8", counted_seconds=None, tables=tables)


def _undone(units: Sequence[Unit], text: str, context: Context) -> Undone:
    proof = prove_down(units, Unit(name="down", file="down.sql", text=text, frame=units[-1].frame), context)
    restores = proof.outcome in (Outcome.RESTORES, Outcome.ORDER)
    return Undone(file="down.sql", restores=restores, how=proof.outcome.value, lost=proof.lost)


def _catalog(units: Sequence[Unit], context: Context) -> Catalog:
    return replay(tuple(units), context).catalog
