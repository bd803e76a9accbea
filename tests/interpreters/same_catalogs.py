"""Are two catalogs the same, and where not, in what?"""

from __future__ import annotations

from pgmason.catalog.canonical import digest
from pgmason.catalog.model import Catalog
from pgmason.plan.diff import compare

__all__ = ["assert_same"]


def assert_same(one: Catalog, other: Catalog) -> None:
    """PostgreSQL sees no difference; what it sees is shown."""
    assert [str(change) for change in compare(one, other).changes] == []
    assert digest(one) == digest(other)
