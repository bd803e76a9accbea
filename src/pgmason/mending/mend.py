"""Which pending migrations of a product can be mended, what would their files hold, and what proves it?

Each migration with findings is cut into the files of its safe form in a copy of the folder, and the copy is judged as
the product is: it is applied on clones, its schema after the last of these files must be the one that the migration
made, each DOWN must bring back the state before its file, no migration behind may find another schema, and no rule
may find what it did not find before. What fails any of this stays as it is, and says why.

Nothing of the product is written here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pgmason.effects.before import Before
from pgmason.effects.tracing import trace_file
from pgmason.errors import PgmasonError, Unsupported, WrongUse
from pgmason.findings import Finding, Judged
from pgmason.formats import Format, History, Migration, Transaction, all_formats
from pgmason.formats.migration import WrittenFile, read_text
from pgmason.mending.layout import follower, in_place, refuse_format
from pgmason.mending.pieces import Piece, cut, one_by_one, text_of
from pgmason.mending.ways_back import ways_back
from pgmason.plan.diff import diff
from pgmason.plan.telling import tell
from pgmason.postgres.server import Server, lease_server
from pgmason.prove.pending import migration_input, migration_inputs
from pgmason.remedies import Remedy
from pgmason.rules import check_migration
from pgmason.rules.enumerating import counted
from pgmason.rules.migration.locks_without_a_timeout import LocksWithoutATimeout
from pgmason.rules.migration_rule import MigrationInput
from pgmason.sources.migrations import units_of_history
from pgmason.sources.product import product_context
from pgmason.sources.sql import shown
from pgmason.sources.units import Unit
from pgmason.statements import Script, read_script, transaction_control

if TYPE_CHECKING:
    from pgmason.config import Product
    from pgmason.names import ObjectId
    from pgmason.statistics import Statistics

__all__ = ["Fix", "Left", "Mending", "mend"]

# Steps take the place of a statement that can do nothing else than what the catalog shows: one that might change rows
# is never replaced, since equal catalogs would not tell.
_REPLACEABLE = ("index_stmt", "alter_table_stmt", "drop_stmt", "create_stmt", "create_table_as_stmt")
_TIMEOUT = LocksWithoutATimeout().name  # mended by a line at the top, whatever else the file does


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file as it is (None: there is none) and as it would be; `path` is the product's."""

    path: Path
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """The safe form of one migration. `mended` are the findings that are gone, `proof` what was shown, a line each."""

    migration: str
    files: tuple[FileChange, ...]
    mended: tuple[Finding, ...]
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What stays as it is, and why; `finding` is None where it is the whole migration."""

    migration: str
    why: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What can be mended of a product, and what not, in the order of its migrations."""

    fixes: tuple[Fix, ...]
    left: tuple[Left, ...]


class _Refused(Exception):
    """Why a migration stays as it is."""


def mend(
    product: Product,
    history: History,
    pending: Iterable[Migration],
    *,
    deployed: Mapping[str, str],
    judge: Callable[[Iterable[Finding]], tuple[Judged, ...]],
    what: str,
    statistics: Statistics | None = None,
) -> Mending:
    """The safe form of each pending migration that has one. `deployed` says why a migration must not be edited.

    Raises Unsupported for a format that is not rewritten, and as `migration_inputs` does.
    """
    refuse_format(history.format)
    if history.programs:
        raise Unsupported(
            f"--fix does not rewrite a history with programs in it ({history.programs[0].up.name}): only the product's"
            " own tool can run them"
        )
    format = next(one for one in all_formats() if one.name == history.format)
    with TemporaryDirectory(prefix="pgmason-fix-") as place:
        copied = replace(product, root=Path(place).resolve())
        folder = copied.home / history.folder.resolve().relative_to(product.home.resolve())
        other = shutil.ignore_patterns(".git", "node_modules", ".venv")  # the folder may be the whole repository
        shutil.copytree(history.folder, folder, symlinks=True, ignore=other, dirs_exist_ok=True)
        with lease_server(product.major, what=what) as server:
            return _Run(copied, format, folder, history.folder, judge, what, statistics, server).mend(
                tuple(one.name for one in pending), deployed
            )


class _Run:
    """One product's copy of its folder, which changes from fix to fix."""

    def __init__(
        self,
        product: Product,
        format: Format,
        folder: Path,
        original: Path,
        judge: Callable[[Iterable[Finding]], tuple[Judged, ...]],
        what: str,
        statistics: Statistics | None,
        server: Server,
    ) -> None:
        self.product, self.format, self.folder, self.original = product, format, folder, original
        self.judge, self.what, self.statistics, self.server = judge, what, statistics, server

    def mend(self, pending: Sequence[str], deployed: Mapping[str, str]) -> Mending:
        fixes: list[Fix] = []
        left: list[Left] = []
        history = self.format.read(self.folder)
        inputs = self.inputs(history, [one for one in history.migrations if one.name in pending])
        behind: dict[str, MigrationInput] = {one.name: one for one in inputs}
        for name in pending:
            if name not in behind:
                left.append(Left(migration=name, why="a migration before it fails, so it was not looked at"))
                continue
            found = behind[name]
            failing = self.failing(check_migration(found))
            if not failing:
                continue
            if name in deployed:
                left.append(Left(migration=name, why=deployed[name]))
                continue
            try:
                fix, rest = self.fixed(found, failing)
                fixes.append(fix)
                left += [Left(migration=name, why=_no_steps(one), finding=one) for one in rest]
            except _Refused as refusal:
                left += [Left(migration=name, why=str(refusal), finding=one) for one in failing]
        return Mending(fixes=tuple(fixes), left=tuple(left))

    def inputs(self, history: History, wanted: Iterable[Migration]) -> tuple[MigrationInput, ...]:
        return migration_inputs(self.product, history, wanted, what=self.what, statistics=self.statistics)

    def failing(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(one.finding for one in self.judge(found) if one.fails)

    def fixed(self, found: MigrationInput, failing: Sequence[Finding]) -> tuple[Fix, tuple[Finding, ...]]:
        """The fix of one migration, and the findings that stay. Raises _Refused; the copy is then as it was."""
        history = self.format.read(self.folder)
        number = next(place for place, one in enumerate(history.migrations) if one.name == found.name)
        migration = history.migrations[number]
        script = _readable(migration, found, self.format)
        if not any(_mendable(one) for one in failing):
            raise _Refused(_no_steps(failing[0]))
        context = product_context(self.product, what=self.what)
        units = units_of_history(history, context)[: number + 1]
        text, atomic = self.format.without_instructions(units[-1].text), found
        lines = {one.place.line for one in failing if one.replaces and one.place is not None}
        apart = one_by_one(script, text, lines)
        if len(read_script(apart).statements) != len(script.statements):
            script, text = read_script(apart), apart
            units = [*units[:-1], replace(units[-1], text=text)]
            atomic = migration_input(
                self.product, history, units, context, server=self.server, earlier=found.earlier,
                statistics=self.statistics,
            )  # fmt: skip
            if atomic.trace.failed or diff(found.after, atomic.after):
                raise _Refused("the commands of its ALTER TABLE do not end in the same schema one by one")
        remedies, objects = self.remedies(atomic, script)
        pieces = cut(script, text, remedies)
        local = migration.transaction is Transaction.FILE_IN_TRANSACTION
        ups = [text_of(pieces, place, local=local) for place in range(len(pieces))]
        candidates = self.downs(migration, pieces, atomic, objects, units, history)
        for place, downs in enumerate(candidates):
            changes, names = self.written(history, number, pieces, ups, downs)
            try:
                proof, gone, rest = self.proven(names, found, failing)
                break
            except BaseException as refusal:
                self.restored(changes)
                if not isinstance(refusal, _Refused) or place + 1 == len(candidates):
                    raise
        files = tuple(
            FileChange(path=self.original / change.path.relative_to(self.folder), before=change.before,
                       after=change.after)
            for change in changes
        )  # fmt: skip
        return Fix(migration=found.name, files=files, mended=gone, proof=proof), rest

    def remedies(self, atomic: MigrationInput, script: Script) -> tuple[dict[int, Remedy], dict[int, ObjectId]]:
        """The steps for each statement that has some, by its number from 0, and the object that they are about."""
        by_line: dict[int, list[int]] = {}
        for number, statement in enumerate(script.statements):
            by_line.setdefault(statement.line, []).append(number)
        remedies: dict[int, Remedy] = {}
        objects: dict[int, ObjectId] = {}
        for finding in self.failing(check_migration(atomic)):
            remedy = finding.remedy
            if not isinstance(remedy, Remedy) or not remedy.equivalent or finding.place is None:
                continue
            numbers = by_line.get(finding.place.line, [])
            if len(numbers) != 1 or numbers[0] in remedies or finding.object is None:
                raise _Refused(
                    f"line {finding.place.line} does several things at once: write each on a line of its own"
                )
            if script.statements[numbers[0]].form not in _REPLACEABLE:
                raise _Refused(
                    f"line {finding.place.line} does it inside of something else (a DO, a function, a query), whose"
                    " other work would be lost"
                )
            remedies[numbers[0]] = remedy
            objects[numbers[0]] = finding.object
        return remedies, objects

    def downs(
        self,
        migration: Migration,
        pieces: Sequence[Piece],
        atomic: MigrationInput,
        objects: Mapping[int, ObjectId],
        units: Sequence[Unit],
        history: History,
    ) -> tuple[tuple[str | None, ...], ...]:
        """What may be the DOWN of each piece, to be tried in turn; None for all where the migration has none, the old
        one where it is one piece."""
        old = migration.down_text()
        if old is None:
            return ((None,) * len(pieces),)
        if len(pieces) == 1:
            return ((self.format.without_instructions(old),),)
        old = self.format.without_instructions(old)
        script = read_script(old)
        if script.meta_commands or any(one.copy_data is not None for one in script.statements):
            raise _Refused("its DOWN is for psql, and is not cut up")
        text = one_by_one(script, old)
        context = product_context(self.product, what=self.what)
        file = shown(migration.down or migration.up, context)
        down = Unit(name=f"{migration.name} down", file=file, text=text, frame=units[-1].frame)
        met = Before(units=tuple(units), origin="the migration", unit=down, notes=history.notes)
        trace = trace_file(met, context, server=self.server)
        if trace.failed:
            raise _Refused("its DOWN fails, so that none can be made of it for each file: mend it first")
        effects = (atomic.trace.effects, trace.effects)
        found = [ways_back(pieces, *effects, objects, steps_first=first) for first in (True, False)]
        return tuple(dict.fromkeys(found))

    def written(
        self,
        history: History,
        number: int,
        pieces: Sequence[Piece],
        ups: Sequence[str],
        downs: Sequence[str | None],
    ) -> tuple[tuple[FileChange, ...], tuple[str, ...]]:
        """Write the pieces into the copy; the files, the migration's own last, and the names of the migrations."""
        migration = history.migrations[number]
        own: list[FileChange] = []
        others: list[FileChange] = []
        names = [migration.name]
        try:
            for place, piece in enumerate(pieces):
                if place == 0:
                    files = in_place(
                        self.format, replace(history, migrations=history.migrations[:number]), migration, ups[0],
                        downs[0], alone=piece.alone,
                    )  # fmt: skip
                    own += [self.write(file) for file in files]
                    continue
                now = self.format.read(self.folder)
                until = [one.name for one in now.migrations].index(names[-1]) + 1
                files = follower(
                    self.format, replace(now, migrations=now.migrations[:until]), migration, place + 1, ups[place],
                    downs[place], alone=piece.alone,
                )  # fmt: skip
                before = {one.name for one in now.migrations}
                if any(file.path.exists() for file in files):
                    raise _Refused(f"{files[0].path.name} is there already, and would come next to it")
                others += [self.write(file) for file in files]
                names += [one.name for one in self.format.read(self.folder).migrations if one.name not in before]
            self.check_order(history, number, names)
        except BaseException as failure:
            self.restored((*others, *own))
            if isinstance(failure, WrongUse):
                raise _Refused(f"{history.format} has no place for it: {failure}") from failure
            raise
        changed = tuple(change for change in (*others, *own) if change.before != change.after)
        return changed, tuple(names)

    def check_order(self, history: History, number: int, names: Sequence[str]) -> None:
        """Refuse unless the folder now holds the new migrations right behind the old one, each with its own version."""
        now = self.format.read(self.folder)
        wanted = [
            *(one.name for one in history.migrations[:number]),
            *names,
            *(one.name for one in history.migrations[number + 1 :]),
        ]
        versions = [one.version for one in now.migrations if one.name in names]
        others = {one.version for one in now.migrations if one.name not in names}
        if (
            [one.name for one in now.migrations] != wanted
            or others.intersection(versions)
            or (len(set(versions)) < len(versions))
        ):
            raise _Refused(
                f"there is no number free between {history.migrations[number].name} and the migration behind it: give"
                " that one a later number first"
            )

    def write(self, file: WrittenFile) -> FileChange:
        if file.path.is_symlink():
            raise _Refused(f"{file.path.name} is a symbolic link, and is not written through")
        before = read_text(file.path) if file.path.exists() else None
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(file.text, encoding="utf-8")
        return FileChange(path=file.path, before=before, after=file.text)

    def restored(self, changes: Iterable[FileChange]) -> None:
        for change in changes:
            if change.before is not None:
                change.path.write_text(change.before, encoding="utf-8")
            else:
                change.path.unlink(missing_ok=True)
                if change.path.parent != self.folder and not any(change.path.parent.iterdir()):
                    change.path.parent.rmdir()

    def proven(
        self, names: Sequence[str], found: MigrationInput, failing: Sequence[Finding]
    ) -> tuple[tuple[str, ...], tuple[Finding, ...], tuple[Finding, ...]]:
        """What was shown, a line each; which findings are gone, and which stay. Raises _Refused."""
        history = self.format.read(self.folder)
        context = product_context(self.product, what=self.what)
        units = units_of_history(history, context)
        inputs: list[MigrationInput] = []
        for place, migration in enumerate(history.migrations):
            if migration.name not in names:
                continue
            try:
                one = migration_input(
                    self.product, history, units[: place + 1], context, server=self.server,
                    earlier=(*found.earlier, *inputs), statistics=self.statistics, down=migration,
                )  # fmt: skip
            except PgmasonError as failure:
                raise _Refused(f"the steps fail: {failure}") from failure
            inputs.append(one)
            error = next((effect.error for effect in one.trace.effects if effect.error is not None), None)
            refused = one.trace.frame_error[1] if one.trace.frame_error is not None else error
            if one.trace.failed:
                raise _Refused(f"the steps fail in {one.name}: {refused.message if refused is not None else 'unread'}")
        left = diff(found.after, inputs[-1].after)
        if left:
            raise _Refused(f"the steps would end in another schema: {tell(left[0])}")
        now = [finding for one in inputs for finding in self.failing(check_migration(one))]
        still = {(one.rule, one.object) for one in now}
        known = {(one.rule, one.object) for one in failing}
        for new in now:
            if (new.rule, new.object) not in known:
                raise _Refused(f"the steps would bring another finding: {new.rule}: {new.message}")
        gone = tuple(one for one in failing if (one.rule, one.object) not in still)
        if not gone:
            raise _Refused("the steps would not take the finding away")
        proof = [
            f"the same schema as now, after {counted(len(inputs), 'migration')} on {inputs[-1].trace.server}",
            f"{counted(len(gone), 'finding')} gone, none new",
        ]
        if any(one.undone is not None for one in inputs):
            proof.append("each DOWN brings back the state before its file, and its UP runs again")
        return tuple(proof), gone, tuple(one for one in failing if (one.rule, one.object) in still)


def _mendable(finding: Finding) -> bool:
    return finding.replaces or finding.rule == _TIMEOUT


def _no_steps(finding: Finding) -> str:
    if finding.rule == _TIMEOUT or finding.replaces:
        return "the finding stays"
    return "no steps that end in the same schema and the same rows: it takes a decision of yours"


def _readable(migration: Migration, found: MigrationInput, format: Format) -> Script:
    """The migration's statements, where they can be cut up. Raises _Refused."""
    if found.trace.failed or found.trace.frame_error is not None or found.trace.unreadable is not None:
        raise _Refused("it does not run as its runner sends it, so that there is nothing to compare with")
    if migration.transaction is Transaction.STATEMENT_BY_STATEMENT:
        raise _Refused("it runs statement by statement already, outside of a transaction")
    script = read_script(format.without_instructions(found.text))
    if script.meta_commands or any(one.copy_data is not None for one in script.statements):
        raise _Refused("it is for psql, and is not cut up")
    if any(transaction_control(one) for one in script.statements):
        raise _Refused("it begins and ends transactions itself")
    return script
