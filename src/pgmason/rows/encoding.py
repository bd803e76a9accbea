"""How does a record batch become bytes that COPY ... (FORMAT binary) takes?

The only place that knows pgpq. What it is handed has been fitted to the target before (`fitting.py`), so that each
Arrow type here has one encoding: pgpq takes integers, floats, decimals, text, bytes, dates, times, timestamps,
durations and one-dimensional lists of these, and is kept from everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BinaryRows"]


class BinaryRows:
    """Encodes batches of one schema. `jsonb` names string columns that are sent as jsonb.

    A stream is `header()`, any number of `rows(batch)`, and `end()`.
    """

    __slots__ = ("_encoder", "_header")

    def __init__(self, schema: pa.Schema, *, jsonb: Collection[str] = ()) -> None:
        try:
            from pgpq import ArrowToPostgresBinaryEncoder as Encoder
            from pgpq import _pgpq
        except ImportError as exc:
            raise WrongUse(
                "loading rows needs pgpq and pyarrow", fix="pip install 'pgmason[pipelines]'", where="pgmason.rows"
            ) from exc
        builders: dict[str, Any] = {}
        for field in schema:
            if field.name in jsonb:
                builders[field.name] = _pgpq.StringEncoderBuilder.new_with_output(field, _pgpq.Jsonb())
            else:
                builders[field.name] = Encoder.infer_encoder(field)
        self._encoder = Encoder.new_with_encoders(schema, builders)
        self._header = bytes(self._encoder.write_header())  # pgpq takes no rows before it has given this

    def header(self) -> bytes:
        """What a stream begins with."""
        return self._header

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The rows of a batch of exactly the schema."""
        return self._encoder.write_batch(batch)

    def end(self) -> bytes:
        """What a stream ends with."""
        return bytes(self._encoder.finish())
