"""Which code is this, exactly? A cache made by other code is another answer.

The mark of a package changes with this version and with any file of it, so that an edited rule or a new kind of object
is never answered from what an older one left. Costs a stat for each file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from pgmason import __version__

__all__ = ["code_mark"]


@cache
def code_mark(package: str = "pgmason") -> str:
    """64 hex digits for this very code of a package and all below it."""
    mark = hashlib.sha256(__version__.encode())
    for path, status in sorted(_files(import_module(package).__path__[0], "")):
        mark.update(f"{path}:{status.st_size}:{status.st_mtime_ns}".encode())
    return mark.hexdigest()


def _files(folder: str, within: str) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below, by its path from where it began, but for what Python compiled."""
    with os.scandir(folder) as entries:  # hundreds of files, and pathlib takes ten times as long
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path, f"{within}{entry.name}/")
            else:
                yield within + entry.name, entry.stat()
