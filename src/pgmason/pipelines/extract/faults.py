"""What can go wrong with where rows come from: leaves of the tree in `errors.py`.

SourceUnreadable   exit 1: a file, an answer or a value is not what it should be; says which, and where in it
SourceDrifted      exit 1: the source's columns are no longer those that were kept
SourceUnreachable  exit 3: a store, a database or an API did not answer
"""

from __future__ import annotations

from pgmason.errors import OutOfReach, PgmasonError, WrongUse

__all__ = ["SourceDrifted", "SourceUnreachable", "SourceUnreadable", "missing_extra"]


class SourceUnreadable(PgmasonError):
    """A part of the source cannot be read; `where` names file and row. Nothing past the last position was loaded."""

    code = "source-unreadable"
    exit_code = 1


class SourceDrifted(PgmasonError):
    """The source has other columns than those that were kept; told before a row is loaded."""

    code = "source-drifted"
    exit_code = 1


class SourceUnreachable(OutOfReach):
    """Where rows come from did not answer, or not in time."""

    code = "source-unreachable"


def missing_extra(what: str, package: str) -> WrongUse:
    """A library that this source needs is not installed."""
    return WrongUse(f"{what} needs {package}, which is not installed", fix=f"python -m pip install '{package}'")
