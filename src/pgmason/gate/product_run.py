"""What does one product say of itself, asked at most once in a run?

The `GateInput` of a real product, also behind `check`, `docs` and `init`: its schema read from migrations or a
database, its findings, its baseline, its document; and the fingerprints of all that goes into them, which cost a
few tens of milliseconds for a thousand files and start no server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from pgmason.catalog.model import Catalog
from pgmason.code import code_mark
from pgmason.config import Product
from pgmason.errors import PgmasonError
from pgmason.findings import Finding, Judged
from pgmason.formats import History, read_once
from pgmason.formats.migration import Migration
from pgmason.names import ObjectId
from pgmason.postgres.installations import choose
from pgmason.postgres.tree import tree_name
from pgmason.rules.baseline import Baseline, pending_migrations, read_baseline
from pgmason.sources import Called, Reading
from pgmason.sources.migrations import units_of_history
from pgmason.sources.product import (
    declared_digest,
    product_context,
    product_history,
    product_names,
    read_declared,
    read_product,
)
from pgmason.sources.replay import is_kept
from pgmason.sources.units import Unit

if TYPE_CHECKING:  # an unchanged product is told from its files' digests: what judges is imported where it is used
    from pgmason.application import Application, SourceFile
    from pgmason.docs import DocsCheck, ModelInput
    from pgmason.gate.beside import Beside
    from pgmason.instructions.protocols import Protocols
    from pgmason.pipelines.proofs import ProductPipelines
    from pgmason.rules.migration_rule import MigrationInput
    from pgmason.statistics import Statistics

__all__ = ["ProductRun", "baseline_file"]

T = TypeVar("T")


def baseline_file(product: Product) -> Path:
    """Where `init` writes down what is accepted as old debt."""
    return product.state / "baseline.json"


@dataclass(slots=True)
class ProductRun:
    """One product in one run; see `gate.criterion.GateInput` for what each answer means and raises."""

    product: Product
    today: date
    what: str = "gate"
    progress: Callable[[int, int], None] | None = None
    only: frozenset[str] | None = None  # files from the repository's root: judge what these bring
    statistics: Statistics | None = None  # production's figures, where somebody brought them
    _known: dict[str, Any] = field(default_factory=dict, repr=False)
    _read: Event = field(default_factory=Event, repr=False)  # the reading is known, or why there is none
    _tracing: Beside[tuple[MigrationInput, ...]] | None = field(default=None, repr=False)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """The answer that was given before, or the failure that was raised before."""
        if name not in self._known:
            try:
                self._known[name] = make()
            except PgmasonError as failure:
                self._known[name] = failure
                raise
        found: Any = self._known[name]
        if isinstance(found, PgmasonError):
            raise found
        return found  # type: ignore[no-any-return]

    def reading(self) -> Reading:
        try:
            return self._once(
                "reading",
                lambda: read_product(
                    self.product, what=self.what, progress=self.progress, history=self.history(), units=self.units()
                ),
            )
        finally:
            self._read.set()

    def units(self) -> tuple[Unit, ...] | None:
        """The history as it is applied; None where there is none, or where the product's own tool is needed."""
        history = self.history()
        if history is None or history.programs:
            return None
        context = product_context(self.product, what=self.what)
        return self._once("units", lambda: tuple(units_of_history(history, context)))

    def catalog(self) -> Catalog:
        return self.reading().catalog

    def declared(self) -> Reading | None:
        return self._once("declared", lambda: read_declared(self.product, what=self.what))

    def names(self) -> Mapping[ObjectId, Called]:
        """What the product's schema language calls each object."""
        return self._once("names", lambda: product_names(self.product))

    def history(self) -> History | None:
        return self._once("history", lambda: product_history(self.product))

    def findings(self) -> tuple[Finding, ...]:
        """What every rule finds in the schema, in pending migrations and in application code, not yet judged."""

        def find() -> tuple[Finding, ...]:
            with read_once(), self._traced_beside():
                return (
                    *self.schema_findings(),
                    *self.history_findings(),
                    *self.migration_findings(),
                    *self.code_findings(),
                )

        return self._once("findings", find)

    def schema_findings(self) -> tuple[Finding, ...]:
        """What every rule finds in the schema."""
        from pgmason.rules import SchemaInput, check_schema

        reading = self.reading()
        names = self.names()
        schema = SchemaInput(
            product=self.product,
            catalog=reading.catalog,
            # where the schema file says an object it is mended there; a deployed migration is never edited
            places={**reading.places, **{identity: name.place for identity, name in names.items()}},
            called={identity: name.words for identity, name in names.items()},
            statistics=self.statistics,
        )
        return self._once("schema findings", lambda: check_schema(schema))

    def history_findings(self) -> tuple[Finding, ...]:
        """What every rule finds in the order of the migrations; of pending ones alone, so none where none is."""
        history, pending = self.history(), frozenset(one.name for one in self.pending())
        if history is None or not pending:
            return ()
        from pgmason.rules import check_history
        from pgmason.rules.history_rule import HistoryInput

        return check_history(HistoryInput(product=self.product, history=history, pending=pending))

    def application(self) -> Application:
        from pgmason.application import read_application

        return self._once("application", lambda: read_application(self.product))

    def code_findings(self) -> tuple[Finding, ...]:
        """What every rule finds in application code; a file that has not changed is told from the cache."""
        from pgmason.application import can_parse
        from pgmason.prove.findings import keep_findings, recall_findings

        def find() -> tuple[Finding, ...]:
            application = self.application()
            if not application.files and not application.notes:
                return ()
            from pgmason.rules.code.code_not_read import not_installed, not_told

            if application.files and not can_parse():
                return (not_installed(len(application.files)),)
            mark = f"{code_mark()}:{self.product.schema}:{self.product.format}:{self._models_mark()}"
            found: list[Finding] = [not_told(note) for note in application.notes]
            for one in application.files:
                key = hashlib.sha256(f"{mark}:{one.file}:{one.digest}".encode()).hexdigest()
                kept = recall_findings(key)
                if kept is None:
                    kept = self._found_in(one, self._modelled())
                    keep_findings(key, kept)
                found += kept
            return tuple(found)

        return self._once("code findings", find)

    def _models_mark(self) -> str:
        """What the names of models depend on: the schema files, unread where there are some."""
        mark = declared_digest(self.product)
        return mark if mark != "none" else repr(sorted(self._modelled() or ()))

    def _modelled(self) -> frozenset[str] | None:
        """The tables that the ORM has models of; None where nobody knows."""
        return frozenset(one.path[-1] for one in self.names() if one.kind == "table") or None

    def _found_in(self, source: SourceFile, modelled: frozenset[str] | None) -> tuple[Finding, ...]:
        from pgmason.application import parse
        from pgmason.rules import check_code
        from pgmason.rules.code.code_not_read import not_told
        from pgmason.rules.code_rule import CodeInput

        try:
            tree = parse(source.file, source.text)
            code = CodeInput(
                product=self.product,
                file=source.file,
                language=source.language,
                text=source.text,
                tree=tree,
                modelled=modelled,
            )
            return check_code(code)
        except RecursionError:
            return (not_told(f"{source.file} nests too deep and is not judged"),)

    def code_judged(self) -> tuple[Judged, ...]:
        from pgmason.rules.judging import judge

        def judged() -> tuple[Judged, ...]:
            return judge(self.code_findings(), self.product, self.baseline(), self.today, report_waivers=False)

        return self._once("code judged", judged)

    def pending(self) -> tuple[Migration, ...]:
        """The migrations that are not deployed, in order."""
        history = self.history()
        if history is None:
            return ()
        if self.only is not None:
            root = self.product.root.resolve()
            changed = {root / file for file in self.only}
            return tuple(one for one in history.migrations if one.up.resolve() in changed)
        return pending_migrations(history, self.baseline())

    def traced(self) -> tuple[MigrationInput, ...]:
        """What each pending migration does, on the state before it."""
        history = self.history()
        if history is None:
            return ()
        if self._tracing is not None:
            return self._once("traced", self._tracing.answer)
        known = isinstance(self._known.get("reading"), Reading) and not history.programs
        return self._once("traced", self._trace(history, whole=self.catalog if known else None))

    def _trace(
        self, history: History, *, whole: Callable[[], Catalog] | None
    ) -> Callable[[], tuple[MigrationInput, ...]]:
        from pgmason.prove.pending import migration_inputs

        return partial(
            migration_inputs,
            self.product,
            history,
            self.pending(),
            what=self.what,
            progress=self.progress,
            whole=whole,
            statistics=self.statistics,
            units=self.units(),
        )

    @contextmanager
    def _traced_beside(self) -> Iterator[None]:
        """Where only the last migration is pending, and the state before it is known, it is traced inside while the
        schema is read: each of the two mostly waits for a server, and neither needs the other's answer."""
        history, units = self.history(), self.units()
        if (
            history is None
            or units is None
            or self.pending() != history.migrations[-1:]
            or self._kept_migration_findings() is not None
            or not is_kept(units[:-1], product_context(self.product, what=self.what))
        ):
            yield
            return
        from pgmason.gate.beside import Beside

        def whole() -> Catalog:
            self._read.wait()
            return self.catalog()  # or the failure to read it, again

        self._tracing = Beside(self._trace(history, whole=whole))
        try:
            yield
        except Exception:
            self._read.set()
            self._tracing.wait()
            raise

    def migration_findings(self) -> tuple[Finding, ...]:
        """What every rule finds in pending migrations; told from the cache where nothing has changed."""
        if not self.pending():
            return ()
        from pgmason.prove.findings import keep_findings
        from pgmason.rules import check_migration

        def find() -> tuple[Finding, ...]:
            kept = self._kept_migration_findings()
            if kept is None:
                traced = self.traced()
                kept = tuple(
                    finding
                    for number, one in enumerate(traced, start=1)
                    for finding in check_migration(replace(one, later=traced[number:]))
                )
                keep_findings(self._migrations_mark(), kept)
            return kept

        return self._once("migration findings", find)

    def _kept_migration_findings(self) -> tuple[Finding, ...] | None:
        from pgmason.prove.findings import recall_findings

        return self._once("kept migration findings", lambda: recall_findings(self._migrations_mark()))

    def _migrations_mark(self) -> str:
        """What the findings in pending migrations depend on."""
        from pgmason.statistics import statistics_to_json

        inputs = self.fingerprint("configuration", "migrations", "server")
        figures = statistics_to_json(self.statistics) if self.statistics is not None else ""
        return hashlib.sha256(f"{inputs}:{[one.name for one in self.pending()]}:{figures}".encode()).hexdigest()

    def judged(self) -> tuple[Judged, ...]:
        from pgmason.rules.judging import judge

        def judged() -> tuple[Judged, ...]:
            # a waiver of what only the sizes silence is no idle one: without them it is needed
            report_waivers = self.statistics is None
            return judge(self.findings(), self.product, self.baseline(), self.today, report_waivers=report_waivers)

        return self._once("judged", judged)

    def baseline(self) -> Baseline | None:
        return self._once("baseline", lambda: read_baseline(baseline_file(self.product)))

    def model_input(self) -> ModelInput:
        """What DATA-MODEL.md is made of."""
        from pgmason.docs import ModelInput

        reading = self.reading()
        # without counts of files: a migration that changes no schema leaves the document current
        source = (
            f"{self.product.migrations} ({reading.history.format})" if reading.history else str(self.product.schema)
        )
        return ModelInput(
            product=self.product.name,
            catalog=reading.catalog,
            source=source,
            unread=reading.catalog.unread,
            file=self.product.docs,
            called={identity: name.words for identity, name in self.names().items()},
        )

    def docs_check(self) -> DocsCheck:
        from pgmason.docs import check_data_model, read_data_model

        return self._once(
            "docs",
            lambda: check_data_model(
                self.model_input(),
                read_data_model(self.product.docs_file, name=self.product.docs),
                descriptions_required=self.product.describe == "required",
            ),
        )

    def pipelines(self) -> ProductPipelines:
        from pgmason.pipelines.proofs import product_pipelines

        return self._once("pipelines", lambda: product_pipelines(self.product))

    def protocols(self) -> Protocols:
        from pgmason.instructions.protocols import protocols_in

        return self._once("protocols", lambda: protocols_in(self.product.root))

    def fingerprint(self, *parts: str) -> str:
        mark = hashlib.sha256(code_mark().encode())
        for part in sorted(parts):
            content = self._once(f"fingerprint of {part}", partial(self._part, part))
            mark.update(f"\0{part}\0{content}".encode())
        return mark.hexdigest()

    def _part(self, part: str) -> str:
        product = self.product
        if part == "configuration":
            return repr([(f.name, getattr(product, f.name)) for f in fields(product) if f.name != "root"])
        if part == "migrations":
            history = self.history()
            if history is None:
                return "none"
            programs = history.programs
            return repr([(m.name, m.up_digest, None if m in programs else m.down_text()) for m in history.migrations])
        if part == "schema":
            if product.migrations is not None:
                return f"made by the migrations; {declared_digest(product)}"
            from pgmason.catalog.canonical import digest

            return digest(self.catalog())  # a live database has to be asked
        if part == "docs":
            return _content(product.docs_file)
        if part == "baseline":
            return _content(baseline_file(product))
        if part == "pipelines":
            return self.pipelines().digest
        if part == "protocols":
            return repr(self.protocols())
        if part == "application":
            from pgmason.application import can_parse

            return f"{self.application().digest} {can_parse()} {self._models_mark()} {product.format}"
        if part == "server":
            return tree_name(choose(product.major).installation)
        if part == "rules":
            return "part of the code"
        raise ValueError(f"no input is named {part!r}")


def _content(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as exc:
        return f"none: {exc.strerror}"
