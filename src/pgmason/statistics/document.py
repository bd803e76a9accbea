"""The file that production's shape is kept in: canonical JSON, so that two captures are compared line by line.

    {
      "format": "pgmason statistics", "version": 2,
      "captured": "2026-11-24T11:00:00+00:00", "server": "15.18", "counted_seconds": 1209600,
      "tables": [
        {"schema": "public", "name": "orders", "rows": 1200000, "bytes": 98304000, "toast_bytes": 8192,
         "indexes": {"orders_pkey": {"bytes": 26000000, "scans": 91}},
         "activity": {"sequential_scans": 2, "index_scans": 91, "rows_read": 93, "inserted": 5, "updated": 0,
                      "deleted": 0},
         "partition_of": null}
      ],
      "sequences": [{"schema": "public", "name": "orders_id_seq", "last_value": 1204311}]
    }

Sorted by schema and name, every field always there; version 1, which is read as well, had no sequences. A reader
refuses what does not fit and says where: a later version, a field too many (which might be data), a number that is
none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pgmason.errors import NextCommand, Unsupported, WrongUse
from pgmason.statistics.production import Activity, IndexFigures, Statistics, TableFigures, TablePath

__all__ = ["StatisticsUnreadable", "read_statistics", "statistics_from_json", "statistics_to_json"]

FORMAT, VERSION = "pgmason statistics", 2
_CAPTURE = NextCommand(command="pgmason stats capture --to FILE", why="writes such a file from a database")


class StatisticsUnreadable(WrongUse):
    """A file of statistics that does not fit; `where` is the file and what in it."""

    code = "statistics-unreadable"


def statistics_to_json(statistics: Statistics) -> str:
    """The document, with a line end; equal statistics give equal text."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "captured": statistics.captured,
        "server": statistics.server,
        "counted_seconds": statistics.counted_seconds,
        "tables": [
            {
                "schema": path[0],
                "name": path[1],
                "rows": figures.rows,
                "bytes": figures.bytes,
                "toast_bytes": figures.toast_bytes,
                "indexes": {name: asdict(figures.indexes[name]) for name in sorted(figures.indexes)},
                "activity": asdict(figures.activity),
                "partition_of": list(figures.partition_of) if figures.partition_of else None,
            }
            for path, figures in sorted(statistics.tables.items())
        ],
        "sequences": [
            {"schema": path[0], "name": path[1], "last_value": last}
            for path, last in sorted(statistics.sequences.items())
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_statistics(file: Path) -> Statistics:
    """The statistics in a file. Raises StatisticsUnreadable, and Unsupported for a later version of the format."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise StatisticsUnreadable(f"cannot be read: {exc}", where=str(file), next=[_CAPTURE]) from exc
    return statistics_from_json(text, name=str(file))


def statistics_from_json(text: str, *, name: str = "statistics") -> Statistics:
    """The statistics of a document; `name` is told in errors. Raises as `read_statistics` does."""
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise StatisticsUnreadable(f"is not JSON: {exc}", where=name, next=[_CAPTURE]) from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StatisticsUnreadable("holds no statistics of pgmason's", where=name, next=[_CAPTURE])
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise Unsupported(f"is version {version} of the format; this pgmason reads {VERSION}", where=name)
    return _Reader(name).statistics(document)


class _Reader:
    """Reads the fields of one document; `where` in an error is the path to the one that does not fit."""

    def __init__(self, name: str) -> None:
        self.name = name

    def statistics(self, document: Mapping[str, Any]) -> Statistics:
        version = document.get("version")
        if version not in (1, VERSION):
            self.refuse("version", f"must be 1 or {VERSION}")
        later = {"sequences"} if version == VERSION else set()
        known = {"format", "version", "captured", "server", "counted_seconds", "tables"}
        top = self.fields(document, "", known | later)
        tables: dict[TablePath, TableFigures] = {}
        for number, item in enumerate(self.list(top["tables"], "tables")):
            at = f"tables[{number}]"
            path, figures = self.table(item, at)
            if path in tables:
                self.refuse(at, f"names {path[0]}.{path[1]} a second time")
            tables[path] = figures
        return Statistics(
            captured=self.text(top["captured"], "captured"),
            server=self.text(top["server"], "server"),
            counted_seconds=self.count(top["counted_seconds"], "counted_seconds", none=True),
            tables=tables,
            sequences=dict(
                self.sequence(item, f"sequences[{number}]")
                for number, item in enumerate(self.list(top.get("sequences", []), "sequences"))
            ),
        )

    def sequence(self, item: Any, at: str) -> tuple[TablePath, int | None]:
        said = self.fields(item, at, {"schema", "name", "last_value"})
        last = said["last_value"]
        if last is not None and (not isinstance(last, int) or isinstance(last, bool)):
            self.refuse(f"{at}.last_value", "must be a whole number or null")
        return (self.text(said["schema"], f"{at}.schema"), self.text(said["name"], f"{at}.name")), last

    def table(self, item: Any, at: str) -> tuple[TablePath, TableFigures]:
        said = self.fields(
            item, at, {"schema", "name", "rows", "bytes", "toast_bytes", "indexes", "activity", "partition_of"}
        )
        indexes = {}
        if not isinstance(said["indexes"], dict):
            self.refuse(f"{at}.indexes", "must be an object of indexes by name")
        for index, figures in said["indexes"].items():
            there = f"{at}.indexes.{index}"
            found = self.fields(figures, there, {"bytes", "scans"})
            indexes[index] = IndexFigures(
                bytes=self.number(found["bytes"], f"{there}.bytes"), scans=self.number(found["scans"], f"{there}.scans")
            )
        counters = set(Activity.__dataclass_fields__)
        activity = self.fields(said["activity"], f"{at}.activity", counters)
        above = said["partition_of"]
        if above is not None and (
            not isinstance(above, list) or len(above) != 2 or not all(isinstance(part, str) for part in above)
        ):
            self.refuse(f"{at}.partition_of", "must be [schema, name] or null")
        return (self.text(said["schema"], f"{at}.schema"), self.text(said["name"], f"{at}.name")), TableFigures(
            rows=self.count(said["rows"], f"{at}.rows", none=True),
            bytes=self.number(said["bytes"], f"{at}.bytes"),
            toast_bytes=self.number(said["toast_bytes"], f"{at}.toast_bytes"),
            indexes=indexes,
            activity=Activity(
                **{name: self.number(activity[name], f"{at}.activity.{name}") for name in sorted(counters)}
            ),
            partition_of=(above[0], above[1]) if above is not None else None,
        )

    def fields(self, item: Any, at: str, names: set[str]) -> Mapping[str, Any]:
        if not isinstance(item, dict):
            self.refuse(at, "must be an object")
        for name in sorted(names - item.keys()):
            self.refuse(at, f"lacks {name}")
        for name in sorted(item.keys() - names):
            self.refuse(at, f"has a field {name!r} that the format does not know")
        found: Mapping[str, Any] = item
        return found

    def list(self, item: Any, at: str) -> list[Any]:
        if not isinstance(item, list):
            self.refuse(at, "must be a list")
        found: list[Any] = item
        return found

    def text(self, item: Any, at: str) -> str:
        if not isinstance(item, str) or not item:
            self.refuse(at, "must be a text")
        return str(item)

    def count(self, item: Any, at: str, *, none: bool = False) -> int | None:
        return None if none and item is None else self.number(item, at)

    def number(self, item: Any, at: str) -> int:
        if not isinstance(item, int) or isinstance(item, bool) or item < 0:
            self.refuse(at, "must be a whole number, 0 or more")
        return int(item)

    def refuse(self, at: str, what: str) -> None:
        raise StatisticsUnreadable(what, where=f"{self.name}: {at}" if at else self.name, next=[_CAPTURE])
