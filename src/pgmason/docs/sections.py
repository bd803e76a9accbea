"""What sections does the page have, and what stands in each?

Each function gives the lines of one section, none where there is nothing to say; `page` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.docs.addresses import anchor_of, title_of
from pgmason.docs.diagrams import COLUMNS_SHOWN, Diagram
from pgmason.docs.markdown import cell, code, fenced, link, table, text
from pgmason.docs.model import Model, Path
from pgmason.docs.parts import called_note, index_lines, opening, relation_link, trigger_lines, type_link, unread_lines
from pgmason.docs.passages import Passage, passage_lines
from pgmason.docs.table_part import table_part

__all__ = [
    "diagram_lines",
    "enum_lines",
    "extension_lines",
    "orphan_lines",
    "overview_lines",
    "sequence_lines",
    "table_lines",
    "unread_list",
    "view_lines",
]


def overview_lines(model: Model) -> Iterator[str]:
    """How much there is, how much of it is described, and what is not on the page."""
    counts = model.counts
    rows = (
        ("Tables", counts.tables, counts.described_tables),
        ("Columns", counts.columns, counts.described_columns),
        ("Views", counts.views, counts.described_views),
        ("Partitions", counts.partitions, None),
        ("Foreign keys", counts.foreign_keys, None),
        ("Indexes", counts.indexes, None),
        ("Enums", counts.enums, None),
    )
    yield from (
        table(
            ("", "Count:", "With a comment:"),
            [(name, str(count), "" if told is None else str(told)) for name, count, told in rows if count],
        )
        if counts.tables or counts.views
        else ("There are no tables.",)
    )
    if counts.unread:
        kinds: dict[str, int] = {}
        for item in model.unread:
            kinds[item.kind] = kinds.get(item.kind, 0) + 1
        told = ", ".join(f"{kind} ({number})" for kind, number in sorted(kinds.items()))
        yield from (
            "",
            f"> **This page is incomplete.** It leaves out, by kind: {told}. See {link('Not read', 'not-read')}.",
        )


def diagram_lines(model: Model, diagrams: tuple[Diagram, ...]) -> Iterator[str]:
    """The diagrams, with how to read them."""
    if not diagrams:
        return
    yield (
        "Each line is a foreign key. It joins the row that is referred to (`||`: there is exactly one; `|o`: the key"
        " may be NULL) with the rows that refer to it (`o{`: any number; `o|`: one at most, the key is unique). A solid"
        " line: the key is part of the referring row's primary key; a dashed one: it is not."
    )
    yield ""
    yield (
        "PK is a primary key, FK a foreign key, UK unique by itself."
        f" A table of more than {COLUMNS_SHOWN} columns shows its primary and foreign keys only."
        + (" A table without columns is of another diagram." if len(diagrams) > 1 else "")
    )
    homes = _homes(diagrams)
    for diagram in diagrams:
        yield from ("", f'<a id="{diagram.anchor}"></a>', "", f"### {text(diagram.title)}", "")
        yield from fenced(diagram.text.removesuffix("\n"), "mermaid")
        others = [
            link(title_of(path), homes[path].anchor) if path in homes else relation_link(model, path)
            for path in diagram.border
        ]
        if others:
            yield from ("", f"From elsewhere: {', '.join(others)}.")


def _homes(diagrams: tuple[Diagram, ...]) -> Mapping[Path, Diagram]:
    """For each table the (first) diagram that shows its columns."""
    return {path: diagram for diagram in reversed(diagrams) for path in diagram.tables}


def table_lines(model: Model, diagrams: tuple[Diagram, ...], passages: Mapping[str, str]) -> Iterator[str]:
    """A list of the tables, then a part for each."""
    if not model.tables:
        return
    rows = []
    for identity in model.tables:
        comment = model.catalog.comments.get(identity, "").strip()
        referring = {reference.child for reference in model.references_to.get(identity.path, ())}
        rows.append(
            (
                link(title_of(identity.path), anchor_of(identity)),
                text(comment.splitlines()[0]) if comment else "",
                str(len(model.catalog.columns(identity))),
                str(len(referring)),
            )
        )
    yield from table(("Table", "Description", "Columns:", "Tables that refer to it:"), rows)
    homes = _homes(diagrams) if len(diagrams) > 1 else {}
    for identity in model.tables:
        yield ""
        yield from table_part(model, identity, homes.get(identity.path), passages)


def view_lines(model: Model, passages: Mapping[str, str]) -> Iterator[str]:
    """A part for each view and materialized view."""
    for number, (identity, state) in enumerate(model.views):
        yield from [""] if number else []
        kind = "" if identity.kind == "view" else f" ({identity.kind})"
        yield from opening(model, identity, title_of(identity.path) + kind, passages)
        reads = model.read_by_views.get(identity, ())
        if reads:
            yield from (f"Reads {', '.join(relation_link(model, relation.path) for relation in reads)}.", "")
        if state.options:
            yield from (f"Options: {', '.join(code(option) for option in state.options)}.", "")
        yield from table(("Column", "Type"), [(code(name), type_link(model, type_)) for name, type_ in state.columns])
        yield ""
        yield from fenced(state.definition, "sql")
        for title, lines in (
            ("Indexes", index_lines(model, identity)),
            ("Triggers", trigger_lines(model, identity)),
            ("Not read", unread_lines(model, identity.path)),
        ):
            if lines:
                yield from ("", f"**{title}**", "", *lines)


def enum_lines(model: Model, passages: Mapping[str, str]) -> Iterator[str]:
    """A part for each enum."""
    for number, (identity, state) in enumerate(model.enums):
        yield from [""] if number else []
        yield from opening(model, identity, title_of(identity.path), passages)
        labels = ", ".join(code(label) or "(the empty text)" for label in state.labels)
        note = "".join(f"{words}. " for words in called_note(model, identity))
        yield f"{note}Labels, in their order: {labels or 'none'}."
        used: dict[Path, list[str]] = {}
        for column in model.enum_uses[identity.path]:
            used.setdefault(column.path[:2], []).append(code(column.own_name))
        told = "; ".join(f"{relation_link(model, path)} ({', '.join(columns)})" for path, columns in used.items())
        yield from ("", f"Used in {told}." if told else "No column of a table has this type.")


def sequence_lines(model: Model) -> Iterator[str]:
    """The sequences that go with no column."""
    found = [(identity, state) for identity, state in model.catalog.of(Sequence) if state.owned_by is None]
    if found:
        yield from table(
            ("Sequence", "Type", "Start:", "Step:", "Minimum:", "Maximum:", "Cycles", "Description"),
            [
                (
                    code(title_of(identity.path)),
                    code(state.type),
                    *(str(number) for number in (state.start, state.increment, state.minimum, state.maximum)),
                    "yes" if state.cycle else "no",
                    cell(model.catalog.comments.get(identity, "")),
                )
                for identity, state in found
            ],
        )


def extension_lines(model: Model) -> Iterator[str]:
    """The installed extensions. Their versions and comments are the server's, and differ between servers that hold
    the same schema."""
    for identity, state in model.catalog.of(Extension):
        yield f"- {code(identity.own_name)} in schema {code(state.schema)}"


def unread_list(model: Model) -> Iterator[str]:
    """What exists and is not on the page, by kind and name."""
    if not model.unread:
        return
    yield "**This exists in the database and is not on this page**, because this version of pgmason does not read it:"
    yield ""
    by_kind: dict[str, list[str]] = {}
    for item in model.unread:
        by_kind.setdefault(item.kind, []).append(code(item.name))
    yield from (f"- {kind} ({len(names)}): {', '.join(names)}" for kind, names in sorted(by_kind.items()))


def orphan_lines(orphaned: Iterable[Passage]) -> Iterator[str]:
    """Passages whose object is gone."""
    for number, passage in enumerate(orphaned):
        if not number:
            yield "Written by hand for what the schema no longer holds. Move what is still true, then empty the rest."
        yield from ("", f"**{text(passage.key)}**", "", *passage_lines(passage.key, {passage.key: passage.text}))
