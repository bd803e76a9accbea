"""Which preview features may a new file name, for the Prisma that reads it?

An older one refuses a file that names a feature which came later. (Prisma's release notes: 4.5, 4.9, 7.4)
"""

from __future__ import annotations

from pgmason.sources.prisma.version import Version

__all__ = ["features_of"]

_SINCE = {"postgresqlExtensions": (4, 5), "views": (4, 9), "partialIndexes": (7, 4)}


def features_of(version: Version) -> frozenset[str] | None:
    """The features that a version knows; None for one that nobody named, which is the newest."""
    if not version.said:
        return None
    return frozenset(name for name, since in _SINCE.items() if (version.major, version.minor) >= since)
