"""Can each pipeline run twice and change nothing the second time, and die half way and lose nothing?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.evidence import Execution, Failure, Gap, Status, Verdict
from pgmason.findings import Place, Severity
from pgmason.gate.criterion import Criterion, GateInput
from pgmason.gate.words import counted
from pgmason.pipelines.proofs import KeptProof, ProductPipelines


class PipelinesIdempotent(Criterion):
    title = "Pipelines can run twice"
    identified = "each pipeline ran twice on the same input, was killed in between, and the contents were the same"
    brief = ("stack.7", "workflow.7", "outputs.6")
    inputs = ("configuration", "pipelines")
    where = Where.DESK  # what the proofs say is read; proving is `pgmason pipeline prove`, whenever a pipeline changes
    weighs = Severity.LOSS
    leaves_out = "loads that are no file in the folder of pipelines"

    def judge(self, run: GateInput) -> Verdict:
        """By the proofs that `pgmason pipeline prove` left."""
        found = run.pipelines()
        names = sorted(found.files.keys() | found.proofs.keys())
        looked = f"looked for pipelines in {' and '.join(found.looked_in)}, and for proofs of them"
        if not names:
            return self.not_applicable(
                "the product has no pipeline",
                self.evidence(
                    [Execution.now(looked, "the product's files")],
                    ["no file of a pipeline, and no proof"],
                    expected="a pipeline to judge",
                    actual="none",
                    claimed=f"no pipeline in {' or '.join(found.looked_in)}",
                ),
            )
        return self._of_pipelines(found, names, run)

    def _of_pipelines(self, found: ProductPipelines, names: list[str], run: GateInput) -> Verdict:
        proofs = [found.proofs[name] for name in names if name in found.proofs]
        refuted = [proof for proof in proofs if not proof.holds]
        unproven = [name for name in names if name not in found.proofs]
        stale = [proof for proof in proofs if proof.holds and not proof.current]
        command = f"pgmason pipeline prove -- {refuted[0].command}" if refuted else "pgmason pipeline prove --help"
        if not proofs:
            return self.missing(
                f"no proof of {', '.join(unproven)}", fix="prove each pipeline", next_command=command, could_prove=True
            )
        claimed = f"{counted(len(names), 'pipeline')}: run twice, killed and run again, with the same contents"
        evidence = self.evidence(
            [Execution(what=proof.command, on=proof.server, at=proof.at) for proof in proofs],
            [_line(proof) for proof in proofs],
            expected=f"{len(names)} of {len(names)} proven as they are now",
            actual=f"{len(names) - len(refuted) - len(unproven) - len(stale)} of {len(names)}",
            claimed=claimed if not refuted else "no: a run that is repeated leaves other rows",
        )
        if refuted:
            return self.refuted(
                f"{refuted[0].name}: {refuted[0].faults[0] if refuted[0].faults else 'the proof failed'}",
                evidence,
                [self._failure(found, proof, run) for proof in refuted],
                next_command=command,
                fix="write by upsert on a key, and in one transaction with what remembers how far the load came",
            )
        if unproven:
            return self.missing(
                f"no proof of {', '.join(unproven)}", fix="prove each pipeline", next_command=command, could_prove=True
            )
        if stale:
            return Verdict(
                criterion=self.name,
                status=Status.NOT_PROVEN,
                gap=Gap.STALE,
                why=f"{', '.join(proof.name for proof in stale)}: edited since it was proven",
                evidence=evidence,
                next_command=f"pgmason pipeline prove -- {stale[0].command}",
                could_prove=True,
            )
        chance = sorted({column for proof in proofs for column in proof.chance})
        notes = [f"not compared, because undisturbed runs differ there: {', '.join(chance)}"] if chance else []
        return self.proven(evidence, notes=notes)

    def _failure(self, found: ProductPipelines, proof: KeptProof, run: GateInput) -> Failure:
        file = found.files.get(proof.name)
        shown = file.relative_to(run.product.root) if file and file.is_relative_to(run.product.root) else file
        return Failure(
            subject=proof.name,
            what="; ".join(proof.faults[:3]) or "the proof failed",
            place=Place(file=str(shown), line=1) if shown else None,
        )


def _line(proof: KeptProof) -> str:
    state = "holds" if proof.holds else "fails"
    current = "" if proof.current else ", edited since"
    return (
        f"{proof.name}: {state}{current}; {proof.rows:,} rows in {counted(proof.tables, 'table')}, the same after"
        f" {proof.same} of {proof.trials} trials, {proof.killed} of them killed"
    )
