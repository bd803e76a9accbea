"""How is an object told that came or went, in a line?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from pgmason.catalog.kinds.base_type import BaseType
from pgmason.catalog.kinds.cast import Cast
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.composite_type import CompositeType
from pgmason.catalog.kinds.default_privileges import DefaultPrivileges
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.event_trigger import EventTrigger
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.foreign_server import ForeignServer
from pgmason.catalog.kinds.foreign_table import ForeignTable
from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.operator_class import OperatorClass
from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.catalog.kinds.publication import Publication
from pgmason.catalog.kinds.range_type import RangeType
from pgmason.catalog.kinds.sequence import Sequence as SequenceState
from pgmason.catalog.kinds.subscription import Subscription
from pgmason.catalog.kinds.table import Table
from pgmason.names import printable, quoted
from pgmason.plan.diff import Created, Dropped
from pgmason.plan.words import counted, dotted, granted, joined_privileges, published, short, text, to_come

__all__ = ["summary"]


def summary(change: Created | Dropped) -> str:
    """What it is and what it has: `table public.orders (7 columns, primary key, 2 indexes)`."""
    name = quoted(change.object.own_name) if change.of is not None else change.object.name
    if isinstance(change.state, Table):
        detail = _table(change.state, Counter(part.object.kind for part in change.parts))
    else:
        detail = _SUMMARIES.get(type(change.state), _words_of_the_server)(change.state)
    comment = f", comment {text(change.comment)}" if change.comment is not None else ""
    return f"{change.object.kind} {name}{detail}{comment}"


def _words_of_the_server(state: Any) -> str:
    definition = getattr(state, "definition", None)
    if hasattr(state, "columns") and hasattr(state, "options"):  # a view: its query is too long for a line
        return f" ({', '.join(quoted(name) for name, _ in state.columns)})"
    return f": {printable(definition)}" if isinstance(definition, str) else ""


def _table(state: Table, count: Counter[str]) -> str:
    words = [counted(count["column"], "column")]
    if count["primary key"]:
        words.append("primary key")
    others = ("unique", "check", "foreign key", "exclusion constraint", "index", "trigger", "rule", "policy")
    words += [counted(count[kind], kind) for kind in others if count[kind]]
    told = f" ({', '.join(words)})"
    if state.partition_of is not None:
        told += f", partition of {dotted(state.partition_of)} {printable(state.partition_bound or '')}".rstrip()
    if state.partition_key is not None:
        told += f", partitioned by {printable(state.partition_key)}"
    if state.inherits:
        told += f", inherits {', '.join(dotted(parent) for parent in state.inherits)}"
    return told + (", UNLOGGED" if state.unlogged else "")


def _policy(state: Policy) -> str:
    words = "" if state.permissive else " AS RESTRICTIVE"
    words += "" if state.command == "all" else f" FOR {state.command.upper()}"
    words += "" if state.roles == ("public",) else f" TO {', '.join(map(quoted, state.roles))}"
    words += f" USING ({state.using})" if state.using is not None else ""
    words += f" WITH CHECK ({state.check})" if state.check is not None else ""
    return short(words)


def _column(state: Column) -> str:
    words = [state.type]
    if state.collation is not None:
        words.append(f"COLLATE {dotted(state.collation)}")
    if state.not_null:
        words.append("NOT NULL")
    if state.identity is not None:
        words.append(f"GENERATED {state.identity.upper()} AS IDENTITY")
    if state.default is not None:
        words.append(f"DEFAULT {state.default}")
    if state.generated is not None:
        words.append(f"GENERATED ALWAYS AS ({state.expression}) {state.generated.upper()}")
    return " " + printable(" ".join(words))


def _composite(state: CompositeType) -> str:
    return f" ({short(', '.join(f'{quoted(name)} {type_}' for name, type_ in state.attributes))})"


def _domain(state: Domain) -> str:
    words = [state.type]
    if state.collation is not None:
        words.append(f"COLLATE {dotted(state.collation)}")
    if state.not_null:
        words.append("NOT NULL")
    if state.default is not None:
        words.append(f"DEFAULT {state.default}")
    return " " + printable(" ".join(words))


def _publishes(state: Publication) -> str:
    if state.all_tables:
        return "all tables"
    named = [published(table) for table in state.tables] + [f"schema {quoted(name)}" for name in state.schemas]
    return short(", ".join(named)) or "nothing"


_SUMMARIES: dict[type, Callable[[Any], str]] = {
    Column: _column,
    Enum: lambda state: f" ({short(', '.join(state.labels))})",
    Extension: lambda state: f" {printable(state.version)} in schema {quoted(state.schema)}",
    BaseType: lambda state: f" ({state.input}, {state.output})" if state.defined else " (a shell)",
    Cast: lambda state: f" ({state.context}{f', {printable(state.function)}' if state.function else ''})",
    CompositeType: _composite,
    Domain: _domain,
    Policy: _policy,
    Function: lambda state: f" returns {short(state.returns)} ({state.language})",
    OperatorClass: lambda state: f" for {printable(state.type)}",
    Procedure: lambda state: f" ({state.language})",
    RangeType: lambda state: f" of {printable(state.subtype)}",
    SequenceState: lambda state: f" ({printable(state.type)})",
    DefaultPrivileges: lambda state: (
        f": {'; '.join(joined_privileges([granted(to_come(item)) for item in state.grants]))}"
    ),
    EventTrigger: lambda state: f": {dotted(state.function)} on {state.event}",
    ForeignServer: lambda state: f" of {quoted(state.wrapper)}",
    ForeignTable: lambda state: f" ({counted(len(state.columns), 'column')}) on {quoted(state.server)}",
    Publication: lambda state: f" of {_publishes(state)}",
    Subscription: lambda state: f" to {', '.join(map(quoted, state.publications))}",
}
