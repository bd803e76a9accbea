"""How is an entity-relationship diagram written so that Mermaid reads it?

Mermaid's grammar for names is narrow and differs between versions; what is written here parses in 10.9 (editors),
11.4 and 11.17 (GitHub). Names of tables go into double quotes, where a few characters have a meaning; those
are replaced by their full-width forms, which look alike. Types and names of columns are words of ASCII; where
that loses something the true name follows as the attribute's comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pgmason.docs.addresses import title_of
from pgmason.docs.model import Path, type_path
from pgmason.names import printable

__all__ = ["MAX_CHARACTERS", "MAX_EDGES", "Attribute", "Edge", "characters", "er_diagram"]

# The defaults of `maxTextSize` and `maxEdges` (mermaid, config.schema.yaml); a renderer such as GitHub's keeps them.
MAX_CHARACTERS = 50_000
MAX_EDGES = 500

_LABEL_LIMIT = 80

# `"` and `\` end or void a quoted name, `%%` begins a comment or directive, `#...;` is an entity, `~` a generic type;
# the rest would be read as HTML or Markdown, which labels are.
_FULL_WIDTH = {ord(character): chr(ord(character) + 0xFEE0) for character in '"\\%#~<>&*`'}
# `.*direction\s+LR` anywhere in a line is a statement, even within quotes (erDiagram.jison, 11).
_DIRECTION = re.compile(r"(?i)(direction)\s+(?=TB|BT|RL|LR)")
_NOT_OF_WORDS = re.compile(r"[^A-Za-z0-9_()\[\]-]+")
# A word that begins like a key marker is read as one, upper or lower case.
_KEY_WORD = re.compile(r"(?i)(?:PK|FK|UK)(?![A-Za-z0-9_])")

# Long names of PostgreSQL's own types; the short ones are aliases that it accepts, or plain in themselves.
_SHORT_TYPES = {
    "character varying": "varchar",
    "character": "char",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "double precision": "float8",
    "bit varying": "varbit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A column in a diagram; `keys` are of PK, FK, UK in that order."""

    name: str
    type: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edge:
    """A line in a diagram: the rows of `child` refer to rows of `parent` by `columns`."""

    child: Path
    parent: Path
    columns: tuple[str, ...]
    mandatory: bool
    single: bool
    identifying: bool


def er_diagram(entities: Mapping[Path, Sequence[Attribute]], edges: Sequence[Edge]) -> str:
    """The text of a diagram, lines ending in newlines.

    Its entities are the tables of `entities` and those that `edges` touch, these without attributes.
    """
    touched = {path for edge in edges for path in (edge.child, edge.parent)}
    names = _entity_names(sorted(touched | set(entities)))
    lines = ["erDiagram"]
    for path, name in names.items():
        attributes = entities.get(path, ())
        if attributes:
            lines += [f"  {name} {{", *(f"    {_attribute(attribute)}" for attribute in attributes), "  }"]
        else:
            lines.append(f"  {name}")
    for edge in edges:
        one = "||" if edge.mandatory else "|o"
        many = "o|" if edge.single else "o{"
        line = "--" if edge.identifying else ".."
        lines.append(
            f"  {names[edge.parent]} {one}{line}{many} {names[edge.child]} : {_label(', '.join(edge.columns))}"
        )
    return "\n".join(lines) + "\n"


def characters(text: str) -> int:
    """The length of a text as Mermaid counts it: UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _entity_names(paths: Sequence[Path]) -> Mapping[Path, str]:
    """A quoted name for each table, different for different tables."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        plain = _quotable(title_of(path))
        name, count = plain, 1
        while name in taken:
            count += 1
            name = f"{plain} ({count})"
        taken.add(name)
        names[path] = f'"{name}"'
    return names


def _quotable(name: str) -> str:
    return _DIRECTION.sub(r"\1_", printable(name).translate(_FULL_WIDTH))


def _label(text: str) -> str:
    shown = _quotable(text)
    return f'"{shown}"' if len(shown) <= _LABEL_LIMIT else f'"{shown[: _LABEL_LIMIT - 1]}…"'


def _attribute(attribute: Attribute) -> str:
    name = _word(attribute.name)
    keys = f" {', '.join(attribute.keys)}" if attribute.keys else ""
    true_name = f' "{_quotable(attribute.name)}"' if name != attribute.name else ""
    return f"{_word(_short(attribute.type))} {name}{keys}{true_name}"


def _short(type_name: str) -> str:
    """The type in fewer words, without its schema: `varchar(20)[]` for `character varying(20)[]`."""
    array = "[]" if type_name.endswith("[]") else ""
    path = type_path(type_name)
    if path is not None:
        return path[1] + array
    # a time's precision stands in the middle: timestamp(3) without time zone
    head, _, rest = type_name.removesuffix("[]").partition("(")
    modifier, _, tail = rest.partition(")")
    # no comma may stand in the word, so numeric(10,2) is shown as numeric
    shown = f"({modifier})" if modifier and "," not in modifier else ""
    return _SHORT_TYPES.get(head + tail, head + tail) + shown + array


def _word(text: str) -> str:
    """`text` as a word that every version reads as an attribute's type or name: what else it holds becomes `_`."""
    word = _NOT_OF_WORDS.sub("_", text)
    return f"_{word}" if not (word[:1].isalpha() or word[:1] == "_") or _KEY_WORD.match(word) else word
