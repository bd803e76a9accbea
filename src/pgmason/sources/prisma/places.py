"""Where do a project's own files say that its schema.prisma and its migrations are?

prisma.config.* names both, package.json the schema. The configuration is a program in TypeScript, and no program of
a repository's is run for this: the two names are read from its text, which holds for the forms that Prisma's
documentation shows, texts and path.join() of texts. (Prisma's documentation, "Prisma Config reference", "Schema
location")
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["CONFIG_FILES", "Named", "named_in_config"]

CONFIG_FILES = tuple(
    f"{stem}.{end}" for stem in ("prisma.config", ".config/prisma") for end in ("ts", "mts", "cts", "js", "mjs", "cjs")
)

_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
# schema: "prisma/schema.prisma" or path.join("prisma", "schema.prisma"); migrations: { path: ... } the same way.
_PLACE = r"\s*:\s*(?:path\.)?(?:join\(|resolve\(|)\s*((?:(?:__dirname|[\"'`][^\"'`\n]+[\"'`])\s*,?\s*)+)"
_SCHEMA = re.compile(r"\bschema" + _PLACE)
_MIGRATIONS = re.compile(r"\bmigrations\s*:\s*\{[^}]*?\bpath" + _PLACE, re.DOTALL)
_TEXT = re.compile(r"[\"'`]([^\"'`\n]+)[\"'`]")


@dataclass(frozen=True, slots=True)
class Named:
    """What a prisma.config names, relative to its own folder; None for what it does not name."""

    schema: str | None
    migrations: str | None


def named_in_config(text: str) -> Named:
    """The schema and the migrations that the text of a prisma.config names."""
    code = _COMMENT.sub("", text)
    return Named(_path(_SCHEMA.search(code)), _path(_MIGRATIONS.search(code)))


def _path(match: re.Match[str] | None) -> str | None:
    return "/".join(_TEXT.findall(match[1])) or None if match is not None else None
