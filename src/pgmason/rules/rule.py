"""What is a rule?

A rule is one class in one file: what is wrong, why it matters, an example that breaks it, one that keeps it, and
the check. Its name is its class's, so that it reads after "allow"; its page, its tests and `pgmason explain` come
from the same file. A rule decides from data it is given and touches no server; rules are found by `rules/__init__`.
"""

from __future__ import annotations

import inspect
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.findings import Finding, Place, Severity
from pgmason.names import ObjectId
from pgmason.rules.sizes import Weighed, table_cost
from pgmason.statistics import Statistics

__all__ = ["Rule", "SchemaInput", "SchemaRule"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaInput:
    """What a schema rule judges.

    `catalog` is without what other people manage (`Catalog.without`). `places` says where in the repository an
    object came from, for those objects of which that is known; `called` what the product's schema language calls it.
    `statistics` are production's figures, where somebody brought them.
    """

    product: Product
    catalog: Catalog
    places: Mapping[ObjectId, Place]
    called: Mapping[ObjectId, str] = field(default_factory=dict)
    statistics: Statistics | None = None

    def place(self, identity: ObjectId | None) -> Place | None:
        """Where an object was made, or the table that it belongs to; None where neither is known."""
        return self._of(identity, self.places)

    def calling(self, identity: ObjectId | None) -> str:
        """What the product's schema language calls an object, or the table that it belongs to; "" for nothing."""
        return self._of(identity, self.called) or ""

    def _of(self, identity: ObjectId | None, known: Mapping[ObjectId, T]) -> T | None:
        if identity is None or identity in known:
            return None if identity is None else known[identity]
        state = self.catalog.objects.get(identity)
        if isinstance(state, Index):
            return known.get(ObjectId("table", state.table))
        return known.get(identity.relation) if identity.is_member else None


class Rule(ABC):
    """What every rule says of itself, all of it text for people.

    `title` is one line. `effect` is what a running product feels. `bad` breaks the rule once and `good` keeps it;
    both run on an empty database (or are pgmason.toml, as `language` says). `optional` is a matter of house style: it
    runs only where pgmason.toml asks for it. `cannot_see` is where the rule is blind
    or its fix unsafe. `brief` is the demand it serves.
    """

    severity: ClassVar[Severity]
    title: ClassVar[str]
    effect: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    cannot_see: ClassVar[str]
    brief: ClassVar[str]
    language: ClassVar[str] = "sql"
    waivable: ClassVar[bool] = True
    optional: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The class's name in kebab-case: ForeignKeyWithoutIndex -> foreign-key-without-index."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", type(self).__name__).lower()

    @property
    def why(self) -> str:
        """The docstring of the rule's file."""
        return inspect.cleandoc(sys.modules[type(self).__module__].__doc__ or "")


class SchemaRule(Rule):
    """A rule over one catalog."""

    @abstractmethod
    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        """Every finding, in any order that is the same each time."""

    def finding(
        self,
        schema: SchemaInput,
        identity: ObjectId | None,
        *,
        message: str,
        fix: str | None = None,
        detail: str = "",
        effect: str | None = None,
        severity: Severity | None = None,
        grows_with: ObjectId | None = None,
        weighed: Weighed | None = None,
    ) -> Finding:
        """A finding of this rule, at the place its object or the object's table came from.

        Where production's figures are known, one that costs in proportion to a table (`grows_with`) is told with that
        table's size, and is a note while it is small; `weighed` is what the rule made of the figures itself.
        """
        if weighed is None:
            weighed = Weighed(severity=severity or self.severity)
            if grows_with is not None:
                weighed = table_cost(schema.statistics, grows_with, weighed.severity)
        return Finding(
            rule=self.name,
            severity=weighed.severity,
            object=identity,
            message=message,
            effect=weighed.effect or effect or self.effect,
            cost=weighed.cost,
            fix=fix,
            detail=detail,
            place=schema.place(identity),
            called=schema.calling(identity),
        )
