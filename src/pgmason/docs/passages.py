"""Which text in the page was written by hand, and how is it kept?

A passage stands between `<!-- pgmason:keep KEY -->` and `<!-- /pgmason:keep -->`, each on a line of its own.
What is between is the writer's and is never changed; what is outside is pgmason's. A page whose markers do not
pair is refused as a whole: guessing would lose somebody's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pgmason.errors import NextCommand, WrongUse

__all__ = [
    "OVERVIEW",
    "BrokenMarkers",
    "NotOurs",
    "Passage",
    "adopted",
    "begins",
    "ends",
    "header",
    "is_ours",
    "passage_lines",
    "read_passages",
]

OVERVIEW = "overview"
ENDS = "<!-- /pgmason:keep -->"
FORMAT = 1
_HEADER = re.compile(r"<!-- pgmason:data-model (\d+) .*-->\s*\Z")
# Two branches that both changed the schema leave a conflict around the header; it is still our page.
_HEADER_WITHIN = 20
_MARKER = re.compile(r"[ \t]*<!--[ \t]*(/?)pgmason:keep(?:[ \t]+(\S+))?[ \t]*-->[ \t]*\Z")


class BrokenMarkers(WrongUse):
    """The markers of hand-written passages do not pair; `where` is FILE:LINE, and nothing was written."""

    code = "broken-markers"


class NotOurs(WrongUse):
    """A file stands where DATA-MODEL.md goes, and pgmason did not write it; it is left as it is."""

    code = "not-written-by-pgmason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A hand-written passage: its key and its text, without the line breaks next to the markers."""

    key: str
    text: str


def header() -> str:
    """The first line of a page: that pgmason wrote it.

    No digest of the schema: servers of two majors agree on what the page shows and not on every detail of a catalog,
    and a page must not go stale by being checked on another machine.
    """
    return f"<!-- pgmason:data-model {FORMAT} -->"


def passage_lines(key: str, passages: Mapping[str, str]) -> list[str]:
    """The lines of a passage with its markers; empty between them where nothing was written yet."""
    kept = passages.get(key)
    return [f"<!-- pgmason:keep {key} -->", *(kept.split("\n") if kept is not None else ()), ENDS]


def begins(line: str) -> bool:
    """Whether a line of a well-formed page begins a passage."""
    found = _MARKER.match(line)
    return found is not None and not found[1]


def ends(line: str) -> bool:
    """Whether a line of a well-formed page ends a passage."""
    found = _MARKER.match(line)
    return found is not None and bool(found[1])


def read_passages(page: str, *, file: str) -> Mapping[str, str]:
    """The passages of a page by key, in its order; a key whose markers stand line under line is absent.

    `file` is the page's name in messages.

    Raises NotOurs where pgmason did not write the page, BrokenMarkers where its markers do not pair.
    """
    lines = _lines(page)
    _refuse_others(lines, file)
    passages: dict[str, str] = {}
    opened_at: dict[str, int] = {}
    key = None
    for number, line in enumerate(lines, start=1):
        if "pgmason:keep" not in line:
            continue
        marker = _MARKER.match(line)
        if marker is None:
            # outside a passage it was meant as one; what follows it would be lost
            if key is None and line.lstrip().startswith("<!--"):
                raise _broken(file, number, "cannot be read")
            continue
        closes, name = marker.groups()
        if closes:
            if key is None or name not in {None, key}:
                raise _broken(file, number, "ends a passage that was not begun" if key is None else f"is within {key}")
            between = lines[opened_at[key] : number - 1]
            if between:
                passages[key] = "\n".join(between)
            key = None
        elif key is not None:
            raise _broken(file, number, f"begins a passage inside {key}, begun at line {opened_at[key]}")
        elif name is None:
            raise _broken(file, number, "has no name")
        elif name in opened_at:
            raise _broken(file, number, f"begins {name} a second time, after line {opened_at[name]}")
        else:
            key = name
            opened_at[name] = number
    if key is not None:
        raise _broken(file, opened_at[key], f"begins {key}, and nothing ends it")
    return passages


def adopted(page: str, *, file: str) -> Mapping[str, str]:
    """The passages of a page that pgmason did not write: its whole text is the overview's.

    Raises BrokenMarkers where the text holds markers itself, because they could not be kept inside a passage.
    """
    lines = _lines(page.rstrip("\r\n"))
    for number, line in enumerate(lines, start=1):
        if _MARKER.match(line):
            raise _broken(file, number, "is in a file that pgmason did not write; take this line out to adopt the file")
    return {OVERVIEW: "\n".join(lines)} if any(lines) else {}


def is_ours(page: str) -> bool:
    """Whether pgmason, of any version, wrote the page."""
    return _header_of(_lines(page)) is not None


def _lines(page: str) -> list[str]:
    return page.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")


def _header_of(lines: list[str]) -> re.Match[str] | None:
    return next((match for line in lines[:_HEADER_WITHIN] if (match := _HEADER.match(line))), None)


def _refuse_others(lines: list[str], file: str) -> None:
    found = _header_of(lines)
    if found is None:
        raise NotOurs(
            "exists and was not written by pgmason; it is left as it is",
            where=file,
            fix="take it over: its whole text becomes the hand-written passage at the top of the page",
            next=[NextCommand(command="pgmason docs --adopt", why="keeps all of its text and adds the data model")],
        )
    if int(found[1]) > FORMAT:
        raise NotOurs(
            f"was written by a newer pgmason (page format {found[1]}; this one writes {FORMAT})",
            where=file,
            fix="use the pgmason that wrote it, or a newer one",
            next=[NextCommand(command="pip install --upgrade pgmason", why="reads the newer format")],
        )


def _broken(file: str, line: int, what: str) -> BrokenMarkers:
    return BrokenMarkers(
        f"this marker of a hand-written passage {what}; the file is left as it is",
        where=f"{file}:{line}",
        fix="a passage stands between `<!-- pgmason:keep NAME -->` and `<!-- /pgmason:keep -->`, each on its own line",
        next=[NextCommand(command="pgmason docs", why="writes the page once the markers pair")],
    )
