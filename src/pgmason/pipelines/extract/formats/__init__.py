"""Which formats of files are there? One file a format in this folder, each with its `FORMAT`; no list elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, NamedTuple

from pgmason.errors import WrongUse
from pgmason.pipelines.model import Rejected

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.places import Place

__all__ = ["BATCH_BYTES", "FileFormat", "Piece", "ReadOptions", "format_named", "format_of"]

BATCH_BYTES = 8 << 20  # of a source's own bytes, about, in one batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How files are read, where their format leaves it open. Formats that have no use for an option ignore it.

    `types` are types by column that count instead of inferred ones, as Arrow or PostgreSQL writes them.
    `broken` is "quarantine" or "refuse": what becomes of a line that is no row, or of a value that is not of its type.
    `extra` is "refuse" or "ignore": whether a JSON object may have fields that are no column.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    null_values: tuple[str, ...] = ("",)
    multiline: bool = False
    broken: str = "quarantine"
    extra: str = "refuse"


class Piece(NamedTuple):
    """Some rows of one file in its order. `rows`: how many records of the file this makes, those rejected too."""

    batch: pa.RecordBatch
    rows: int
    rejected: Sequence[Rejected] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A format: the ends of names that tell it, and how a file of it is looked at and read.

    `look(place, path, options, sample)` gives the columns of one file from its foot, or from its first `sample` bytes;
    a column of text whose type nothing tells is of type null there.
    `read(place, path, schema, options, skip)` gives its rows after the first `skip` records, with these columns.
    `typed`: whether the types are the file's own, or a reading of text. `sparse`: rows name their columns each for
    themselves, so that one may be missing in a file.
    """

    name: str
    suffixes: tuple[str, ...]
    typed: bool
    sparse: bool
    look: Callable[[Place, str, ReadOptions, int], pa.Schema]
    read: Callable[[Place, str, pa.Schema, ReadOptions, int], Iterator[Piece]]


@cache
def _formats() -> tuple[FileFormat, ...]:
    names = sorted(found.name for found in iter_modules([str(Path(__file__).parent)]) if not found.name.startswith("_"))
    modules = (import_module(f"{__name__}.{name}") for name in names)
    return tuple(module.FORMAT for module in modules if hasattr(module, "FORMAT"))


def format_named(name: str) -> FileFormat:
    """The format of that name. Raises WrongUse."""
    for one in _formats():
        if one.name == name:
            return one
    raise WrongUse(f"no format of files is named {name!r}", fix=f"there are: {', '.join(f.name for f in _formats())}")


def format_of(pattern: str) -> FileFormat:
    """The format that the end of a name tells, a compression's own end put aside. Raises WrongUse."""
    name = pattern.partition("?")[0].lower() if "://" in pattern else pattern.lower()
    for end in (".gz", ".zst", ".bz2", ".lz4"):
        name = name.removesuffix(end)
    for one in _formats():
        if name.endswith(one.suffixes):
            return one
    raise WrongUse(
        f"the name {pattern!r} does not tell its format",
        fix=f'say format="...", one of: {", ".join(one.name for one in _formats())}',
    )
