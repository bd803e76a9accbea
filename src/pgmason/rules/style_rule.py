"""What does a rule of house style say?

That things of one kind are not all alike, in one finding for the whole product: how many of how many, by name. Which
way is better is the team's to say: such a rule runs only where pgmason.toml asks for it (`style`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["Departure", "StyleRule"]

_NAMED = 5  # in a message; the fix has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One thing the rule looked at: whether it `keeps` the style, and otherwise the SQL that makes it do so."""

    object: ObjectId
    keeps: bool
    fix: str = ""


class StyleRule(SchemaRule):
    """A rule of house style over a catalog: at most one finding. `things` are what it looks at, in the plural, `how`
    what some of them are."""

    severity = Severity.STYLE
    optional = True
    things: ClassVar[str]
    how: ClassVar[str]

    @abstractmethod
    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        """Everything of the kind, in an order that is the same each time."""

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        seen = tuple(self.looked_at(schema))
        departing = [one for one in seen if not one.keeps]
        if not departing:
            return
        names = ", ".join(one.object.name for one in departing[:_NAMED])
        more = f" and {len(departing) - _NAMED} more" if departing[_NAMED:] else ""
        yield self.finding(
            schema,
            departing[0].object,
            message=f"of {len(seen)} {self.things} {len(departing)} {self.how}: {names}{more}",
            fix="\n".join(one.fix for one in departing),
        )
