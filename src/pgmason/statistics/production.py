"""How large and how busy are production's tables, as data?

Left to others: the file they are kept in (document.py), where they come from (capture.py), what follows from them
(effects/estimates.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["Activity", "IndexFigures", "Statistics", "TableFigures", "TablePath", "shown_size"]

TablePath = tuple[str, str]  # schema, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """PostgreSQL's counters since its statistics were reset (manual, 27.2.19 pg_stat_all_tables)."""

    sequential_scans: int = 0
    index_scans: int = 0
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def reads(self) -> int:
        """Scans that were begun, of either kind."""
        return self.sequential_scans + self.index_scans

    @property
    def writes(self) -> int:
        """Rows that were written or removed."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFigures:
    """An index of a table: its size, and how often it was scanned."""

    bytes: int
    scans: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigures:
    """A table that holds rows, a partition too, or a materialized view.

    `rows` is PostgreSQL's estimate, or the count of live rows where nothing was ever estimated; None where neither is
    known. `bytes` is the table's own storage with its maps, `toast_bytes` that of values kept aside with their index,
    `indexes` by name, in the table's schema. `partition_of` is the topmost partitioned table above a partition.
    """

    rows: int | None
    bytes: int
    toast_bytes: int = 0
    indexes: Mapping[str, IndexFigures] = field(default_factory=dict)
    activity: Activity = field(default_factory=Activity)
    partition_of: TablePath | None = None

    @property
    def index_bytes(self) -> int:
        return sum(index.bytes for index in self.indexes.values())

    @property
    def data_bytes(self) -> int:
        """What a rewrite copies: the table and its values kept aside, without indexes."""
        return self.bytes + self.toast_bytes


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Production's shape.

    `captured` is when (UTC, ISO 8601, to the second), `server` PostgreSQL's version, `counted_seconds` over how long
    the counters ran (None where the server does not say since when). `tables` by (schema, name); `sequences` have the
    last number that each gave out, None for one that gave none or that the user may not look at.
    """

    captured: str
    server: str
    counted_seconds: int | None
    tables: Mapping[TablePath, TableFigures]
    sequences: Mapping[TablePath, int | None] = field(default_factory=dict)

    @cached_property
    def partitions(self) -> Mapping[TablePath, tuple[TablePath, ...]]:
        """The partitions with rows of their own under each partitioned table, sorted."""
        found: dict[TablePath, list[TablePath]] = {}
        for path in sorted(self.tables):
            above = self.tables[path].partition_of
            if above is not None:
                found.setdefault(above, []).append(path)
        return {path: tuple(partitions) for path, partitions in found.items()}

    def of(self, path: TablePath) -> TableFigures | None:
        """The figures of a table; of a partitioned one, the sum of its partitions'. None for one that was not there."""
        if path in self.tables:
            return self.tables[path]
        if path not in self.partitions:
            return None
        parts = [self.tables[partition] for partition in self.partitions[path]]
        counts = [part.rows for part in parts]
        indexes: dict[str, IndexFigures] = {}
        for partition, part in zip(self.partitions[path], parts, strict=True):
            for name, index in part.indexes.items():
                indexes[f"{partition[0]}.{name}"] = index
        return TableFigures(
            rows=None if None in counts else sum(count for count in counts if count is not None),
            bytes=sum(part.bytes for part in parts),
            toast_bytes=sum(part.toast_bytes for part in parts),
            indexes=indexes,
            activity=_sum([part.activity for part in parts]),
        )

    def writes_per_second(self, path: TablePath) -> float | None:
        """Rows written a second, on average over all the time that was counted; None where that is not known."""
        figures = self.of(path)
        if figures is None or not self.counted_seconds:
            return None
        return figures.activity.writes / self.counted_seconds

    def reads_per_second(self, path: TablePath) -> float | None:
        """Scans begun a second, likewise."""
        figures = self.of(path)
        if figures is None or not self.counted_seconds:
            return None
        return figures.activity.reads / self.counted_seconds


def _sum(each: list[Activity]) -> Activity:
    return Activity(
        sequential_scans=sum(one.sequential_scans for one in each),
        index_scans=sum(one.index_scans for one in each),
        rows_read=sum(one.rows_read for one in each),
        inserted=sum(one.inserted for one in each),
        updated=sum(one.updated for one in each),
        deleted=sum(one.deleted for one in each),
    )


def shown_size(size: int | None) -> str:
    """A size for people, to three digits."""
    if size is None:
        return "an unknown size"
    for unit, bytes_in in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_in:
            return f"{size / bytes_in:.3g} {unit}"
    return f"{size} bytes"
