"""How is a draft written down as a new file, as `prisma format` would lay it out?

Names, types and attributes of neighbouring fields stand in columns; a blank line, a comment or a line of documentation
does not break them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from pgmason.sources.prisma.writer.column_types import text_literal
from pgmason.sources.prisma.writer.draft import Draft, DraftEnum, DraftField, DraftModel

__all__ = ["enum_lines", "field_line", "model_lines", "printed"]

WIDTH = 110  # of comments


def printed(draft: Draft, *, server: str, datasource: str = "db", client: str = "prisma-client-js") -> str:
    """The whole file: what is beyond the language, the settings, models, views and enums."""
    blocks: list[list[str]] = [_heading(draft, server), _datasource(draft, datasource), _generator(draft, client)]
    blocks += [model_lines(model) for model in draft.models]
    blocks += [enum_lines(enum) for enum in draft.enums]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def model_lines(model: DraftModel) -> list[str]:
    """A model or view, its remarks and documentation before it."""
    lines = list(_remarks(model.remarks))
    lines += _documented(model.documentation)
    if any(one.name == "@@ignore" for one in model.attributes):
        lines.append("// Prisma's client cannot tell the rows of this table apart: it has no key without NULLs.")
    lines.append(f"{model.keyword} {model.name} {{")
    lines += _aligned(model.fields)
    if model.attributes:
        lines += ["", *(f"  {attribute}" for attribute in model.attributes)]
    return [*lines, "}"]


def enum_lines(enum: DraftEnum) -> list[str]:
    """An enum."""
    width = max(len(value.name) for value in enum.values)
    lines = [*_documented(enum.documentation), f"enum {enum.name} {{"]
    for value in enum.values:
        mapped = f" @map({text_literal(value.label)})" if value.mapped else ""
        lines.append(f"  {value.name.ljust(width) if mapped else value.name}{mapped}")
    if enum.attributes:
        lines += ["", *(f"  {attribute}" for attribute in enum.attributes)]
    return [*lines, "}"]


def field_line(field: DraftField, name_width: int = 0, type_width: int = 0) -> str:
    """One field, its parts padded to these widths."""
    attributes = " ".join(map(str, field.attributes))
    line = f"  {field.name.ljust(name_width)} {field.type.ljust(type_width)} {attributes}"
    return line.rstrip()


def _aligned(fields: Sequence[DraftField]) -> Iterator[str]:
    names = max((len(field.name) for field in fields), default=0)
    types = max((len(field.type) for field in fields), default=0)
    for field in fields:
        yield from (f"  {line}" for line in _documented(field.documentation))
        yield field_line(field, names, types)


def _documented(lines: Iterable[str]) -> list[str]:
    return [f"/// {line}".rstrip() for line in lines]


def _remarks(remarks: Sequence[str]) -> Iterator[str]:
    if remarks:
        yield "// Beyond schema.prisma, and kept by PostgreSQL:"
        for remark in remarks:
            yield from wrap(
                " ".join(remark.split()),
                WIDTH,
                initial_indent="//   ",
                subsequent_indent="//     ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def _heading(draft: Draft, server: str) -> list[str]:
    lines = [f"// The schema as PostgreSQL {server} has it."] if server else []
    return lines + list(_remarks([one.what for one in draft.beyond if not one.relation]))


def _datasource(draft: Draft, name: str) -> list[str]:
    settings = [("provider", '"postgresql"')]
    if draft.extensions:
        settings.append(("extensions", f"[{', '.join(draft.extensions)}]"))
    if draft.schemas:
        settings.append(("schemas", f"[{', '.join(map(text_literal, draft.schemas))}]"))
    return [f"datasource {name} {{", *_settings(settings), "}"]


def _generator(draft: Draft, client: str) -> list[str]:
    settings = [("provider", text_literal(client))]
    if draft.features:
        settings.append(("previewFeatures", f"[{', '.join(map(text_literal, draft.features))}]"))
    return ["generator client {", *_settings(settings), "}"]


def _settings(settings: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(key) for key, _ in settings)
    return [f"  {key.ljust(width)} = {value}" for key, value in settings]
