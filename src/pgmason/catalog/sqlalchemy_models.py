"""How does a schema look as SQLAlchemy 2.0 models?

A module with a declarative base: a class for each table that has a primary key, a Table for each that has none, enums,
keys, checks and indexes in SQLAlchemy's own words. What it has no words for stands in the same file as DDL that
`create_all` sends before the tables or after them, so that it makes the same schema (`sqlalchemy_said.py` decides which
is which). Expressions are PostgreSQL's text. Pure.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pgmason.catalog.collector import without_collector
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.unique import Unique
from pgmason.catalog.model import Catalog
from pgmason.catalog.outline import unread_lines
from pgmason.catalog.script import written
from pgmason.catalog.sqlalchemy_said import SEQUENCE_WORDS, Said, said_of
from pgmason.catalog.sqlalchemy_types import written_type
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["models_of_catalog"]

# Names that a declarative class uses itself.
_TAKEN = frozenset({"metadata", "registry", "type_annotation_map"})
_TYPE = '''class PgType(UserDefinedType[Any]):
    """A type in PostgreSQL's own words."""

    cache_ok = True

    def __init__(self, words: str) -> None:
        self.words = words

    def get_col_spec(self, **_: Any) -> str:
        return self.words
'''


def models_of_catalog(catalog: Catalog) -> str:
    """The catalog as Python source, ending in a newline. Raises Unsupported where no order of making it exists."""
    with without_collector():
        return _Writer(catalog).text()


class _Writer:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._said: Said = said_of(catalog)
        self._imports: set[tuple[str, str]] = {("sqlalchemy.orm", "DeclarativeBase")}
        self._enums = self._enum_names()
        self._names: set[str] = {"Base", "PgType", *self._enums.values()}

    def text(self) -> str:
        enums = [self._enum(one) for one in self._said.enums]
        tables = [self._table(one) for one in self._said.models]
        before = list(self._ddl("before_create", self._said.before))
        after = list(self._ddl("after_create", self._said.after))
        body = "".join(f"\n\n{block}" for block in [self._base(), *(before), *enums, *tables, *after])
        return self._head() + body

    def _head(self) -> str:
        lines = [
            f'"""The schema as PostgreSQL {self._catalog.server} has it; `Base.metadata.create_all` makes it anew.'
        ]
        ddl = len(self._said.before) + len(self._said.after)
        if ddl:
            lines.append(f"\n{ddl} statements say what SQLAlchemy has no words for: they stand in DDL below.")
        lines += [f"\n{line}" for line in unread_lines(self._catalog.unread)]
        lines.append('"""')
        text = "\n".join(lines).replace('\n"""', '"""') if len(lines) == 2 else "\n".join(lines)
        imports: dict[str, list[str]] = {}
        for module, name in sorted(self._imports):
            imports.setdefault(module, []).append(name)
        shown = [f"from {module} import {', '.join(names)}" for module, names in sorted(imports.items())]
        return "\n\n".join([text, "from __future__ import annotations", "\n".join(shown)]) + "\n"

    def _base(self) -> str:
        base = "class Base(DeclarativeBase):\n    pass\n"
        return f"{_TYPE}\n\n{base}" if ("sqlalchemy.types", "UserDefinedType") in self._imports else base

    # --- enums

    def _enum_names(self) -> dict[str, str]:
        """The Python name of each enum by its type's name as format_type prints it."""
        names: dict[str, str] = {}
        columns = {identity.own_name for identity, _ in self._catalog.of(Column)}
        for identity in self._said.enums:
            name = f"{_python_name(identity.own_name)}_type"
            while name in names.values() or name in columns:  # in a class, a column of that name would hide it
                name += "_"
            names[identity.name] = name
        return names

    def _enum(self, identity: ObjectId) -> str:
        self._imports.add(("sqlalchemy", "Enum"))
        labels = ", ".join(repr(label) for label in self._catalog.objects[identity].labels)
        schema = "" if identity.path[0] == "public" else f", schema={identity.path[0]!r}"
        parts = f"{labels}, name={identity.own_name!r}{schema}, metadata=Base.metadata"
        return f"{self._enums[identity.name]} = Enum({parts})\n"

    # --- tables

    def _table(self, identity: ObjectId) -> str:
        table = self._catalog.objects[identity]
        primary = self._catalog.primary_key(identity)
        arguments = list(self._arguments(identity, table))
        if primary is None:
            return self._core_table(identity, arguments)
        name = self._class_name(identity)
        lines = [f"class {name}(Base):", f"    __tablename__ = {identity.own_name!r}"]
        if arguments:
            lines.append("    __table_args__ = (")
            lines += [f"        {argument}," for argument in arguments]
            lines.append("    )")
        attributes = self._attributes(identity)
        if primary[0] not in self._said.members:
            columns = ", ".join(attributes[column] for column in primary[1].columns)
            lines += ["", "    @declared_attr.directive", "    def __mapper_args__(cls):  # noqa: ANN204"]
            lines.append(f'        return {{"primary_key": [{columns}]}}'.replace("[", "[cls.").replace(", ", ", cls."))
            self._imports.add(("sqlalchemy.orm", "declared_attr"))
        lines.append("")
        for one, column in self._catalog.columns(identity):
            lines.append(f"    {self._mapped(one, column, attributes[one.own_name])}")
        return "\n".join(lines) + "\n"

    def _core_table(self, identity: ObjectId, arguments: list[str]) -> str:
        self._imports |= {("sqlalchemy", "Table"), ("sqlalchemy", "Column")}
        name = self._unused(_python_name(identity.own_name))
        lines = [f"{name} = Table(", f"    {identity.own_name!r},", "    Base.metadata,"]
        for one, column in self._catalog.columns(identity):
            parts = [repr(one.own_name), *self._column_parts(one, column)]
            nullable = "" if not column.not_null else ", nullable=False"
            lines.append(f"    Column({', '.join(parts)}{nullable}),")
        options = arguments[-1] if arguments and arguments[-1].startswith("{") else None
        lines += [f"    {argument}," for argument in arguments if argument is not options]
        if options is not None:
            lines.append(f"    **{options},")
        return "\n".join([*lines, ")"]) + "\n"

    def _attributes(self, identity: ObjectId) -> dict[str, str]:
        """The attribute of each column, all different."""
        found: dict[str, str] = {}
        for name in (one.own_name for one, _ in self._catalog.columns(identity)):
            attribute = _python_name(name)
            while attribute in _TAKEN or attribute in found.values():
                attribute += "_"
            found[name] = attribute
        return found

    def _mapped(self, identity: ObjectId, column: Column, attribute: str) -> str:
        self._imports |= {("sqlalchemy.orm", "Mapped"), ("sqlalchemy.orm", "mapped_column")}
        python = written_type(column, self._enums).python
        annotation = python if column.not_null else f"{python} | None"
        parts = self._column_parts(identity, column)
        if attribute != identity.own_name:
            parts.insert(0, repr(identity.own_name))
        if not column.not_null or python == "Any":
            parts.append(f"nullable={not column.not_null}")
        return f"{attribute}: Mapped[{annotation}] = mapped_column({', '.join(parts)})"

    def _column_parts(self, identity: ObjectId, column: Column) -> list[str]:
        found = written_type(column, self._enums)
        self._imports |= set(found.imports)
        parts = [found.source]
        if column.identity is not None:
            self._imports.add(("sqlalchemy", "Identity"))
            parts.append(f"Identity({', '.join(_identity(column))})")
        elif column.generated is not None:
            self._imports.add(("sqlalchemy", "Computed"))
            parts.append(f"Computed({self._text(column.expression or '')}, persisted=True)")
        elif column.default is not None and identity not in self._said.serials:
            parts.append(f"server_default={self._text(column.default)}")
        elif identity not in self._said.serials and self._could_be_serial(identity, column):
            parts.append("autoincrement=False")
        comment = self._catalog.comments.get(identity)
        if comment is not None:
            parts.append(f"comment={comment!r}")
        return parts

    def _could_be_serial(self, identity: ObjectId, column: Column) -> bool:
        """Whether SQLAlchemy would give the column a sequence unless it is told not to."""
        primary = self._catalog.primary_key(identity.relation)
        in_key = primary is not None and identity.own_name in primary[1].columns
        return in_key and column.type in ("bigint", "integer", "smallint")

    def _arguments(self, identity: ObjectId, table: Table) -> Iterator[str]:
        """Constraints, indexes, and at the end what is said of the table by name."""
        catalog, members = self._catalog, self._said.members
        primary = catalog.primary_key(identity)
        keys: list[tuple[ObjectId, PrimaryKey | Unique]] = [*([primary] if primary else []), *catalog.uniques(identity)]
        for one, key in keys:
            if one in members:
                made = "PrimaryKeyConstraint" if one.kind == "primary key" else "UniqueConstraint"
                yield self._made(made, [*map(repr, key.columns), f"name={one.own_name!r}", *_deferral(key)])
        for one, check in catalog.checks(identity):
            if one in members:
                inner = check.definition.removeprefix("CHECK (")[:-1]
                yield self._made("CheckConstraint", [self._text(inner), f"name={one.own_name!r}"])
        for one, reference in catalog.foreign_keys(identity):
            if one in members:
                yield self._foreign_key(one, reference)
        for one, index in catalog.indexes(identity):
            if one in members:
                parts = [repr(one.own_name), *(repr(name) for name in index.key_columns)]
                parts += ["unique=True"] if index.unique else []
                parts += [f"postgresql_using={index.method!r}"] if index.method != "btree" else []
                parts += [f"postgresql_include={list(index.include)!r}"] if index.include else []
                parts += [f"postgresql_where={self._text(index.predicate)}"] if index.predicate is not None else []
                yield self._made("Index", parts)
        said = {} if identity.path[0] == "public" else {"schema": identity.path[0]}
        comment = catalog.comments.get(identity)
        said |= {"comment": comment} if comment is not None else {}
        said |= {"postgresql_partition_by": table.partition_key} if table.partition_key is not None else {}
        words = [f"{key!r}: {value!r}" for key, value in said.items()]
        words += ["'prefixes': ['UNLOGGED']"] if table.unlogged else []
        if words:
            yield "{" + ", ".join(words) + "}"

    def _foreign_key(self, identity: ObjectId, key: ForeignKey) -> str:
        target = key.references if key.references[0] != "public" else key.references[1:]
        columns = [".".join((*target, column)) for column in key.referenced_columns]
        parts = [repr(list(key.columns)), repr(columns), f"name={identity.own_name!r}"]
        parts += [f"onupdate={key.on_update!r}"] if key.on_update != "NO ACTION" else []
        parts += [f"ondelete={key.on_delete!r}"] if key.on_delete != "NO ACTION" else []
        parts += [f"match={key.match!r}"] if key.match != "SIMPLE" else []
        parts += _deferral(key)
        if self._in_a_circle(identity.path[:2], key.references):
            parts.append("use_alter=True")
        return self._made("ForeignKeyConstraint", parts)

    def _in_a_circle(self, table: tuple[str, ...], target: tuple[str, str]) -> bool:
        """Whether references lead back from the target to the table, which is another one."""
        if table == target:
            return False
        seen, waiting = {target}, [target]
        while waiting:
            for one, key in self._catalog.foreign_keys(ObjectId("table", waiting.pop())):
                if one in self._said.members and key.references not in seen:
                    seen.add(key.references)
                    waiting.append(key.references)
        return table in seen

    def _made(self, name: str, parts: list[str]) -> str:
        self._imports.add(("sqlalchemy", name))
        return f"{name}({', '.join(parts)})"

    def _text(self, expression: str) -> str:
        """`text(...)` of an expression; a single colon would be a parameter."""
        self._imports.add(("sqlalchemy", "text"))
        return f"text({_escaped(expression)!r})"

    def _class_name(self, identity: ObjectId) -> str:
        words = re.split(r"[^0-9A-Za-z]+", identity.own_name)
        name = "".join(word[:1].upper() + word[1:] for word in words if word) or "Model"
        return self._unused(name if name.isidentifier() and not keyword.iskeyword(name) else f"T{name}")

    def _unused(self, name: str) -> str:
        while name in self._names or any(name == imported for _, imported in self._imports):
            name += "_"
        self._names.add(name)
        return name

    # --- DDL

    def _ddl(self, event: str, statements: list[Composable]) -> Iterator[str]:
        if not statements:
            return
        self._imports |= {("sqlalchemy", "DDL"), ("sqlalchemy", "event")}
        # Bodies of functions may speak of tables that are yet to come, as pg_dump has it too.
        setting = {"before_create": "SET", "after_create": "SET"}[event]
        texts = [f"{setting} check_function_bodies = off", *(written(one) for one in statements)]
        texts += ["RESET check_function_bodies"]
        lines = "".join(f"    {text!r},\n" for text in texts)
        name = "BEFORE" if event == "before_create" else "AFTER"
        yield (
            f"{name} = (\n{lines})\nfor statement in {name}:\n"
            f'    event.listen(Base.metadata, "{event}", DDL(statement.replace("%", "%%")))\n'
        )


def _identity(column: Column) -> list[str]:
    parts = [f"always={column.identity == 'always'}"]
    return parts + [f"{SEQUENCE_WORDS[name]}={value!r}" for name, value in column.identity_options]


def _deferral(key: object) -> list[str]:
    parts = ["deferrable=True"] if getattr(key, "deferrable", False) else []
    return parts + (["initially='DEFERRED'"] if getattr(key, "deferred", False) else [])


def _escaped(expression: str) -> str:
    """For `text()`, which takes a colon before a word for a parameter, and a backslash before one for its escape."""
    return re.sub(r"(?<![:\w\\])(\\*):(?=\w)", r"\1\\:", expression)


def _python_name(name: str) -> str:
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII)
    if not plain or not (plain[0].isalpha() or plain[0] == "_"):
        plain = f"c_{plain}"
    plain = plain if not plain.startswith("__") else f"c{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain
