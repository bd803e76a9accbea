"""What do the datasource and the generators of a schema say?

Only what shapes the database is taken: provider, schemas, extensions, relationMode, and the preview features. Its
address is not: a URL is a secret, or the name of one.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.errors import Unsupported
from pgmason.names import printable
from pgmason.sources.prisma.arguments import by_name, list_of, text_of
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import Datasource, Extension
from pgmason.sources.prisma.tree import Array, Call, ConfigBlock, Document, Expression, Name, Text, shown

__all__ = ["datasource_of", "previews_of"]

_POSTGRES = ("postgresql", "postgres")
_KEYS = (
    *("provider", "url", "directUrl", "shadowDatabaseUrl", "relationMode", "referentialIntegrity", "schemas"),
    "extensions",
)


def datasource_of(documents: Sequence[Document], *, faults: Faults) -> Datasource:
    """The one datasource. Raises Unsupported where it is for another database."""
    blocks = [block for document in documents for block in document.configs if block.keyword == "datasource"]
    if not blocks:
        first = documents[0]
        start = _Start()
        faults.add(first.file, start, "there is no datasource: nothing says that this is for PostgreSQL")
        faults.stop()
    block, *others = blocks
    for other in others:
        faults.add(other.file, other, f"there is one datasource, and it is {block.name}; {other.name} is a second")
    provider = block.setting("provider")
    where = f"{block.file}:{provider.line if provider is not None else block.line}"
    if provider is None:
        faults.add(block.file, block, "the datasource has no provider", 'Argument "provider" is missing')
        faults.stop()
    elif not isinstance(provider.value, Text):
        prisma = "A datasource must not use the env() function in the provider argument"
        if not isinstance(provider.value, Call):
            prisma = f"Error validating datasource `{block.name}`"
        faults.add(block.file, provider, "the provider is a text in quotes", prisma)
        faults.stop()
    elif provider.value.value not in _POSTGRES:
        raise Unsupported(f"the schema is for {printable(provider.value.value)}; pgmason reads PostgreSQL", where=where)
    keys = [setting.key for setting in block.settings]
    for position, setting in enumerate(block.settings):
        if setting.key in keys[:position]:
            why = f"{setting.key} is said twice in {block.name}"
            faults.add(block.file, setting, why, f'Key "{setting.key}" is already defined in source')
        if setting.key not in _KEYS:
            faults.add(
                block.file, setting, f"a datasource has no {setting.key}", f'Property not known: "{setting.key}"'
            )
    schemas = block.setting("schemas")
    return Datasource(
        name=block.name,
        file=block.file,
        line=block.line,
        relation_mode=_relation_mode(block, faults),
        schemas=_schemas(block, faults),
        schemas_line=schemas.line if schemas is not None else block.line,
        extensions=_extensions(block, faults),
        url_variable=_variable(block, "url"),
        direct_url_variable=_variable(block, "directUrl"),
    )


def _variable(block: ConfigBlock, key: str) -> str | None:
    """The variable in `env("NAME")`; an address that is written out is a secret and not taken."""
    setting = block.setting(key)
    if setting is None:
        return None
    value = setting.value
    if isinstance(value, Call) and value.name == "env" and value.arguments:
        name = value.arguments[0].value
        return name.value if isinstance(name, Text) else ""
    return ""


class _Start:
    """The first line of a file."""

    start = 0
    line = 1


def previews_of(documents: Sequence[Document]) -> frozenset[str]:
    """The preview features of all generators together."""
    found: set[str] = set()
    for document in documents:
        for block in document.configs:
            setting = block.setting("previewFeatures") if block.keyword == "generator" else None
            if setting is not None:
                found |= {item.value for item in list_of(setting.value) if isinstance(item, Text)}
    return frozenset(found)


def _relation_mode(block: ConfigBlock, faults: Faults) -> str:
    old = block.setting("referentialIntegrity")
    setting = block.setting("relationMode") or old
    if old is not None and setting is not old:
        why = "referentialIntegrity is the old word for relationMode: only one of them is said"
        faults.add(block.file, old, why, "The `referentialIntegrity` and `relationMode` attributes cannot be used")
    if setting is None:
        return "foreignKeys"
    if isinstance(setting.value, Text) and setting.value.value in ("prisma", "foreignKeys"):
        return setting.value.value
    why = f'relationMode is "foreignKeys" or "prisma", not {shown(setting.value)}'
    text = isinstance(setting.value, Text)
    prisma = "Error validating datasource `relationMode`" if text else "Expected a string value, but received"
    faults.add(block.file, setting, why, prisma)
    return "foreignKeys"


def _schemas(block: ConfigBlock, faults: Faults) -> tuple[str, ...]:
    setting = block.setting("schemas")
    if setting is None:
        return ()
    names: list[str] = []
    for item in list_of(setting.value):
        if not isinstance(item, Text):
            why = f"a schema is a text in quotes, not {shown(item)}"
            faults.add(block.file, item, why, "Expected a string value")
        elif item.value in names:
            faults.add(block.file, item, f"the schema {item.value} is named twice", "Duplicated schema names")
        else:
            names.append(item.value)
    if not list_of(setting.value):
        faults.add(
            block.file, setting, "schemas must name at least one", "If provided, the schemas array can not be empty"
        )
    return tuple(names)


def _extensions(block: ConfigBlock, faults: Faults) -> tuple[Extension, ...]:
    setting = block.setting("extensions")
    if setting is None:
        return ()
    found = []
    if not isinstance(setting.value, Array):
        faults.add(block.file, setting, f"extensions is a list, not {shown(setting.value)}")
    for item in list_of(setting.value):
        extension = _extension(block, item, faults)
        if extension is not None:
            found.append(extension)
    return tuple(sorted(found, key=lambda extension: extension.name))


def _extension(block: ConfigBlock, item: Expression, faults: Faults) -> Extension | None:
    if isinstance(item, Name):
        return Extension(name=item.text, schema=None, version=None, line=item.line)
    if not isinstance(item, Call):
        why = f"an extension is a name, not {shown(item)}"
        faults.add(block.file, item, why, "Expected a constant or function value")
        return None
    nameless = any(argument.name is None for argument in item.arguments)
    prisma = "The argument must have a name" if nameless else "Argument not known"
    arguments = by_name(item, ("map", "schema", "version"), file=block.file, faults=faults, prisma=prisma)
    said = {
        key: text_of(arguments, key, "extensions", file=block.file, faults=faults)
        for key in ("map", "schema", "version")
    }
    return Extension(name=said["map"] or item.name, schema=said["schema"], version=said["version"], line=item.line)
