"""What does the gate say of this product, and does it hold?

Asks each criterion for its verdict, or takes the ledger's where nothing that goes in has changed. What cannot be
asked now and was once shown is stale. No verdict comes from anywhere else. Printing is `screen.py` and `reports.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pgmason.config import Level, Product, Where
from pgmason.errors import ConfigurationError, NextCommand, OutOfReach, StatementFailed
from pgmason.evidence import Gap, Ledger, Status, Verdict
from pgmason.gate.criterion import Criterion, GateInput

__all__ = ["GateResult", "Judgement", "Outcome", "exit_code_of", "outcome_of", "run_gate"]


_WHEN = {
    Where.DESK: "at the desk",
    Where.PULL_REQUEST: "in pull requests",
    Where.NIGHTLY: "nightly",
    Where.MONTHLY: "monthly",
}


class Outcome(StrEnum):
    """What the gate says of a product or of a repository."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"  # nothing failed, and what is required could not be asked, or nothing was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A criterion with its verdict in this run.

    `since` is the day (ISO 8601) on which a verdict was reached that was taken from the ledger, None for a new one.
    `unreached` says which server or tool could not be reached.
    """

    criterion: Criterion
    level: Level
    where: Where
    verdict: Verdict
    since: str | None = None
    unreached: str | None = None

    @property
    def fails(self) -> bool:
        """Whether this alone makes the gate fail: required, and refuted or left unproven though it could be proven."""
        unproven = self.verdict.status is Status.NOT_PROVEN
        refuted = self.verdict.gap is Gap.REFUTED
        return self.level is Level.REQUIRED and unproven and (refuted or self.verdict.could_prove)

    @property
    def holds(self) -> bool:
        """PROVEN, WAIVED or NOT APPLICABLE."""
        return self.verdict.status is not Status.NOT_PROVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The verdicts on one product, in the order of the criteria.

    `off` names what pgmason.toml switches off; `unkept` says why evidence could not be written, if so. `flag` is what
    a command needs to mean this product in a repository of several.
    """

    product: Product
    judgements: tuple[Judgement, ...]
    off: tuple[str, ...] = ()
    unkept: str | None = None
    flag: str = ""

    @property
    def outcome(self) -> Outcome:
        """Fails where one judgement does; holds where nothing required is out of reach and something was shown."""
        if any(one.fails for one in self.judgements):
            return Outcome.FAILS
        unreached = any(one.unreached and one.level is Level.REQUIRED for one in self.judgements)
        shown = any(one.holds for one in self.judgements)
        return Outcome.HOLDS if shown and not unreached else Outcome.UNDECIDED

    @property
    def exit_code(self) -> int:
        """1 where the gate fails; 3 where something required is unproven because a server or tool is out of reach."""
        if self.outcome is Outcome.FAILS:
            return 1
        return 3 if any(one.unreached and one.level is Level.REQUIRED for one in self.judgements) else 0

    @property
    def reused(self) -> int:
        """How many verdicts the ledger had, for inputs that have not changed."""
        return sum(one.since is not None for one in self.judgements)

    def command(self, command: str) -> str:
        """`command` as it must be typed to mean this product."""
        return f"{command}{self.flag}" if command.startswith("pgmason ") else command


def outcome_of(results: Sequence[GateResult]) -> Outcome:
    """What the gate says of a repository: it fails where one product does, and holds only where each one holds; of
    none that was judged it says nothing."""
    if not results:
        return Outcome.UNDECIDED
    outcomes = {result.outcome for result in results}
    return next((one for one in (Outcome.FAILS, Outcome.UNDECIDED) if one in outcomes), Outcome.HOLDS)


def exit_code_of(results: Sequence[GateResult]) -> int:
    """The exit code for a repository: 1 where a product fails, else 3 where one could not be judged, else 0."""
    codes = {result.exit_code for result in results}
    return next((code for code in (1, 3) if code in codes), 0)


def run_gate(
    run: GateInput, ledger: Ledger, criteria: Sequence[Criterion], *, at: Where | None = None, several: bool = False
) -> GateResult:
    """The verdict of each criterion that the product does not switch off.

    `at` limits what is judged now to criteria that are proven there or sooner (desk, pull-request, nightly, monthly);
    the others keep their last verdict. `several` says that the repository has other products. Raises
    ConfigurationError where pgmason.toml sets a criterion that does not exist, and WrongUse from the inputs.
    """
    product = run.product
    _only_known(product.criteria, criteria, product)
    waiver_ends = min(
        (waiver.until for waiver in product.waive if waiver.until and waiver.holds_on(run.today)), default=None
    )
    judgements: list[Judgement] = []
    unkept: str | None = None
    for criterion in criteria:
        if criterion.level_for(product) is Level.OFF:
            continue
        judgement, fingerprint = _judged(criterion, run, ledger, waiver_ends, at=at)
        judgements.append(judgement)
        if fingerprint is not None and unkept is None:
            try:
                ledger.record(fingerprint, judgement.verdict)
            except OSError as exc:
                unkept = f"{exc.strerror or exc}: {exc.filename or ledger.folder}"
    return GateResult(
        product=product,
        judgements=tuple(judgements),
        off=tuple(one.name for one in criteria if one.level_for(product) is Level.OFF),
        unkept=unkept,
        flag=f" --product {product.name}" if several else "",
    )


def _judged(
    criterion: Criterion, run: GateInput, ledger: Ledger, waiver_ends: date | None, *, at: Where | None
) -> tuple[Judgement, str | None]:
    """The judgement, and the fingerprint under which the ledger shall keep it; None where there is nothing to keep."""
    level, where = criterion.level_for(run.product), criterion.where_for(run.product)

    def judgement(verdict: Verdict, since: str | None = None, unreached: str | None = None) -> Judgement:
        return Judgement(
            criterion=criterion, level=level, where=where, verdict=verdict, since=since, unreached=unreached
        )

    if not criterion.built:
        return judgement(criterion.judge(run)), None
    kept = ledger.recall(criterion.name)
    try:
        # A waiver that ends must not leave a verdict green that it made so: the date is one of the inputs.
        fingerprint = f"{run.fingerprint(*criterion.inputs)} waivers until {waiver_ends}"
        if kept is not None and kept[0] == fingerprint:
            return judgement(kept[1], since=_day(kept[1])), None
        if at is not None and _rank(where) > _rank(at):
            return judgement(_not_now(criterion, kept, f"it is proven {_WHEN[where]}, not in this run")), None
        try:
            verdict = criterion.judge(run)
        except StatementFailed as exc:
            verdict = criterion.stopped_by(exc)
    except OutOfReach as exc:
        next_command = exc.next[0].command if exc.next else None
        reason = f"{exc.what} ({exc.where})" if exc.where else exc.what  # a screen cuts the end: what comes first
        verdict = _not_now(criterion, kept, reason, next_command=next_command, fix=exc.fix)
        return judgement(verdict, unreached=str(exc)), None
    # What this run could have proven and did not is kept too: the same inputs would only say the same again.
    return judgement(verdict), fingerprint if verdict.evidence or verdict.could_prove else None


def _not_now(
    criterion: Criterion,
    kept: tuple[str, Verdict] | None,
    reason: str,
    *,
    next_command: str | None = None,
    fix: str | None = None,
) -> Verdict:
    """NOT PROVEN: stale where the claim was shown once, else missing."""
    if kept is None or kept[1].status is Status.NOT_PROVEN:
        return criterion.missing(reason, next_command=next_command, fix=fix)
    return Verdict(
        criterion=criterion.name,
        status=Status.NOT_PROVEN,
        gap=Gap.STALE,
        why=f"{kept[1].status} on {_day(kept[1])}, for inputs that are not known to be the same now: {reason}",
        evidence=kept[1].evidence,
        next_command=next_command,
        fix=fix,
    )


def _day(verdict: Verdict) -> str:
    """The day on which a verdict's evidence was collected; "an earlier run" for one that has none."""
    return verdict.evidence.executed[-1].at[:10] if verdict.evidence else "an earlier run"


def _rank(where: Where) -> int:
    return list(Where).index(where)


def _only_known(settings: Mapping[str, object], criteria: Sequence[Criterion], product: Product) -> None:
    known = {criterion.name for criterion in criteria}
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise ConfigurationError(
                f"there is no criterion {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                where=f"pgmason.toml: products.{product.name}.criteria",
                next=[NextCommand(command="pgmason gate --all", why="lists the criteria")],
            )
