"""Can each pipeline run twice and change nothing the second time?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class PipelinesIdempotent(NotBuilt):
    title = "Pipelines can run twice"
    identified = "each pipeline ran twice on the same input, was killed in between, and the contents were the same"
    brief = ("stack.7", "workflow.7", "outputs.6")
    where = Where.NIGHTLY
    weighs = Severity.LOSS
    room = "pipelines"
    until_then = "run each pipeline twice on the same input, and compare the rows"
