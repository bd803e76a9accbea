"""dlt_load.py URL BEFORE AFTER FORMAT: dlt's merge of the rows of a folder into those of another; prints its seconds.

Run by an interpreter of its own that has dlt[postgres] and pyarrow; FORMAT `parquet` is loaded by ADBC and needs
adbc-driver-postgresql there, too. The table gets its primary key before the merge, as the other loaders' has one. The
document is JSON, as theirs; dlt has no uuid, so that column is text.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> int:
    import dlt
    import psycopg2
    import pyarrow as pa
    import pyarrow.parquet as pq

    url, before, after, file_format = sys.argv[1:]

    def rows(folder: str) -> Iterator[Any]:
        for file in sorted(Path(folder).glob("*.parquet")):
            for batch in pq.ParquetFile(file).iter_batches(100_000):
                yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        pipeline_name=f"bench{time.time_ns()}",
        destination=dlt.destinations.postgres(url),
        dataset_name="by_dlt",
        pipelines_dir=str(Path.cwd() / "dlt"),
    )
    settings = {
        "table_name": "upserted",
        "primary_key": "id",
        "loader_file_format": file_format,
        "columns": {"doc": {"data_type": "json"}},
    }
    pipeline.run(rows(before), write_disposition="replace", **settings)
    session = psycopg2.connect(url)
    session.autocommit = True
    cursor = session.cursor()
    cursor.execute("ALTER TABLE by_dlt.upserted ADD PRIMARY KEY (id)")
    cursor.execute("VACUUM ANALYZE by_dlt.upserted")
    cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    pipeline.run(rows(after), write_disposition={"disposition": "merge", "strategy": "upsert"}, **settings)
    seconds = time.perf_counter() - began
    cursor.execute("SELECT count(*) FROM by_dlt.upserted")
    print(cursor.fetchone()[0])
    with pipeline.sql_client() as client:
        client.drop_dataset()
    cursor.execute("DROP SCHEMA IF EXISTS by_dlt_staging CASCADE")
    print(seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
