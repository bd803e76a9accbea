"""Do people and agents have the protocols before them?"""

from __future__ import annotations

from pgmason.config import Level
from pgmason.evidence import Execution, Failure, Verdict
from pgmason.findings import Severity
from pgmason.gate.criterion import Criterion, GateInput
from pgmason.gate.words import counted
from pgmason.instructions.protocols import FOLDER, INSTRUCTIONS, PAGES


class ProtocolsKnown(Criterion):
    title = "The protocols are in the repository"
    identified = "the repository holds the protocols, and its instructions for agents point to them"
    brief = ("protocols.1", "protocols.2")
    level = Level.ADVISED
    weighs = Severity.STYLE
    inputs = ("configuration", "protocols")
    leaves_out = "whether anybody reads them, and what they say: a page of the repository's own is as good as ours"

    def judge(self, run: GateInput) -> Verdict:
        """By the files of the repository, whatever the product."""
        found = run.protocols()
        faults = [
            Failure(subject=f"{FOLDER}/{page}", what="is not there, or is empty", fix="pgmason init writes it")
            for page in found.absent
        ]
        if not found.naming:
            read = " and ".join(found.instructions)
            what = f"does not name {FOLDER}/" if found.instructions else "neither is there"
            fix = f"name {FOLDER}/ in it; pgmason init adds a block that does"
            faults.append(Failure(subject=read or " or ".join(INSTRUCTIONS), what=what, fix=fix))
        looked = f"looked for {FOLDER}/ and for what {' and '.join(INSTRUCTIONS)} say of it"
        evidence = self.evidence(
            [Execution.now(looked, "the repository's files")],
            [
                f"pages with text: {', '.join(found.pages) or 'none'}",
                f"instructions that name them: {', '.join(found.naming) or 'none'}",
            ],
            expected=f"{len(PAGES)} pages, and instructions that name them",
            actual=f"{counted(len(found.pages), 'page')}, named in {', '.join(found.naming) or 'none'}",
            claimed=f"{counted(len(found.pages), 'page')} in {FOLDER}/, named in {', '.join(found.naming)}"
            if not faults
            else f"no: {counted(len(faults), 'thing')} missing",
        )
        if not faults:
            return self.proven(evidence)
        pages = f"{counted(len(found.absent), 'page')} of {len(PAGES)} missing" if found.absent else "not named"
        why = f"{pages} in {FOLDER}/" if found.absent else f"{faults[-1].subject} {faults[-1].what}"
        return self.refuted(why, evidence, faults, next_command="pgmason init")
