"""Which size has production, and how busy is it? Its shape without its data.

    production.py   the figures, as data
    document.py     the file that holds them: canonical JSON, versioned
    capture.py      reading them from a live database, as a user who may only read

What is in the file: names of tables, indexes and sequences, counts of rows, bytes, the last number of each sequence,
and counters of what was read and written, with the time they were counted over. No value of a column, no statistics
about values (pg_stats), no query text.
"""

from __future__ import annotations

from pgmason.statistics.document import read_statistics, statistics_to_json
from pgmason.statistics.production import Activity, IndexFigures, Statistics, TableFigures

__all__ = ["Activity", "IndexFigures", "Statistics", "TableFigures", "read_statistics", "statistics_to_json"]
