"""A pandera schema as an expectation: its checks run on the batch as a pandas frame, and name the rows that fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import CheckContext, Failing, Severity

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PanderaSchema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanderaSchema:
    """A DataFrameSchema or DataFrameModel of pandera. What it coerces or adds is judged and not loaded."""

    schema: Any
    severity: Severity

    @property
    def name(self) -> str:
        return f"pandera({getattr(self.schema, 'name', None) or getattr(self.schema, '__name__', 'schema')})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow as pa

        try:
            from pandera.errors import SchemaErrors
        except ImportError as exc:
            raise WrongUse(
                f"{self.name} needs pandera, which is not installed", fix="python -m pip install 'pgmason[pandera]'"
            ) from exc
        frame = batch.to_pandas()
        try:
            self.schema.validate(frame, lazy=True)
        except SchemaErrors as failed:
            cases = failed.failure_cases
            told = sorted({f"{row.column}: {row.check}" for row in cases.itertuples() if row.column is not None})
            whole = cases[cases["index"].isna()]
            if len(whole):
                first = whole.iloc[0]
                raise WrongUse(
                    f"{self.name} fails as a whole, no row of it by itself: {first['column'] or ''} {first['check']}",
                    fix="columns and their types are judged as the pipeline's function leaves them",
                ) from failed
            rows = {int(index) for index in cases["index"]}
            mask = pa.array([i in rows for i in range(batch.num_rows)], pa.bool_())
            return Failing(mask, f"pandera: {'; '.join(told)}")
        return None
