"""May code of the product's run in this command?

It may, unless `--no-code` or PGMASON_NO_CODE says no; then each use is refused by name.
"""

from __future__ import annotations

import os
from contextvars import ContextVar

from pgmason.errors import Unsupported

__all__ = ["CodeRefused", "allow_code", "require_code"]

_ALLOWED: ContextVar[bool] = ContextVar("code of the product's may run", default=True)


class CodeRefused(Unsupported):
    """A program of the product's would have to run, and `--no-code` forbids it."""

    code = "code-refused"


def allow_code(allowed: bool) -> None:
    """Say for the rest of this command whether code may run."""
    _ALLOWED.set(allowed)


def require_code(what: str, *, where: str | None = None) -> None:
    """Raise CodeRefused where nothing of the product's may run; `what` names what would: "its models"."""
    if not _ALLOWED.get() or os.environ.get("PGMASON_NO_CODE", "") not in ("", "0"):
        raise CodeRefused(
            f"{what} would have to be run by the product's own interpreter, and --no-code refuses that",
            where=where,
            fix="without --no-code it runs with your rights, as the product's own tests do",
        )
