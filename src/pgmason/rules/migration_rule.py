"""What does a rule over migrations judge?

The trace of one pending migration: what its statements did on the state before it, with a few rows in every table.
Rules judge effects and catalogs; the text of a statement only gives the place. What is new within the pending set is
nobody's table yet, and no rule speaks of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.effects.model import Effect, ObjectChange, RewriteKind, Trace
from pgmason.findings import Finding, Place, Severity
from pgmason.locks import LockMode
from pgmason.names import ObjectId
from pgmason.remedies import Remedy
from pgmason.rules.rule import Rule
from pgmason.rules.sizes import Weighed, figures_of
from pgmason.rules.weighing import weigh
from pgmason.statements import analyzes, columns_given
from pgmason.statistics import Statistics

__all__ = ["LastRule", "MigrationInput", "MigrationRule", "Undone", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What PostgreSQL does for a statement that takes a time growing with the relation `on`: `does` in words of a
    person ("reads every row of public.orders"), and under which `lock` on which `table` others wait meanwhile."""

    on: ObjectId
    table: ObjectId
    lock: LockMode
    does: str

    @property
    def blocks(self) -> str:
        """Whom the lock keeps waiting."""
        return "reads and writes" if self.lock.blocks_reads else "writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What the DOWN in `file` brought back after the UP: whether it `restores` the schema (columns may stand in
    another place), `how` it ended in a word or two, and what is `lost`, a line each."""

    file: str
    restores: bool
    how: str
    lost: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MigrationInput:
    """One pending migration as a rule sees it.

    `name` is the migration's, `format` its folder's. `before` and `after` are the catalogs around it, without what
    other people manage; `after` is `before` where the migration fails. `created` are the relations that earlier
    pending migrations make; `earlier` these migrations, in order, `later` those that come after it. `statistics` are
    production's figures, where somebody brought them. `undone` is what its DOWN was seen to do, None where it has none.
    `text` is the file's, for comments that allow something; of a program it is empty, and `program_line` is where its
    UP begins: what it sent stands in no file.
    """

    product: Product
    name: str
    format: str
    trace: Trace
    before: Catalog
    after: Catalog
    created: frozenset[ObjectId] = frozenset()
    earlier: tuple[MigrationInput, ...] = ()
    later: tuple[MigrationInput, ...] = ()
    statistics: Statistics | None = None
    undone: Undone | None = None
    text: str = ""
    program_line: int | None = None

    def place(self, effect: Effect) -> Place:
        """Where the statement stands, or the program that sent it."""
        return Place(file=self.trace.file, line=self.program_line or effect.statement.line)

    def is_live(self, relation: ObjectId | None) -> bool:
        """Whether a running product may use the relation, or what it belongs to: it was there before the pending set,
        and statistics do not call it empty."""
        if relation is None or relation in self.created:
            return False
        figures = figures_of(self.statistics, relation)
        return figures is None or figures.rows != 0

    def live(self, change: ObjectChange) -> bool:
        """Whether a change is one of what a running product may use."""
        made = change.object in self.created
        return change.existing and not change.implied and not made and self.is_live(change.of or change.object)

    @cached_property
    def done(self) -> tuple[Effect, ...]:
        """The statements that were executed, in order."""
        return tuple(effect for effect in self.trace.effects if effect.outcome == "done")

    def blocking_locks(self, effect: Effect) -> dict[ObjectId, LockMode]:
        """The locks that keep reads or writes of live relations waiting while the statement runs: what it took itself
        or what its transaction held already. Indexes stand for their tables, and are left out."""
        found: dict[ObjectId, LockMode] = {}
        for relation in {*effect.locks, *effect.held}:
            mode = effect.lock_while(relation)
            if mode is not None and relation.kind == "materialized view" and not mode.blocks_reads:
                continue  # only another REFRESH writes to one
            if mode is not None and mode.blocks_writes and relation.kind != "index" and self.is_live(relation):
                found[relation] = mode
        return found

    def works(self, effect: Effect) -> tuple[Work, ...]:
        """All that takes the longer the larger a live relation is, done while reads or writes of one have to wait.

        The lock may be on another relation than the work: adding a foreign key reads the child while the parent waits.
        """
        locks = self.blocking_locks(effect)
        if not locks:
            return ()
        strongest = max(locks.items(), key=lambda item: (item[1].strength, item[0]))
        told: dict[ObjectId, str] = {}
        # a table that is written anew has its indexes built by the way
        for rewrite in sorted(effect.rewrites, key=lambda one: one.kind is RewriteKind.REBUILT):
            if rewrite.existing and self.is_live(rewrite.table) and rewrite.kind is not RewriteKind.EMPTIED:
                told.setdefault(rewrite.table, _REWRITTEN[rewrite.kind].format(rewrite.table.name))
        parents = self._parents_of_new(effect)
        for scan in effect.scans:
            if ".".join(scan.relation.path) in parents:
                continue
            if scan.existing and scan.whole and self._of_any_number(effect, scan.relation):
                told.setdefault(scan.relation, f"reads every row of {scan.relation.name}")
        if analyzes(effect.statement):
            for table in effect.locks:  # up to 300 rows for each value of the statistics target, pages read at random
                if table.kind != "index" and self.is_live(table):
                    told.setdefault(table, f"reads a sample of {table.name}")
        for rows in effect.rows:
            # one row may be named by its key; of the few that each table has, two are not
            several = rows.updated + rows.deleted > 1
            if rows.existing and several and self._of_any_number(effect, rows.relation):
                told.setdefault(rows.relation, f"changes rows of {rows.relation.name}")
        return tuple(
            Work(
                on=table,
                table=table if table in locks else strongest[0],
                lock=locks.get(table, strongest[1]),
                does=does,
            )
            for table, does in sorted(told.items())
        )

    def _of_any_number(self, effect: Effect, relation: ObjectId) -> bool:
        return self.is_live(relation) and not self.names_rows(effect, relation)

    def names_rows(self, effect: Effect, relation: ObjectId) -> bool:
        """Whether the statement names the rows that it changes of that relation by a key: they are as many whatever
        its size. Of three rows PostgreSQL reads all, of many it asks the key's index."""
        given = columns_given(effect.statement)
        target = getattr(effect.statement.tree, "relation", None)
        if not given or target is None or target.relname != relation.own_name:
            return False
        return any(
            index.unique and index.valid and index.predicate is None and given.issuperset(index.key_columns)
            for _, index in self.before.of(Index)
            if index.table == relation.path
        )

    def _parents_of_new(self, effect: Effect) -> set[str]:
        """The tables that are looked into for foreign keys of tables that nobody uses yet: those are empty in
        production, so that nothing is looked up, though the trace put rows into them."""
        found = set()
        for change in effect.objects:
            references = change.change("references") if change.object.kind == "foreign key" else None
            if references is not None and references.after and not self.is_live(change.of):
                found.add(references.after)
        return found


_REWRITTEN = {
    RewriteKind.REWRITTEN: "writes {} and its indexes anew",
    RewriteKind.REBUILT: "builds indexes of {} anew",
    RewriteKind.REFRESHED: "runs the query of {} and writes its rows anew",
    RewriteKind.MOVED: "copies {} to another tablespace",
}


class MigrationRule(Rule):
    """A rule over one pending migration.

    `schema` is the state that both examples meet. `bad` is one file; `good` is files in the form of `Remedy.text`:
    a line `-- migration` (or `-- migration, outside a transaction`) begins each. `majors` are those it is tried on.
    `rows` are tables (schema, name, rows) as production's statistics have them, where the bad example is about that.
    `grows`: what is wrong is the time it takes, so that production's figures may lower it; an outage always is so.
    """

    schema: ClassVar[str] = ""
    bad_down: ClassVar[str] = ""  # the DOWN of the bad example, where the rule is about that
    good_down: ClassVar[str] = ""
    frame: ClassVar[str] = "transaction"  # how the bad example is sent: transaction, whole, statements
    rows: ClassVar[tuple[tuple[str, str, int], ...]] = ()
    grows: ClassVar[bool] = False
    majors: ClassVar[tuple[int, ...]] = (15, 18)

    @abstractmethod
    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        """Every finding, in the order of the statements."""

    def finding(
        self,
        migration: MigrationInput,
        effect: Effect,
        identity: ObjectId | None,
        *,
        message: str,
        remedy: Remedy | None = None,
        fix: str | None = None,
        effect_words: str | None = None,
        severity: Severity | None = None,
        detail: str = "",
    ) -> Finding:
        """A finding of this rule at a statement. Its fingerprint holds the migration's name, the object and `detail`:
        the same statement in another migration is another fault. Its severity is weighed by production's figures."""
        weighed = Weighed(severity=severity or self.severity)
        if weighed.severity is Severity.OUTAGE or self.grows:
            weighed = weigh(migration, effect, weighed.severity)
        return Finding(
            rule=self.name,
            severity=weighed.severity,
            object=identity,
            message=message,
            effect=weighed.effect or effect_words or self.effect,
            cost=weighed.cost,
            fix=remedy.fits(migration.format).text if remedy is not None else fix,
            replaces=remedy is not None and remedy.equivalent,
            remedy=remedy.fits(migration.format) if remedy is not None else None,
            detail=f"{migration.name} {detail}".rstrip(),
            place=migration.place(effect),
        )


class LastRule(MigrationRule):
    """A rule that speaks only where no other has spoken: `told` are the places of findings that call an outage."""

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        yield from self.check_rest(migration, frozenset())

    @abstractmethod
    def check_rest(self, migration: MigrationInput, told: frozenset[Place]) -> Iterator[Finding]:
        """Every finding beside those places."""
