"""The central bank's rates, a file a month: long lines of one day become a row for each currency."""

import pyarrow as pa

from pgmason.pipelines import expect, extract, pipeline, transform

CURRENCIES = ["USD", "GBP", "CHF", "JPY"]


@pipeline(
    extract=extract.files("imports/rates/*.csv", types={name: "numeric(18,8)" for name in CURRENCIES}),
    target="public.exchange_rates",
    key=["base", "quote", "valid_on"],
    on_conflict="update",  # the bank mends its files: a rate that changed is updated, the others are not touched
    expect=[
        expect.between("valid_on", "1999-01-04"),  # there was no euro before
        expect.row_count(at_most=1_000),  # a month has some twenty days
    ],
    schedule="30 16 * * 1-5",
)
def exchange_rates(batch: pa.RecordBatch) -> pa.RecordBatch:
    by_currency = [
        pa.record_batch(
            {
                "base": pa.repeat("EUR", batch.num_rows),
                "quote": pa.repeat(currency, batch.num_rows),
                "valid_on": batch["date"],
                "rate": batch[currency],
            }
        )
        for currency in CURRENCIES
    ]
    rows = pa.concat_batches(by_currency)
    return transform.keep(rows, rows["rate"].is_valid())  # on a currency's holiday it has no rate
