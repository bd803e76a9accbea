"""What does a new pipeline look like, in the product's layout and language, with its test?

A working file to change: it reads what there is to read and loads nothing before its target exists. Files that are
there are never written over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.pipelines.places import PipelinesPlace

__all__ = ["Written", "write_new"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files, what else the product needs, and what to type next."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]
    next: str


def write_new(place: PipelinesPlace, name: str, *, language: str, target: str) -> Written:
    """Write a pipeline and its test. Raises WrongUse for a name that is none, and where a file is there already."""
    if not _NAME.match(name):
        raise WrongUse("is no name of a pipeline: a letter a-z, then at most 47 of a-z, 0-9 and _", where=name)
    if target.count(".") != 1 or not all(target.split(".")):
        raise WrongUse(f"target is SCHEMA.TABLE, and {target!r} is not")
    files: Mapping[str, str]
    if language == "typescript":
        from pgmason.pipelines.typescript import typescript_files

        files, notes = typescript_files(place, name, target)
    else:
        files, notes = {f"{name}.py": _python(name, target), f"test_{name}.py": _python_test(name)}, ()
    kept = {f"{name}.py", f"{name}.ts", f"test_{name}.py", f"{name}.test.ts"}
    for file in files:
        if file in kept and (place.folder / file).exists():
            raise WrongUse("is there already; it is not changed", where=str(place.folder / file))
    written = []
    place.folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        path = place.folder / file
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return Written(files=tuple(written), notes=tuple(notes), next=f"pgmason pipeline run {name} --dry-run")


def _python(name: str, target: str) -> str:
    return f'''\
"""{name}: rows into {target}."""

from pgmason.pipelines import expect, extract, pipeline, transform


@pipeline(
    # Parquet, CSV, JSON lines or Arrow; a path from the product's folder, or s3://bucket/folder/*.parquet.
    # Amounts in CSV or JSON: types={{"total": "numeric(12,2)"}}, or they are read as binary floating point
    extract=extract.files("exports/{name}/*.csv"),
    target="{target}",
    key=["id"],  # a unique index on exactly these columns must be there
    on_conflict="update",  # insert | update | append | delete missing | replace
    expect=[expect.not_null("id")],  # types, lengths, enums, checks and keys of the target are held anyway
    schedule="15 2 * * *",
)
def {name}(batch):  # a pyarrow.RecordBatch in, a pyarrow.RecordBatch out
    return transform.select(batch, *batch.schema.names)
'''


def _python_test(name: str) -> str:
    return f'''\
"""The transform of {name}, without a database: a batch in, a batch out."""

import pyarrow as pa
from {name} import {name}


def test_rows_keep_their_order_and_number():
    batch = pa.RecordBatch.from_pylist([{{"id": 1}}, {{"id": 2}}])
    assert {name}(batch)["id"].to_pylist() == [1, 2]
'''
