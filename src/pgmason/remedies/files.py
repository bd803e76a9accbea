"""How is one file of a migration cut into several, so that each transaction ends before the next lock is asked for?

The user's own statements, in their own words and order; what sets the timeouts is left out, since each file of a
remedy begins with one. A file that controls transactions itself, or changes other settings, is not cut.

None of these is `equivalent`: they take the place of a whole file and not of one statement, and what was one step that
happens or does not is several afterwards, between which running code meets a schema that nobody wrote it for. Whether
it may is the author's to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.effects.model import Effect
from pgmason.remedies import File, Remedy, alone, together

__all__ = ["each_alone", "in_files"]


def in_files(parts: Sequence[Sequence[Effect]], *, note: str = "") -> Remedy | None:
    """A file a part, each a transaction behind a lock_timeout; None where the file cannot be cut."""
    files: list[File] = []
    for part in parts:
        if not can_be_cut(part):
            return None
        statements = [effect.statement.text for effect in part if effect.statement.form != "variable_set_stmt"]
        if statements:
            files.append(together(*statements))
    return Remedy(files=tuple(files), note=note)


def each_alone(effects: Sequence[Effect]) -> Remedy | None:
    """A file a statement: outside a transaction where PostgreSQL refuses one; None where the file cannot be cut."""
    if not can_be_cut(effects):
        return None
    kept = [effect for effect in effects if effect.statement.form != "variable_set_stmt"]
    return Remedy(
        files=tuple(together(one.statement.text) if one.in_block else alone(one.statement.text) for one in kept)
    )


def can_be_cut(effects: Sequence[Effect]) -> bool:
    """Whether no statement controls the transaction or changes a setting other than a timeout."""
    return not any(
        effect.statement.form == "transaction_stmt"
        or effect.statement.copy_data is not None
        or any("timeout" not in change.name for change in effect.settings_changed)
        for effect in effects
    )
