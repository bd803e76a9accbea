"""What can the language of a source say of an object?

A schema.prisma has no CHECK and no trigger, a database has everything. A `Reach` tells for each object what its
language says of it, field by field, or that it cannot say it at all; a difference is judged only where both sides
reach. What lies beyond is not the source's to judge: it is kept. A source without a reach says everything.

Values are given in a form that can be compared: two states that mean the same to the language have equal values,
however the server words them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pgmason.catalog.model import Catalog, State
from pgmason.names import ObjectId

__all__ = ["Reach", "Said"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a language says of an object: values by the names of the state's fields, none where only that it exists.

    `whole` is False where it has words for some of what makes the object and not for all: a partial index, where it
    knows no WHERE. Such an object is kept where it stands alone, and compared in those words where the other side
    has one of that name.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The reach of one source.

    `language` is what people call it ("schema.prisma"). `says(identity, state, catalog)` gives what it says of an
    object of any catalog, None where the object is beyond the language. Comments, owners and grants are said only
    where the flags say so.
    """

    language: str
    says: Callable[[ObjectId, State, Catalog], Said | None]
    comments: bool = False
    owners: bool = False
    grants: bool = False
