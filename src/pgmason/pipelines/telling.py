"""How are runs, pipelines and quarantined rows told: as text for people, as JSON for programs?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pgmason.names import printable
from pgmason.pipelines.expect.quarantine import Quarantined, Reason
from pgmason.pipelines.model import Counts, Pipeline, Run, RunState
from pgmason.pipelines.proving import Proof

__all__ = [
    "counts_told",
    "list_text",
    "pipeline_json",
    "proof_json",
    "proof_text",
    "quarantine_text",
    "run_json",
    "run_text",
    "runs_text",
]


def counts_told(counts: Counts) -> str:
    """`read 1,000  inserted 20  unchanged 980`: what there was, and what was not zero."""
    said = [f"read {counts.read:,}"]
    for name in ("inserted", "updated", "unchanged", "kept", "superseded", "deleted", "quarantined"):
        if count := getattr(counts, name):
            said.append(f"{name} {count:,}")
    return "  ".join(said)


def run_text(run: Run, pipeline: Pipeline) -> Iterator[str]:
    """What a run did, and what to type next."""
    seconds = run.timings.get("total", 0.0)
    took = f" in {seconds:.1f} s" if seconds else ""
    number = f"run {run.id}" if run.id else "nothing was changed"
    yield f"{run.pipeline}: {run.state}{took}   {number}, {run.engine}, into {pipeline.target}"
    yield f"  {counts_told(run.counts)}"
    if len(run.timings) > 1:
        yield "  " + "  ".join(f"{step} {took:.2f} s" for step, took in run.timings.items() if step != "total")
    for warning in run.warnings:
        yield f"  note: {printable(warning)}"
    yield ""
    if run.state is RunState.DRY:
        yield f"next: pgmason pipeline run {run.pipeline}    does it"
    elif run.counts.quarantined:
        yield f"next: pgmason pipeline quarantine {run.pipeline} --run {run.id}    which rows were set aside, and why"
    else:
        yield f"next: pgmason pipeline runs {run.pipeline}    what each run did"


def runs_text(runs: Sequence[Run], *, named: bool) -> Iterator[str]:
    """A line a run, the newest first; failures in full."""
    if not runs:
        yield "no run yet"
    for run in runs:
        ended = f"{(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
        name = "" if named else f"{run.pipeline}  "
        yield (
            f"{run.id:>6}  {name}{run.started_at:%Y-%m-%d %H:%M:%S}  {run.state:<7}  {ended:>8}  "
            f"{counts_told(run.counts)}"
        )
        if run.failure:
            yield f"        {printable(run.failure.splitlines()[0])}"


def list_text(pipelines: Mapping[str, Pipeline], last: Mapping[str, Run]) -> Iterator[str]:
    """A block a pipeline: where from, where to, when, and how its last run ended."""
    if not pipelines:
        yield "no pipeline yet"
        yield ""
        yield "next: pgmason pipeline new NAME    writes one, with its test"
        return
    for name, pipeline in pipelines.items():
        key = f" on {', '.join(pipeline.key)}" if pipeline.key else ""
        yield name
        yield f"  from  {printable(pipeline.extract.name)}"
        yield f"  into  {pipeline.target}, {pipeline.on_conflict}{key}"
        yield f"  at    {pipeline.schedule or 'no schedule'}"
        run = last.get(name)
        yield "  last  " + (
            f"{run.started_at:%Y-%m-%d %H:%M} UTC, {run.state}: {counts_told(run.counts)}" if run else "no run yet"
        )
    yield ""
    yield f"next: pgmason pipeline run {next(iter(pipelines))}"


def quarantine_text(
    name: str, why: Sequence[Reason], rows: Sequence[Quarantined], *, limit: int, values: bool
) -> Iterator[str]:
    """Reasons with their counts, then rows: key and reason, and values where they were asked for."""
    waiting = sum(one.rows - one.replayed for one in why)
    if not why:
        yield f"{name}: no row was ever set aside"
        return
    yield f"{name}: {waiting:,} rows wait"
    for one in why:
        came = f", {one.replayed:,} came back" if one.replayed else ""
        yield f"  run {one.run}  {one.rows:,} rows{came}: {printable(one.reason)}   ({printable(one.expectation)})"
    if rows:
        yield ""
    for row in rows:
        key = "  ".join(f"{k}={v}" for k, v in row.key.items()) if isinstance(row.key, dict) else ""
        yield f"  {row.id:>8}  {printable(key)}{'  ' if key else ''}{printable(row.reason)}"
        if values and row.row is not None:
            yield f"            {printable(_json(row.row))}"
    if len(rows) == limit and waiting > limit:
        yield f"  and {waiting - limit:,} more: --limit N"
    if waiting:
        yield ""
        yield f"next: pgmason pipeline replay {name}    loads them again, mended where --mended FILE says so"


def pipeline_json(pipeline: Pipeline, last: Run | None) -> dict[str, Any]:
    """A pipeline as `list --format json` tells it."""
    return {
        "name": pipeline.name,
        "source": pipeline.extract.name,
        "target": pipeline.target,
        "key": list(pipeline.key),
        "on_conflict": str(pipeline.on_conflict),
        "on_drift": str(pipeline.on_drift),
        "schedule": pipeline.schedule,
        "expectations": [{"name": one.name, "severity": str(one.severity)} for one in pipeline.expectations],
        "file": str(pipeline.file),
        "last_run": run_json(last) if last else None,
    }


def run_json(run: Run) -> dict[str, Any]:
    """A run as the ledger has it."""
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "state": str(run.state),
        "engine": run.engine,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "counts": asdict(run.counts),
        "timings": dict(run.timings),
        "source_digest": run.source_digest,
        "code_digest": run.code_digest,
        "cursor_before": run.cursor_before,
        "cursor_after": run.cursor_after,
        "warnings": list(run.warnings),
        "failure": run.failure,
    }


def _json(value: Any) -> str:
    from pgmason.rows.texts import json_text

    return value if isinstance(value, str) else json_text(value)


def proof_text(proof: Proof) -> Iterator[str]:
    """Whether a command loads the same whatever happens, and what was executed to say so."""
    yield f"{'PROVEN' if proof.holds else 'NOT PROVEN'}  {printable(' '.join(proof.command))}"
    left = f"{proof.rows:,} rows in {proof.tables} tables"
    yield f"  on clones, {proof.server}: {left}, {proof.seconds:.1f} s undisturbed"
    if proof.second_run:
        yield "  a second run changed:"
        yield from (f"    {printable(str(difference))}" for difference in proof.second_run)
    else:
        yield "  a second run changed nothing"
    yield f"  killed {proof.killed} of {len(proof.trials)} times and run again: {proof.same} ended the same"
    for number, trial in enumerate(proof.trials, 1):
        for difference in trial.differences:
            yield f"    trial {number}: {printable(str(difference))}"
    if not proof.killed:
        yield "  nothing was there to be killed: the command ends before a kill reaches it"
    if proof.chance:
        yield f"  differ by chance, and are left out: {', '.join(map(printable, proof.chance))}"
    yield ""
    yield (
        "next: pgmason gate    counts the proof" if proof.holds else "next: make the write one transaction, with a key"
    )


def proof_json(proof: Proof) -> dict[str, Any]:
    """A proof as `prove --format json` tells it."""
    return {
        "holds": proof.holds,
        "command": list(proof.command),
        "server": proof.server,
        "seconds": proof.seconds,
        "tables": proof.tables,
        "rows": proof.rows,
        "chance": list(proof.chance),
        "second_run": [str(difference) for difference in proof.second_run],
        "trials": [
            {"killed": trial.killed, "differences": [str(difference) for difference in trial.differences]}
            for trial in proof.trials
        ],
        "digests": dict(proof.digests),
    }
