"""The transform, without a database: a batch in, a batch out."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
from exchange_rates import exchange_rates


def test_a_day_becomes_a_row_for_each_currency_that_has_a_rate():
    day = {"date": date(2026, 1, 2), "USD": Decimal("1.1"), "GBP": Decimal("0.9"), "CHF": None, "JPY": Decimal("160")}
    rows = exchange_rates(pa.RecordBatch.from_pylist([day])).to_pylist()
    assert [(row["base"], row["quote"], row["rate"]) for row in rows] == [
        ("EUR", "USD", Decimal("1.1")),
        ("EUR", "GBP", Decimal("0.9")),
        ("EUR", "JPY", Decimal("160")),
    ]
