"""Does a request run one query for each row of another?

Reading code can show that one does: a query in a loop. That none does is seen only in the queries of a running
product, since an ORM loads a relation where it is touched.
"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.errors import PgmasonError
from pgmason.evidence import Verdict
from pgmason.gate.by_code import CODE_INPUTS, judged_by_code
from pgmason.gate.criterion import GateInput, NotBuilt


class NoNPlusOne(NotBuilt):
    title = "No N+1 queries"
    identified = "the queries of each request were logged, and none repeats with the number of rows"
    brief = ("gate.4",)
    where = Where.PULL_REQUEST
    inputs = CODE_INPUTS
    room = "tune"
    until_then = "pgmason scratch --n-plus-one -- COMMAND runs the product's tests and tells loops"

    def judge(self, run: GateInput) -> Verdict:
        """Refuted by a query in a loop; without one, nothing is shown."""
        fault = ("query is run once for each item of a list", "queries are run once for each item of a list")
        try:
            verdict = judged_by_code(self, run, ("query-in-a-loop",), fault)
        except PgmasonError:
            verdict = None  # what stopped it is told by the criteria that stand on it
        return verdict if verdict is not None and verdict.failing else super().judge(run)
