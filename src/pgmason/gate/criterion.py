"""What is a criterion, and what may it ask?

A criterion is one claim that the brief makes about a product, and the way to its evidence: `judge` asks a
`GateInput` for what it needs and gives a `Verdict`. It decides from what it was given and acts on nothing.
`RuleCriterion` (in `by_rules.py`) covers the claims that rules over the schema can refute; `NotBuilt` those
that this version cannot look at. Each criterion is one file in `criteria/`; running them is `run.py`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

from pgmason.catalog.model import Catalog
from pgmason.config import Level, Product, Where
from pgmason.errors import StatementFailed
from pgmason.evidence import Evidence, Execution, Failure, Gap, Status, Verdict
from pgmason.findings import Judged, Severity
from pgmason.gate.words import counted

if TYPE_CHECKING:
    from pgmason.application import Application
    from pgmason.docs import DocsCheck
    from pgmason.formats.migration import History, Migration
    from pgmason.instructions.protocols import Protocols
    from pgmason.pipelines.proofs import ProductPipelines
    from pgmason.rules.baseline import Baseline
    from pgmason.sources import Reading

__all__ = [
    "DOCS_INPUTS",
    "UNREAD",
    "Criterion",
    "GateInput",
    "NotBuilt",
    "server_words",
    "unread_note",
]


# How a note begins that counts what was not read; it comes before all others on a screen.
UNREAD = "not read, so not judged: "

# What a verdict on the schema's document depends on.
DOCS_INPUTS = ("configuration", "schema", "migrations", "server", "docs")


class GateInput(Protocol):
    """What a criterion may ask. Each answer is worked out when first asked for, and at most once in a run.

    Any of them may raise StatementFailed (the product's own SQL failed) or OutOfReach (no server, no database);
    asked again, it raises the same again without trying.
    """

    @property
    def product(self) -> Product: ...
    @property
    def today(self) -> date: ...

    def fingerprint(self, *parts: str) -> str:
        """A digest of the contents of the named inputs and of this version; cheap, starts no server."""
        ...

    def catalog(self) -> Catalog:
        """The schema that the gate judges, without what others manage."""
        ...

    def judged(self) -> tuple[Judged, ...]:
        """Every finding of every rule on that schema, judged with the product's waivers and baseline."""
        ...

    def history(self) -> History | None:
        """The migrations, by their files alone; None where the schema is not built from a folder of them."""
        ...

    def pending(self) -> tuple[Migration, ...]:
        """The migrations that the baseline does not know, in order; none without a baseline."""
        ...

    def reading(self) -> Reading:
        """How the schema was read: from which source, by which server, what was applied and what stood in."""
        ...

    def declared(self) -> Reading | None:
        """What the product's schema files say, where it has migrations too; None where it has not both."""
        ...

    def baseline(self) -> Baseline | None:
        """What `init` wrote down; None before it did."""
        ...

    def docs_check(self) -> DocsCheck:
        """The data model document against the schema. Raises WrongUse where the file cannot be taken for one."""
        ...

    def pipelines(self) -> ProductPipelines:
        """The product's pipelines by their files, and what was proven of them."""
        ...

    def protocols(self) -> Protocols:
        """The protocols that the repository holds, and which of its instructions name them."""
        ...

    def application(self) -> Application:
        """The files of the product's own programs."""
        ...

    def code_judged(self) -> tuple[Judged, ...]:
        """Every finding in these files, judged with the product's waivers and baseline; asks no server."""
        ...


class Criterion(ABC):
    """One claim of the brief about a product.

    A subclass is one file in `criteria/` and is found there. `identified` says what would have to be seen, as a
    specific statement; `inputs` name what the verdict depends on, for `GateInput.fingerprint`; `weighs` says what
    it means for a running product when the claim is false; `leaves_out` what a PROVEN does not speak of.
    """

    title: ClassVar[str]
    identified: ClassVar[str]
    brief: ClassVar[tuple[str, ...]]
    inputs: ClassVar[tuple[str, ...]] = ()
    level: ClassVar[Level] = Level.REQUIRED
    where: ClassVar[Where] = Where.DESK
    weighs: ClassVar[Severity] = Severity.RISK
    leaves_out: ClassVar[str] = ""
    built: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """The class's name in kebab-case: `ForeignKeysIndexed` is foreign-keys-indexed."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    def level_for(self, product: Product) -> Level:
        """How much the criterion weighs in this product's gate."""
        setting = product.criteria.get(self.name)
        return setting.level if setting and setting.level else self.default_level(product)

    def where_for(self, product: Product) -> Where:
        """Where this product proves the criterion."""
        setting = product.criteria.get(self.name)
        return setting.where if setting and setting.where else self.where

    def default_level(self, product: Product) -> Level:  # noqa: ARG002  a subclass may need it
        """The level where pgmason.toml sets none."""
        return self.level

    @abstractmethod
    def judge(self, run: GateInput) -> Verdict:
        """The verdict on the product. Raises what `GateInput` raises."""

    def stopped_by(self, failure: StatementFailed) -> Verdict:
        """The verdict where the product's own SQL failed, so that there was no schema to look at."""
        return self.missing(
            "there is no schema to look at, because the product's own SQL fails",
            fix=f"mend {failure.where}",
            next_command="pgmason gate --all",
            could_prove=True,
        )

    def evidence(
        self, executed: Iterable[Execution], read: Iterable[str], *, expected: str, actual: str, claimed: str
    ) -> Evidence:
        """The five steps, the first of them this criterion's own."""
        return Evidence(
            identified=self.identified,
            executed=tuple(executed),
            read=tuple(read),
            expected=expected,
            actual=actual,
            claimed=claimed,
        )

    def proven(self, evidence: Evidence, *, notes: Iterable[str] = ()) -> Verdict:
        """PROVEN: what was claimed is what was seen."""
        return Verdict(
            criterion=self.name,
            status=Status.PROVEN,
            why=evidence.claimed,
            evidence=evidence,
            notes=tuple(notes),
            could_prove=True,
        )

    def refuted(
        self,
        why: str,
        evidence: Evidence,
        failing: Iterable[Failure],
        *,
        next_command: str,
        fix: str | None = None,
        known: int = 0,
        waived: int = 0,
        notes: Iterable[str] = (),
    ) -> Verdict:
        """NOT PROVEN: the opposite was seen."""
        return Verdict(
            criterion=self.name,
            status=Status.NOT_PROVEN,
            gap=Gap.REFUTED,
            why=why,
            evidence=evidence,
            failing=tuple(failing),
            fix=fix,
            next_command=next_command,
            known=known,
            waived=waived,
            notes=tuple(notes),
            could_prove=True,
        )

    def missing(
        self, why: str, *, next_command: str | None = None, fix: str | None = None, could_prove: bool = False
    ) -> Verdict:
        """NOT PROVEN: nothing was executed that could show it."""
        return Verdict(
            criterion=self.name,
            status=Status.NOT_PROVEN,
            gap=Gap.MISSING,
            why=why,
            next_command=next_command,
            fix=fix,
            could_prove=could_prove,
        )

    def waived(
        self, why: str, evidence: Evidence, *, known: int = 0, waived: int = 0, notes: Iterable[str] = ()
    ) -> Verdict:
        """WAIVED: false only where a waiver, the baseline or the configuration accepts it."""
        return Verdict(
            criterion=self.name,
            status=Status.WAIVED,
            why=why,
            evidence=evidence,
            known=known,
            waived=waived,
            notes=tuple(notes),
            could_prove=True,
        )

    def not_applicable(self, why: str, evidence: Evidence, *, notes: Iterable[str] = ()) -> Verdict:
        """NOT APPLICABLE: what was read leaves nothing that the claim could be about."""
        return Verdict(
            criterion=self.name,
            status=Status.NOT_APPLICABLE,
            why=why,
            evidence=evidence,
            notes=tuple(notes),
            could_prove=True,
        )


class NotBuilt(Criterion):
    """A claim that this version cannot look at: NOT PROVEN, in plain words.

    `identified` says what the evidence will be, `room` which part of pgmason will collect it, `until_then` what a
    person can do meanwhile.
    """

    room: ClassVar[str]
    until_then: ClassVar[str]
    built: ClassVar[bool] = False

    def judge(self, run: GateInput) -> Verdict:  # noqa: ARG002  nothing is asked
        """NOT PROVEN (missing), whatever the product is."""
        return self.missing("this version of pgmason does not look at it yet", fix=self.until_then)


def server_words(run: GateInput) -> str:
    """The server that built or holds the schema, in words. Raises what `reading` raises."""
    return run.reading().server or f"PostgreSQL {run.catalog().server}"


def unread_note(catalog: Catalog) -> tuple[str, ...]:
    """One line that counts what was seen and not read, by kind, most first; () where all was read."""
    counts: dict[str, int] = {}
    for item in catalog.unread:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    if not counts:
        return ()
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    return (f"{UNREAD}{counted(len(catalog.unread), 'object')} ({kinds})",)
