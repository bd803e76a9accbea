"""A gate's inputs as values, so that the logic of verdicts is tried without a server.

It stands in for the collection of evidence, not for PostgreSQL: what a server says of a schema is tried in
test_schema_integrity.py on a real one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pgmason.application import Application, SourceFile
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog, Unread
from pgmason.config import Product
from pgmason.findings import Finding, Judged, Severity, Standing
from pgmason.formats.migration import History, Migration, Transaction
from pgmason.instructions.protocols import PAGES, Protocols
from pgmason.names import ObjectId
from pgmason.pipelines.proofs import KeptProof, ProductPipelines
from pgmason.rules.baseline import Baseline, baseline_of, pending_migrations
from pgmason.sources import Reading

SERVER = "PostgreSQL 15.18 (system)"
TODAY = date(2026, 11, 24)


def baseline(history: History | None = None, *, findings: Iterable[Finding] = (), **migrations: str) -> Baseline:
    """A baseline of the first of November, of a history as it is now or of migrations by name and digest."""
    recorded = {migration.name: migration.up_digest for migration in history.migrations} if history else migrations
    return baseline_of(findings, recorded, today=date(2026, 11, 1))


@dataclass
class Docs:
    differences: tuple[str, ...] = ()
    undescribed_tables: tuple[ObjectId, ...] = ()
    undescribed_columns: tuple[ObjectId, ...] = ()

    @property
    def undescribed(self) -> Mapping[str, int]:
        return {"table": len(self.undescribed_tables), "column": len(self.undescribed_columns)}

    @property
    def current(self) -> bool:
        return not self.differences


@dataclass
class Given:
    """What a criterion is told. A value that is an exception is raised instead; `asked` lists what was asked for."""

    product: Product
    today: date = TODAY
    catalog_: Any = None
    judged_: Any = ()
    history_: Any = None
    notes: tuple[str, ...] = ()
    server: str = SERVER
    baseline_: Any = None
    declared_: Any = "as built"  # a catalog, None for a product without a schema file
    docs: Any = field(default_factory=Docs)
    pipelines_: Any = field(default_factory=lambda: pipelines())
    protocols_: Any = field(default_factory=lambda: protocols())
    application_: Any = field(default_factory=lambda: application("src/orders.ts"))
    code_: Any = ()
    contents: Any = "1"
    asked: list[str] = field(default_factory=list)

    def _answer(self, name: str, value: Any) -> Any:
        self.asked.append(name)
        if isinstance(value, Exception):
            raise value
        return value

    def fingerprint(self, *parts: str) -> str:
        return f"{'+'.join(parts)}={self._answer('fingerprint', self.contents)}"

    def catalog(self) -> Catalog:
        return self._answer("catalog", self.catalog_)

    def judged(self) -> tuple[Judged, ...]:
        return self._answer("judged", self.judged_)

    def history(self) -> History | None:
        return self._answer("history", self.history_)

    def pending(self) -> tuple[Migration, ...]:
        return pending_migrations(self.history_, self.baseline_) if self.history_ else ()

    def reading(self) -> Reading:
        catalog = self._answer("reading", self.catalog_)
        count = len(self.history_.migrations) if self.history_ else 0
        return Reading(
            catalog=catalog,
            origin="a test",
            server=self.server,
            notes=self.notes,
            applied=min(count, 1),
            reused=max(count - 1, 0),
            history=self.history_,
        )

    def declared(self) -> Reading | None:
        catalog = self._answer("declared", self.catalog_ if self.declared_ == "as built" else self.declared_)
        return None if catalog is None else Reading(catalog=catalog, origin="a schema file", server=self.server)

    def baseline(self) -> Baseline | None:
        return self._answer("baseline", self.baseline_)

    def docs_check(self) -> Docs:
        return self._answer("docs_check", self.docs)

    def protocols(self) -> Protocols:
        return self._answer("protocols", self.protocols_)

    def pipelines(self) -> ProductPipelines:
        return self._answer("pipelines", self.pipelines_)

    def application(self) -> Application:
        return self._answer("application", self.application_)

    def code_judged(self) -> tuple[Judged, ...]:
        return self._answer("code_judged", self.code_)


def application(*files: str, notes: tuple[str, ...] = ()) -> Application:
    """Application code of these files, whatever is in them."""
    read = [SourceFile(file=file, language="typescript", text="", digest=file) for file in files]
    return Application(files=tuple(read), notes=notes)


def pipelines(*proofs: KeptProof, files: Iterable[str] = ()) -> ProductPipelines:
    """Pipelines that were proven, and those that are only there."""
    there = {name: Path("pipelines") / f"{name}.py" for name in [*files, *(proof.name for proof in proofs)]}
    return ProductPipelines(looked_in=("pipelines",), files=there, proofs={proof.name: proof for proof in proofs})


def protocols(*, absent: Iterable[str] = (), naming: Iterable[str] = ("AGENTS.md",)) -> Protocols:
    """The pages, but for those that are absent, and the instructions that name them."""
    there = tuple(page for page in PAGES if page not in set(absent))
    return Protocols(pages=there, absent=tuple(absent), instructions=("AGENTS.md",), naming=tuple(naming))


def proof_of(name: str, **more: Any) -> KeptProof:
    """A proof that holds, unless said otherwise."""
    kept: dict[str, Any] = {
        "name": name,
        "command": f"python pipelines/{name}.py",
        "server": SERVER,
        "at": "2026-11-20T03:00:00+00:00",
        "holds": True,
        "current": True,
        "trials": 10,
        "killed": 9,
        "same": 10,
        "rows": 1000,
        "tables": 2,
        "chance": (),
        "faults": (),
    }
    return KeptProof(**{**kept, **more})


def make_history(folder: Path, *steps: tuple[str, str, str | None], format: str = "prisma") -> History:
    migrations = []
    for name, up, down in steps:
        (folder / name).mkdir(parents=True, exist_ok=True)
        up_file, down_file = folder / name / "migration.sql", folder / name / "down.sql"
        up_file.write_text(up)
        if down is not None:
            down_file.write_text(down)
        migrations.append(
            Migration(
                name=name,
                version=name,
                up=up_file,
                down=None if down is None else down_file,
                transaction=Transaction.WHOLE_FILE_IMPLICIT,
            )
        )
    return History(format=format, folder=folder, migrations=tuple(migrations), notes=(), ledger_tables=())


def make_schema(*, unread: tuple[Unread, ...] = (), server: str = "15.18", validated: bool = True) -> Catalog:
    def column(table: str, name: str, type: str) -> tuple[ObjectId, Column]:
        state = Column(
            type=type, not_null=True, default=None, identity=None, generated=None, expression=None, collation=None
        )
        return ObjectId("column", ("public", table, name)), state

    def table(name: str, *columns: str) -> tuple[ObjectId, Table]:
        state = Table(
            columns=columns,
            unlogged=False,
            partition_key=None,
            partition_of=None,
            partition_bound=None,
            inherits=(),
        )
        return ObjectId("table", ("public", name)), state

    reference = ForeignKey(
        columns=("order_id",),
        references=("public", "orders"),
        referenced_columns=("id",),
        on_delete="CASCADE",
        on_update="NO ACTION",
        deferrable=False,
        deferred=False,
        validated=validated,
        definition="FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE CASCADE",
    )
    index = Index(
        table=("public", "lines"),
        method="btree",
        unique=False,
        keys=("order_id",),
        key_columns=("order_id",),
        operators=("uuid_ops",),
        include=(),
        predicate=None,
        nulls_not_distinct=False,
        valid=True,
        constraint=None,
        partition_of=None,
        definition="CREATE INDEX lines_order_id_idx ON public.lines USING btree (order_id)",
    )
    objects = dict(
        [
            table("orders", "id", "created_at"),
            table("lines", "order_id"),
            column("orders", "id", "uuid"),
            column("orders", "created_at", "timestamp with time zone"),
            column("lines", "order_id", "uuid"),
            (ObjectId("foreign key", ("public", "lines", "lines_order_id_fkey")), reference),
            (ObjectId("index", ("public", "lines_order_id_idx")), index),
        ]
    )
    return Catalog(objects=objects, comments={}, unread=unread, server=server)


def found(rule: str, standing: Standing = Standing.NEW, *, severity: Severity = Severity.RISK, **more: Any) -> Judged:
    finding = Finding(
        rule=rule,
        severity=severity,
        object=ObjectId("table", ("public", "lines")),
        message="public.lines is at fault",
        effect="something is slow",
        fix="ALTER TABLE public.lines ...;",
    )
    return Judged(finding=finding, standing=standing, **more)
