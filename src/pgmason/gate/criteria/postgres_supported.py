"""Is production's PostgreSQL one that the brief asks for, and was the schema seen on it?"""

from __future__ import annotations

from pgmason.evidence import Evidence, Execution, Failure, Verdict
from pgmason.gate.criterion import Criterion, GateInput, server_words

_OLDEST = 15  # the brief: PostgreSQL 15+


class PostgresSupported(Criterion):
    title = f"PostgreSQL {_OLDEST} or newer"
    identified = f"production runs PostgreSQL {_OLDEST} or newer, and the schema was seen on its major or a newer one"
    brief = ("stack.1",)
    inputs = ("configuration", "schema", "migrations", "server")
    leaves_out = "what production really runs, where the schema is built from files: pgmason.toml is believed"

    def judge(self, run: GateInput) -> Verdict:
        """By the configuration and by the version of the server that held the schema."""
        production, words, server = run.product.major, server_words(run), run.catalog().server
        if not server:
            return self.missing("the schema was not seen on any server")
        seen = int(server.split(".")[0])
        live = run.history() is None and (run.product.schema or "").startswith("database:")

        def evidence(claimed: str) -> Evidence:
            return self.evidence(
                [Execution.now("asked the server that holds the schema for its version", words)],
                [f"pgmason.toml: postgres = {production}", f"the server: {server}"],
                expected=f"{_OLDEST} or newer in production; schema seen on {production} or newer",
                actual=f"{seen if live else production} in production; schema seen on {seen}",
                claimed=claimed,
            )

        old = seen if live else production
        if old < _OLDEST:
            why = f"production runs PostgreSQL {old}, and the brief asks for {_OLDEST} or newer"
            failure = Failure(
                subject=f"PostgreSQL {old}",
                what=f"is older than {_OLDEST}",
                fix=f"upgrade production to {_OLDEST} or newer",
            )
            return self.refuted(why, evidence(f"no: {why}"), [failure], next_command="pgmason gate")
        if live and seen != production:
            note = f"the database runs PostgreSQL {seen}, though pgmason.toml says {production}"
            return self.proven(evidence(note), notes=[note])
        if seen < production:
            return self.missing(
                f"the schema was seen on PostgreSQL {seen} only, which is older than production's {production}",
                next_command=f"pgmason server install {production}",
            )
        if seen > production:
            note = f"shown on PostgreSQL {server}, in place of production's {production}"
            return self.proven(
                evidence(f"production runs PostgreSQL {production} by pgmason.toml; {note}"), notes=[note]
            )
        return self.proven(evidence(f"production runs PostgreSQL {production}, and the schema was seen on {words}"))
