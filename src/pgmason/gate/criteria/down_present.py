"""Can each migration be undone, in that its DOWN was written?"""

from __future__ import annotations

from pgmason.evidence import Evidence, Execution, Failure, Verdict
from pgmason.findings import Severity
from pgmason.formats.migration import History, Migration
from pgmason.gate.by_history import HistoryCriterion
from pgmason.gate.criterion import GateInput
from pgmason.gate.words import counted
from pgmason.statements import ScriptError, read_script

# Where a DOWN goes in a format whose own tool knows none.
_WHERE = {
    "prisma": "write the SQL that undoes it into {name}/down.sql",
    "dbmate": "write the SQL that undoes it below its line '-- migrate:down'",
    "goose": "write the SQL that undoes it below a line '-- +goose Down'",
    "node-pg-migrate": "write what undoes it: `down` in a program, a line '-- Down Migration' in SQL",
    "golang-migrate": "write the SQL that undoes it into {name}.down.sql",
    "updown": "write the SQL that undoes it into {name}.down.sql, or down.sql beside up.sql",
    "flyway": "write the SQL that undoes it into a file U with the same version",
    "alembic": "write what undoes it into its downgrade()",
    "django": "give its operations a way back: reverse_code, reverse_sql",
    "drizzle": 'drizzle-kit knows no way back: down = "none" in pgmason.toml says that you go without',
    "supabase": 'its command line knows no way back: down = "none" in pgmason.toml says that you go without',
}


class DownPresent(HistoryCriterion):
    title = "Every migration has a DOWN"
    identified = "each migration that is newer than the baseline comes with the SQL that undoes it"
    brief = ("rules.2",)
    inputs = ("configuration", "migrations", "baseline")
    weighs = Severity.LOSS
    leaves_out = "whether the DOWN works and brings rows back (down-restores-data)"

    def of_history(self, history: History, run: GateInput) -> Verdict:
        """By the files alone; migrations that the baseline lists are old debt."""
        baseline = run.baseline()
        old = set(baseline.migrations) if baseline else set()
        without = [migration.name for migration in history.migrations if not _has_down(migration)]
        new, known = [name for name in without if name not in old], [name for name in without if name in old]
        total = counted(len(history.migrations), "migration")

        def evidence(actual: str, claimed: str) -> Evidence:
            return self.evidence(
                [
                    Execution.now(
                        f"looked for the DOWN of each migration ({history.format} format)", "the migrations folder"
                    )
                ],
                [
                    f"{total}, {len(without)} without DOWN: {len(known)} of them in the baseline",
                    f"the baseline was written on {baseline.written}" if baseline else "there is no baseline",
                ],
                expected="0 without DOWN",
                actual=actual,
                claimed=claimed,
            )

        if not without:
            return self.proven(evidence("0 without DOWN", f"each of {total} has a DOWN"))
        if run.product.down == "none":
            why = f'pgmason.toml says down = "none": {len(without)} of {total} have no DOWN'
            return self.waived(why, evidence(f"{len(without)} without DOWN, not asked for", why), waived=len(without))
        if not new:
            why = f"{len(known)} of {total} have no DOWN, all of them in the baseline"
            return self.waived(why, evidence(f"{len(known)} old ones without DOWN", why), known=len(known))
        why = f"{counted(len(new), 'migration')} {'has' if len(new) == 1 else 'have'} no DOWN"
        how = _WHERE.get(history.format, "write the SQL that undoes it, where the format expects it")
        return self.refuted(
            why,
            evidence(f"{len(new)} without DOWN", f"no: {why}"),
            [Failure(subject=name, what="has no DOWN", fix=how.format(name=name)) for name in new],
            # Without a baseline the whole past counts as new; that is what `init` is for.
            next_command="pgmason gate" if baseline else "pgmason init",
            known=len(known),
        )


def _has_down(migration: Migration) -> bool:
    """Whether there is a DOWN with a statement in it; an empty one will do where the UP is empty too."""
    if migration.undoes is not None:
        return migration.undoes
    text = migration.down_text()
    return text is not None and (_says_something(text) or not _says_something(migration.up_text()))


def _says_something(text: str) -> bool:
    try:
        return bool(read_script(text).statements)
    except ScriptError:
        return True  # it says something, right or wrong
