"""What does a run of a pipeline tell on its way? On a terminal a line that counts, elsewhere JSON lines, on stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import click

__all__ = ["RunProgress"]


class RunProgress:
    """Called with each event of a run; progress is shown five times a second at most, every five seconds in a log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._terminal = sys.stderr.isatty()
        self._shown = time.monotonic()
        self._open = False

    def __call__(self, event: Any) -> None:
        from pgmason.names import printable
        from pgmason.pipelines.runner import LedgerMade, Progress

        if isinstance(event, Progress):
            now = time.monotonic()
            if now - self._shown < (0.2 if self._terminal else 5.0):
                return
            self._shown = now
            counts = event.counts
            if self._terminal:
                rate = counts.read / event.seconds if event.seconds else 0
                bad = f"  quarantined {counts.quarantined:,}" if counts.quarantined else ""
                click.echo(f"\r\033[K{self._name}: read {counts.read:,}  {rate:,.0f}/s{bad}", nl=False, err=True)
                self._open = True
            else:
                self._line("progress", run=event.run, read=counts.read, quarantined=counts.quarantined,
                           seconds=round(event.seconds, 1))  # fmt: skip
            return
        if self._open:
            click.echo("\r\033[K", nl=False, err=True)
            self._open = False
        if isinstance(event, LedgerMade):
            if self._terminal:
                click.echo("making the ledger: the schema pgmason in the target's database", err=True)
            else:
                self._line("ledger made", schema="pgmason")
        elif self._terminal:
            click.echo(f"{self._name}: {printable(event.line)}", err=True)
        else:
            self._line("told", line=event.line)

    def _line(self, event: str, **facts: Any) -> None:
        click.echo(json.dumps({"event": event, "pipeline": self._name, **facts}, ensure_ascii=False), err=True)
