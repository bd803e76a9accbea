"""The page: DATA-MODEL.md of one schema, from its catalog and from what was written by hand in the last one.

`render_data_model` is a function: the same catalog and the same passages give the same bytes, on any day. What a
new schema no longer has a place for is kept in a section of its own. Reading the old page is `read_data_model`;
writing the new one is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from pgmason.docs.addresses import key_of
from pgmason.docs.diagrams import Diagram, diagrams_of
from pgmason.docs.markdown import code, link, text
from pgmason.docs.model import Counts, Model, ModelInput
from pgmason.docs.passages import OVERVIEW, Passage, adopted, header, is_ours, passage_lines, read_passages
from pgmason.docs.sections import (
    diagram_lines,
    enum_lines,
    extension_lines,
    orphan_lines,
    overview_lines,
    sequence_lines,
    table_lines,
    unread_list,
    view_lines,
)
from pgmason.errors import WrongUse
from pgmason.names import ObjectId

__all__ = ["DataModel", "read_data_model", "render_data_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataModel:
    """A page and what it counts. `text` has the line endings of the page before it, LF where there was none.

    `undescribed_tables` have neither a COMMENT nor a passage, `undescribed_columns` no COMMENT. `orphaned` are the
    hand-written passages whose object is gone; the page keeps them.
    """

    text: str
    counts: Counts
    undescribed_tables: tuple[ObjectId, ...]
    undescribed_columns: tuple[ObjectId, ...]
    orphaned: tuple[Passage, ...]
    diagrams: tuple[Diagram, ...]


def render_data_model(source: ModelInput, existing: str | None, *, adopt: bool = False) -> DataModel:
    """The page of a schema. `existing` is the page that is there with its own line endings, None where there is none.

    With `adopt` a page that pgmason did not write is taken over: its whole text becomes the overview's passage.
    Raises NotOurs (without `adopt`) and BrokenMarkers.
    """
    passages = _passages(existing or "", source.file, adopt=adopt)
    model = Model(source.catalog, source.unread, source.called)
    diagrams = diagrams_of(model)
    placed = (*model.tables, *(view for view, _ in model.views), *(enum for enum, _ in model.enums))
    keys = {OVERVIEW, *(key_of(identity.path) for identity in placed)}
    orphaned = tuple(
        Passage(key=key, text=kept) for key, kept in sorted(passages.items()) if key not in keys and kept.strip()
    )
    page = "\n".join(_page(source, model, diagrams, passages, orphaned)) + "\n"
    return DataModel(
        text=page.replace("\n", "\r\n") if "\r\n" in (existing or "") else page,
        counts=model.counts,
        # only here: the page itself must not change when somebody writes a passage, or it would be stale at once
        undescribed_tables=tuple(
            table for table in model.undescribed_tables if not passages.get(key_of(table.path), "").strip()
        ),
        undescribed_columns=model.undescribed_columns,
        orphaned=orphaned,
        diagrams=diagrams,
    )


def read_data_model(file: FilePath, *, name: str | None = None) -> str | None:
    """The page in a file with its own line endings; None where there is no file. `name` is how messages call it.

    Raises WrongUse where it cannot be read as UTF-8 text.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise WrongUse(f"cannot be read: {exc.strerror}", where=name or str(file)) from exc
    except UnicodeDecodeError as exc:
        raise WrongUse("is not UTF-8 text; it is left as it is", where=name or str(file)) from exc


def _passages(existing: str, file: str, *, adopt: bool) -> Mapping[str, str]:
    if not existing.strip():
        return {}
    return adopted(existing, file=file) if adopt and not is_ours(existing) else read_passages(existing, file=file)


def _page(
    source: ModelInput,
    model: Model,
    diagrams: tuple[Diagram, ...],
    passages: Mapping[str, str],
    orphaned: tuple[Passage, ...],
) -> Iterator[str]:
    yield from (header(), "", f"# Data model of {text(source.product)}", "")
    yield f"> Written by `pgmason docs` from {code(source.source)}."
    yield "> After a change of the schema run `pgmason docs` again; `pgmason docs --check` fails while this is behind."
    yield "> **Only what stands between two `pgmason:keep` markers is kept; anything else written here is lost.**"
    yield "> Descriptions are comments in the database (`COMMENT ON TABLE`, `COMMENT ON COLUMN`) or such passages."
    yield ""
    yield from passage_lines(OVERVIEW, passages)
    sections = (
        ("overview", "Overview", overview_lines(model)),
        ("diagrams", "Diagrams", diagram_lines(model, diagrams)),
        ("tables", "Tables", table_lines(model, diagrams, passages)),
        ("views", "Views", view_lines(model, passages)),
        ("enums", "Enums", enum_lines(model, passages)),
        ("sequences", "Sequences of their own", sequence_lines(model)),
        ("extensions", "Extensions", extension_lines(model)),
        ("not-read", "Not read", unread_list(model)),
        ("passages", "Passages without their table", orphan_lines(orphaned)),
    )
    filled = [(name, title, lines) for name, title, section in sections if (lines := list(section))]
    yield from ("", '<a id="contents"></a>', "", "## Contents", "")
    for name, title, _ in filled:
        yield f"- {link(title, name)}"
        if name == "diagrams":
            yield from (f"  - {link(diagram.title, diagram.anchor)}" for diagram in diagrams)
    for name, title, lines in filled:
        yield from ("", f'<a id="{name}"></a>', "", f"## {title}", "", *lines)
