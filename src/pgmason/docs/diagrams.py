"""Which diagrams does the page have?

One for each group of tables (`grouping`), within what Mermaid draws: at most MAX_TABLES tables, MAX_CHARACTERS and
MAX_EDGES. A group that is beyond a limit shows fewer columns, and is divided further if that is not enough. Every
table has its columns in exactly one diagram, and every foreign key is a line in exactly one: that of its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pgmason.docs.addresses import anchor, title_of
from pgmason.docs.grouping import MAX_TABLES, Group, groups_of
from pgmason.docs.mermaid import MAX_CHARACTERS, MAX_EDGES, Attribute, Edge, characters, er_diagram
from pgmason.docs.model import Model, Path, Reference
from pgmason.names import ObjectId

__all__ = ["COLUMNS_SHOWN", "Diagram", "diagrams_of"]

# A table of more columns shows its keys only: a box of thirty lines hides the picture.
COLUMNS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A diagram. `tables` have their columns in it, `border` are those that they refer to; both sorted.

    `references` are the foreign keys drawn. `text` is Mermaid, lines ending in newlines.
    """

    title: str
    anchor: str
    tables: tuple[Path, ...]
    border: tuple[Path, ...]
    references: tuple[Reference, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What one diagram draws: tables with the foreign keys of theirs that are drawn here."""

    tables: tuple[Path, ...]
    references: tuple[Reference, ...]

    @property
    def shown(self) -> set[Path]:
        return {*self.tables, *(reference.parent for reference in self.references)}


def diagrams_of(model: Model) -> tuple[Diagram, ...]:
    """The diagrams in the page's order; none where there is no table."""
    keys = {table.path: _attributes(model, table) for table in model.tables}
    diagrams: list[Diagram] = []
    groups = groups_of([table.path for table in model.tables], model.references)
    taken: set[str] = set()
    for group in groups:
        whole = _Sheet(
            tables=group.tables,
            references=tuple(reference for path in group.tables for reference in model.references_from.get(path, ())),
        )
        sheets = list(_within_limits(whole, keys))
        shared = sum(1 for other in groups if other.around == group.around and other.apart == group.apart) > 1
        for number, (sheet, text) in enumerate(sheets, start=1):
            title = _title(group, sheet, ranged=shared or len(sheets) > 1)
            name = f"{title} ({number})" if len(sheets) > 1 else title
            diagrams.append(
                Diagram(
                    title=name,
                    anchor=_anchor(group, sheet, number, taken),
                    tables=sheet.tables,
                    border=tuple(sorted(sheet.shown - set(sheet.tables))),
                    references=sheet.references,
                    text=text,
                )
            )
    return tuple(diagrams)


def _title(group: Group, sheet: _Sheet, *, ranged: bool) -> str:
    if group.around is None and not group.apart:
        return "All tables"
    words = "Small groups and single tables" if group.around is None else f"Around {title_of(group.around)}"
    first, last = title_of(sheet.tables[0]), title_of(sheet.tables[-1])
    return f"{words}: {first} to {last}" if ranged and first != last else f"{words}: {first}" if ranged else words


def _anchor(group: Group, sheet: _Sheet, number: int, taken: set[str]) -> str:
    """The link's target, named after the group, so that it outlasts changes within; numbered where it is taken."""
    name = anchor("diagram", group.around or (("apart", *sheet.tables[0]) if group.apart else ("all",)))
    while name in taken:
        number += 1
        name = f"{name.partition('/')[0]}/{number}"
    taken.add(name)
    return name


def _within_limits(sheet: _Sheet, keys: Mapping[Path, _Columns]) -> Iterator[tuple[_Sheet, str]]:
    """The sheet with its text, or its halves where the whole is beyond a limit. One foreign key is always within."""
    text = _text(sheet, keys)
    if text is not None:
        yield sheet, text
    elif len(sheet.tables) > 1:
        middle = len(sheet.tables) // 2
        for tables in (sheet.tables[:middle], sheet.tables[middle:]):
            among = set(tables)
            part = tuple(reference for reference in sheet.references if reference.child in among)
            yield from _within_limits(_Sheet(tables=tables, references=part), keys)
    else:
        middle = len(sheet.references) // 2
        for part in (sheet.references[:middle], sheet.references[middle:]):
            yield from _within_limits(_Sheet(tables=sheet.tables, references=part), keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """A table's columns as attributes: those worth a line, those of keys alone."""

    some: tuple[Attribute, ...]
    keys: tuple[Attribute, ...]


def _text(sheet: _Sheet, columns: Mapping[Path, _Columns]) -> str | None:
    """The diagram with as many columns as the limits allow; None where it is beyond them without any."""
    edges = _edges(sheet.references)
    if len(sheet.shown) > MAX_TABLES or len(edges) > MAX_EDGES:
        return None
    details: tuple[Mapping[Path, Sequence[Attribute]], ...] = (
        {path: columns[path].some for path in sheet.tables},
        {path: columns[path].keys for path in sheet.tables},
        dict.fromkeys(sheet.tables, ()),
    )
    for entities in details:
        text = er_diagram(entities, edges)
        if characters(text) <= MAX_CHARACTERS:
            return text
    return None


def _edges(references: Sequence[Reference]) -> list[Edge]:
    """One line for foreign keys that say the same, as those of the partitions of one table do."""
    return sorted(
        {
            Edge(
                child=reference.child,
                parent=reference.parent,
                columns=reference.key.columns,
                mandatory=reference.mandatory,
                single=reference.single,
                identifying=reference.identifying,
            )
            for reference in references
        }
    )


def _attributes(model: Model, table: ObjectId) -> _Columns:
    primary = model.catalog.primary_key(table)
    primary_columns = set(primary[1].columns) if primary else set()
    unique_columns = {key[0] for key in model.unique_keys(table) if len(key) == 1} - primary_columns
    foreign_columns = {c for reference in model.references_from.get(table.path, ()) for c in reference.key.columns}
    attributes = []
    for identity, column in model.catalog.columns(table):
        name = identity.own_name
        markers = (("PK", primary_columns), ("FK", foreign_columns), ("UK", unique_columns))
        keys = tuple(marker for marker, columns in markers if name in columns)
        attributes.append(Attribute(name=name, type=column.type, keys=keys))
    of_keys = tuple(one for one in attributes if "PK" in one.keys or "FK" in one.keys)
    return _Columns(some=tuple(attributes) if len(attributes) <= COLUMNS_SHOWN else of_keys, keys=of_keys)
