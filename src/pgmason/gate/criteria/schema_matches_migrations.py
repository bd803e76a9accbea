"""Do the schema file and the migrations say the same?"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pgmason.config import Product
from pgmason.errors import OutOfReach, PgmasonError, StatementFailed
from pgmason.evidence import Execution, Failure, Verdict
from pgmason.findings import Place, Severity
from pgmason.gate.criterion import Criterion, GateInput, unread_note
from pgmason.gate.words import counted

if TYPE_CHECKING:
    from pgmason.plan.diff import Change
    from pgmason.sources import Reading


class SchemaMatchesMigrations(Criterion):
    title = "Schema file and migrations agree"
    identified = "the schema file and the migrations were both built, and their catalogs compared"
    brief = ("outputs.1", "stack.2", "workflow.2")
    inputs = ("configuration", "schema", "migrations", "server")
    weighs = Severity.BREAK
    leaves_out = "what the schema file's language cannot say: it is counted, and kept"

    def judge(self, run: GateInput) -> Verdict:
        """By comparing the two catalogs, as far as the language of the schema file reaches."""
        from pgmason.plan.diff import compare

        product = run.product
        try:
            declared = run.declared()
        except OutOfReach:
            raise
        except PgmasonError as refusal:
            return self._not_a_schema(refusal, run)
        if declared is None:
            return self._only_one(run)
        built = run.reading()
        comparison = compare(built.catalog, declared.catalog, reaches=(built.reach, declared.reach))
        beyond = " and ".join(comparison.beyond)
        kept = len({change.object for change in comparison.kept})
        notes = unread_note(built.catalog)
        said = [f"kept, beyond {beyond}: {counted(kept, 'object')}"] if kept else []
        different = len({change.object for change in comparison.changes})
        sides = (f"migrations:{product.migrations}", product.schema or "")
        command = f"pgmason schema diff {' '.join(_from_root(product, side) for side in sides)}"
        evidence = self.evidence(
            [
                Execution.now(f"built {product.migrations} and {product.schema}, each in an empty database",
                              built.server),
                Execution.now("read both back from pg_catalog and compared them object by object", declared.server),
            ],
            [
                f"{built.origin}: {counted(len(built.catalog.objects), 'object')}",
                f"{declared.origin}: {counted(len(declared.catalog.objects), 'object')}",
                *said,
                *declared.notes,
                *notes,
            ],
            expected="0 objects differ",
            actual=f"{counted(different, 'object')} differ" if different != 1 else "1 object differs",
            claimed="the schema file and the migrations make the same database" + (
                f", as far as {beyond} can say it" if beyond else ""
            )
            if not different
            else f"no: {counted(different, 'object')} differ between the schema file and the migrations",
        )  # fmt: skip
        if not different:
            return self.proven(evidence, notes=notes)
        return self.refuted(
            f"the migrations lack, or have too much: {counted(different, 'object')}",
            evidence,
            [_failure(change, built, declared) for change in comparison.changes],
            fix="write the migration that takes the database to the schema file, or mend the file",
            next_command=command,
            notes=notes,
        )

    def _not_a_schema(self, refusal: PgmasonError, run: GateInput) -> Verdict:
        """Where the schema file is invalid, or makes SQL that PostgreSQL refuses: all its faults."""
        from pgmason.sources.prisma.faults import SchemaInvalid

        product = run.product
        first = refusal.what.partition("\n")[0]
        evidence = self.evidence(
            [Execution.now(f"read {product.schema}, and applied what it makes to an empty database", "this machine")],
            str(refusal).splitlines(),
            expected="a schema that makes a database",
            actual=first,
            claimed=f"no: {product.schema} makes no database",
        )
        failing = [Failure(subject=product.schema or "", what=first, place=_place(refusal), fix=refusal.fix)]
        if isinstance(refusal, SchemaInvalid):
            failing = [
                Failure(
                    subject=fault.file,
                    what=f"{fault.message} (column {fault.column}; Prisma: {fault.prisma})",
                    place=Place(file=fault.file, line=fault.line),
                )
                for fault in refusal.faults
            ]
        return self.refuted(
            "the schema file " + (first if first.startswith("cannot be read") else f"cannot be read: {first}"),
            evidence,
            failing,
            next_command=f"pgmason schema show {_from_root(product, product.schema or '')}",
        )

    def _only_one(self, run: GateInput) -> Verdict:
        product = run.product
        what = "no schema file" if product.migrations is not None else "no migrations"
        evidence = self.evidence(
            [Execution.now(f"looked for the two sides of {product.name}", "its configuration")],
            [f"migrations = {product.migrations!r}, schema = {product.schema!r}"],
            expected="a schema file and migrations",
            actual=what,
            claimed=f"there is {what} to compare with",
        )
        return self.not_applicable(evidence.claimed, evidence)


def _from_root(product: Product, source: str) -> str:
    """A SOURCE of the product's as it is typed at the repository's root."""
    prefix, _, rest = source.partition(":")
    return f"{prefix}:{(PurePosixPath(product.path) / rest).as_posix()}"


def _place(refusal: PgmasonError) -> Place | None:
    return Place(file=refusal.file, line=refusal.line) if isinstance(refusal, StatementFailed) else None


def _failure(change: Change, built: Reading, declared: Reading) -> Failure:
    """One difference, at its line in the schema file where it has one, else in the migration that made it."""
    from pgmason.plan.telling import tell

    place: Place | None = None
    for identity in (change.object, change.of):
        for reading in (declared, built):
            if place is None and identity is not None:
                place = reading.places.get(identity)
    return Failure(subject=change.object.name, what=tell(change).partition("\n")[0], place=place)
