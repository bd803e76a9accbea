"""How is a source read in portions, each of which can be committed alone?

A portion is what one transaction loads: the whole run, or at least `transaction_rows` rows, cut where the source says
where it stands. The first batch is looked at before anything else, because its columns decide how rows travel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pgmason.pipelines.model import Cursor, Extracted, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Portions"]


class Portions:
    """The batches of a source after a cursor. `position` is where the source stands after the last portion."""

    def __init__(self, source: Source, since: Cursor | None, transaction_rows: int | None) -> None:
        self._source = source
        self._since = since
        self._most = transaction_rows
        self.restart()

    def restart(self) -> None:
        """Read again from where the run began."""
        self.close()
        self._batches = iter(self._source.batches(self._since))
        self._next: Extracted | None = None
        self._number = 0
        self.position: Cursor | None = self._since
        self.exhausted = False
        self._advance()

    def first(self) -> pa.RecordBatch | None:
        """The first batch, which is still to come; None where the source has none."""
        return self._next.batch if self._next is not None else None

    def close(self) -> None:
        """Let go of what the source holds open."""
        close = getattr(getattr(self, "_batches", None), "close", None)
        if close is not None:
            close()

    def portion(self) -> Iterator[tuple[int, Extracted]]:
        """Numbered batches up to the end of the portion."""
        rows = 0
        while self._next is not None:
            extracted, number = self._next, self._number
            self._number += 1
            rows += extracted.batch.num_rows
            if extracted.position is not None:
                self.position = extracted.position
            # read before it is handed out: whether more comes must be known when the portion ends
            self._advance()
            yield number, extracted
            if self._most is not None and rows >= self._most and extracted.position is not None:
                return

    def _advance(self) -> None:
        self._next = next(self._batches, None)
        self.exhausted = self._next is None
