"""Does the page still show the schema?

The page is made anew and compared with the one that is there, line endings aside. What differs is told by the
names of its parts, with the first lines of the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pgmason.docs.model import Counts, ModelInput
from pgmason.docs.page import render_data_model
from pgmason.docs.passages import begins, ends
from pgmason.names import ObjectId

__all__ = ["DocsCheck", "check_data_model"]

_DIFF_LINES = 20
_DIFF_WIDTH = 160
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>\Z')
# Sections by their anchor; all that has a colon in its anchor is an object or a diagram.
_SECTIONS = {
    "": "head",
    "contents": "contents",
    "overview": "overview",
    "tables": "list of tables",
    "not-read": "list of what was not read",
    "passages": "passages without their table",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsCheck:
    """Whether a page is current, and what it lacks.

    `missing`, `gone` and `changed` name what the page does not tell, tells of a schema past, or tells otherwise:
    `table orders`, `view sales`, `enum mood`; sections only where nothing else differs. `diff` are the first lines
    of the difference as `diff -u` prints them. Undescribed are tables with neither a COMMENT nor a passage and
    columns without a COMMENT; they fail the check only where `descriptions_required`.
    """

    exists: bool
    current: bool
    missing: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    diff: tuple[str, ...]
    counts: Counts
    undescribed_tables: tuple[ObjectId, ...]
    undescribed_columns: tuple[ObjectId, ...]
    descriptions_required: bool

    @property
    def fails(self) -> bool:
        """Whether `docs --check` exits 1."""
        return not self.current or (self.descriptions_required and any(self.undescribed.values()))

    @property
    def undescribed(self) -> Mapping[str, int]:
        """How many have no description, by kind."""
        return {"table": len(self.undescribed_tables), "column": len(self.undescribed_columns)}

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs, each in words that follow the page's name; empty exactly when `current`."""
        if not self.exists:
            return ("does not exist",)
        return (
            *(f"lacks the {name}" for name in self.missing),
            *(f"still has the {name}" for name in self.gone),
            *(f"differs in the {name}" for name in self.changed),
        )


def check_data_model(source: ModelInput, existing: str | None, *, descriptions_required: bool = False) -> DocsCheck:
    """Compare the page that is there (None: there is none) with the one that the schema would have.

    Raises NotOurs and BrokenMarkers, as writing the page would.
    """
    rendered = render_data_model(source, existing)
    new = _lines(rendered.text)
    old = new if existing is None else _lines(existing)
    missing: list[str] = []
    gone: list[str] = []
    changed: list[str] = []
    sections: list[str] = []
    diff: list[str] = []
    if old != new:
        old_parts, new_parts = dict(_parts(old)), dict(_parts(new))
        for anchor in [*new_parts, *(one for one in old_parts if one not in new_parts)]:
            before, after = old_parts.get(anchor), new_parts.get(anchor)
            if before == after:
                continue
            if ":" in anchor and not anchor.startswith("diagram:"):
                (missing if before is None else gone if after is None else changed).append(_name(anchor))
            else:
                sections.append(_name(anchor))
            if len(diff) < _DIFF_LINES:
                diff += _difference(before or [], after or [], _name(anchor))
        if not sections and not missing and not gone and not changed:
            sections.append("order of its parts")
    return DocsCheck(
        exists=existing is not None,
        current=existing is not None and old == new,
        missing=tuple(missing),
        gone=tuple(gone),
        changed=tuple(changed) if missing or gone or changed else tuple(sections),
        diff=tuple(line[:_DIFF_WIDTH] for line in diff[:_DIFF_LINES]),
        counts=rendered.counts,
        undescribed_tables=rendered.undescribed_tables,
        undescribed_columns=rendered.undescribed_columns,
        descriptions_required=descriptions_required,
    )


def _lines(page: str) -> list[str]:
    return page.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")


def _parts(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The page cut at its anchors, those in hand-written passages left alone; before the first is the part ""."""
    anchor, by_hand = "", False
    part: list[str] = []
    for line in lines:
        found = None if by_hand else _ANCHOR.match(line)
        if found:
            yield anchor, part
            anchor, part = found[1], []
        by_hand = (by_hand or begins(line)) and not ends(line)
        part.append(line)
    yield anchor, part


def _name(anchor: str) -> str:
    kind, colon, key = anchor.partition(":")
    if not colon:
        return _SECTIONS.get(anchor, f"section {anchor}")
    return f"{kind.replace('-', ' ')} {key.removeprefix('public.')}"


def _difference(before: list[str], after: list[str], name: str) -> Iterator[str]:
    import difflib

    yield from difflib.unified_diff(
        before, after, fromfile=f"{name} on the page", tofile=f"{name} in the schema", n=1, lineterm=""
    )
