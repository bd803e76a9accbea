"""dlt_load.py URL BEFORE AFTER: dlt's merge of the rows of a folder into those of another; prints its seconds.

Run by an interpreter of its own that has dlt[postgres] and pyarrow.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> int:
    import dlt
    import pyarrow.parquet as pq

    url, before, after = sys.argv[1:]

    def rows(folder: str):  # type: ignore[no-untyped-def]
        for file in sorted(Path(folder).glob("*.parquet")):
            for batch in pq.ParquetFile(file).iter_batches(100_000):
                import pyarrow as pa

                yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        pipeline_name=f"bench{time.time_ns()}",
        destination=dlt.destinations.postgres(url),
        dataset_name="by_dlt",
        pipelines_dir=str(Path.cwd() / "dlt"),
    )
    settings = {"table_name": "upserted", "primary_key": "id", "loader_file_format": "csv"}
    pipeline.run(rows(before), write_disposition="replace", **settings)
    began = time.perf_counter()
    pipeline.run(rows(after), write_disposition={"disposition": "merge", "strategy": "upsert"}, **settings)
    seconds = time.perf_counter() - began
    with pipeline.sql_client() as client:
        client.drop_dataset()
    print(seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
