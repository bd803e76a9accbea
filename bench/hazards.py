"""Which hazards of a migration are known, and what answers each: the data behind docs/rules/HAZARDS.md.

A file in docs/rules/hazards is a section of the page: its hazards in order, each with the rules or criteria that answer
it, or the reason why none does, and with examples. The page tells the answers; tests/rules runs the examples. Adding a
hazard is adding to a file, adding a section a file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["SECTIONS", "Example", "Hazard", "Section", "hazard_page", "sections"]

SECTIONS = Path(__file__).parents[1] / "docs" / "rules" / "hazards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Files (in the form of `Remedy.text`) met by a schema, and the rule of every finding on them, worst first.

    `sent` is the frame of the runner, `safe` says that the first finding carries files that end in the same schema.
    `rows` are what statistics say of tables (schema, name, rows), `says` words of the first finding's message or fix.
    """

    given: str
    does: str
    finds: tuple[str, ...]
    majors: tuple[int, ...]
    sent: str
    format: str
    safe: bool
    rows: tuple[tuple[str, str, int], ...]
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """What can go wrong, in one line; `by` are rules, or criteria as `gate: NAME`; `why` where it is not all said."""

    name: str
    by: tuple[str, ...]
    why: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A file of hazards."""

    title: str
    order: int
    hazards: tuple[Hazard, ...]


def sections() -> tuple[Section, ...]:
    """Every section in its order. Raises KeyError or TypeError where a file is not of the form."""
    read = (tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(SECTIONS.glob("*.toml")))
    return tuple(sorted((_section(one) for one in read), key=lambda section: (section.order, section.title)))


def _section(said: dict[str, Any]) -> Section:
    given = said.get("given", {})
    return Section(
        title=said["title"],
        order=said["order"],
        hazards=tuple(
            Hazard(
                name=one["name"],
                by=tuple(one.get("by", ())),
                why=one.get("why", ""),
                examples=tuple(_example(example, given) for example in one.get("example", ())),
            )
            for one in said["hazard"]
        ),
    )


def _example(said: dict[str, Any], given: dict[str, str]) -> Example:
    """`given` is SQL, or the name of one that the section gives at its top."""
    schema = said.get("given", "")
    return Example(
        given=given.get(schema, schema) + said.get("and", ""),
        does=said["does"],
        finds=tuple(said.get("finds", ())),
        majors=tuple(said.get("majors", (15,))),
        sent=said.get("sent", "transaction"),
        format=said.get("format", "updown"),
        safe=said.get("safe", False),
        rows=tuple(_rows(name, count) for name, count in said.get("rows", {}).items()),
        says=tuple(said.get("says", ())),
    )


def _rows(relation: str, count: int) -> tuple[str, str, int]:
    schema, _, name = relation.partition(".")
    return schema, name, count


def hazard_page() -> str:
    """The page in Markdown, without its mark."""
    parts = [
        "# What can go wrong in a migration, and what tells",
        "",
        "Each hazard with the rule that finds it. A rule judges what PostgreSQL was seen to do, so it finds the hazard",
        "whichever statement, function or DO block brings it about; and it is silent on tables that the pending",
        "migrations made themselves. `gate:` names a criterion of `pgmason gate`.",
    ]
    for section in sections():
        parts += ["", f"## {section.title}", "", "| hazard | what tells |", "|---|---|"]
        parts += [f"| {one.name} | {_answer(one)} |" for one in section.hazards]
    return "\n".join(parts) + "\n"


def _answer(hazard: Hazard) -> str:
    names = ", ".join(
        f"`pgmason gate`: {name.removeprefix('gate: ')}" if name.startswith("gate: ") else f"[{name}]({name}.md)"
        for name in hazard.by
    )
    return ". ".join(part for part in (names, hazard.why) if part)
