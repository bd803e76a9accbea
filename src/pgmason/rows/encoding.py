"""How does a record batch become bytes that COPY ... (FORMAT binary) takes?

The only place that knows pgpq. What it is handed has been fitted to the target before (`fitting.py`), so that each
Arrow type here has one encoding: pgpq takes integers, floats, decimals, text, bytes, dates, times, timestamps,
durations and one-dimensional lists of these, and is kept from everything else.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BinaryRows"]

# Signature, flags, length of the extension; and the trailer. (PostgreSQL manual, COPY, Binary Format)
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


class BinaryRows:
    """Encodes batches of one schema. `jsonb` names string columns that are sent as jsonb.

    A stream is `header()`, any number of `rows(batch)`, and `end()`.
    """

    __slots__ = ("_make",)

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
        self._make = partial(Encoder.new_with_encoders, schema, builders)

    def header(self) -> bytes:
        """What a stream begins with."""
        return _HEADER

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The rows of a batch of exactly the schema, every one of them.

        An encoder of pgpq holds rows back until it is finished, so each batch has one of its own: streams of several
        workers can then be put together in any order, and none owes rows to another.
        """
        encoder = self._make()
        header = encoder.write_header()
        first = encoder.write_batch(batch)
        rest = encoder.finish()
        assert header == _HEADER
        assert rest.endswith(_END)
        return bytes(first + rest[: -len(_END)])

    def end(self) -> bytes:
        """What a stream ends with."""
        return _END
