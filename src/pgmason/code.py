"""Which code is this, exactly? A cache made by other code is another answer.

The mark of a package changes with this version and with any file of it, so that an edited rule or a new kind of object
is never answered from what an older one left. Costs a stat for each file.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pgmason import __version__

__all__ = ["code_mark"]


@cache
def code_mark(package: str = "pgmason") -> str:
    """64 hex digits for this very code of a package and all below it."""
    mark = hashlib.sha256(__version__.encode())
    folder = Path(str(files(package)))
    for file in sorted(folder.rglob("*.py")):
        status = file.stat()
        mark.update(f"{file.relative_to(folder)}:{status.st_size}:{status.st_mtime_ns}".encode())
    return mark.hexdigest()
