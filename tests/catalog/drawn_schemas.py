"""Schemas at random over all kinds of objects, for properties that must hold of every schema.

`scripts(major)` draws a list of statements. Some of them are refused by the server (a default of the wrong type, a key
that nothing can be): whoever applies them leaves those out. What is accepted is what is tested, and shrinks well.
"""

# ruff: noqa: E501  # SQL reads best with a statement a line

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["ROLES", "scripts"]

T = TypeVar("T")

ROLES = ("drawn_reader", "Drawn Writer")
NAMES = ("a", "b", "Items", "order", "user", 'say "hi"', "it's", "per cent %s", "brace {}", "größe", "x_1", "end", "$x")
TYPES = (
    ("integer", "7"), ("bigint", "-1"), ("text", "'it''s {} %s'"), ("numeric(10,2)", "1.50"), ("boolean", "true"),
    ("date", "'2026-01-31'"), ("timestamp with time zone", "now()"), ("jsonb", "'{}'"), ("text[]", "'{a,b}'"),
    ("uuid", "gen_random_uuid()"), ("bytea", "'\\x00'"), ("character varying(20)", "'x'"), ("int4range", "'[1,5)'"),
    ("interval day to second(3)", "'1 day'"), ("\"char\"", "'c'"), ("bit(3)", "B'101'"), ("point", "'(1,2)'"),
)  # fmt: skip


@dataclass(slots=True)
class _World:
    """What exists so far, as SQL names."""

    pick: Callable[[Sequence[T]], T]
    major: int
    schemas: list[str] = field(default_factory=lambda: ["public"])
    types: list[tuple[str, str]] = field(default_factory=lambda: list(TYPES))
    tables: dict[str, list[str]] = field(default_factory=dict)
    keyed: list[tuple[str, str]] = field(default_factory=list)
    parents: list[tuple[str, str]] = field(default_factory=list)  # partitioned tables, with their way
    views: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=lambda: ["pg_catalog.lower(text)"])
    triggers: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)  # `TABLE public.t`, for comments and owners
    count: int = 0

    def maybe(self, text: str) -> str:
        return self.pick(("", text))

    def new(self) -> str:
        """A qualified name that no object has yet, often an odd one."""
        self.count += 1
        return f"{self.pick(self.schemas)}.{quoted(f'{self.pick(NAMES)}{self.count}')}"

    def own(self) -> str:
        self.count += 1
        return quoted(f"{self.pick(NAMES)}{self.count}")

    def table(self) -> str:
        return self.pick(sorted(self.tables)) if self.tables else "public.none"

    def column(self, table: str) -> str:
        return self.pick(self.tables.get(table) or ["none"])


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _schema(w: _World) -> str:
    name = w.own()
    w.schemas.append(name)
    w.made.append(f"SCHEMA {name}")
    return f"CREATE SCHEMA {name}"


def _enum(w: _World) -> str:
    name, labels = w.new(), w.pick((("open", "it's"), ("x",), ("{}", "%s", "two words"), ()))
    if labels:
        w.types.append((name, f"'{labels[0]}'" if "'" not in labels[0] else "NULL"))
    w.made.append(f"TYPE {name}")
    return (
        f"CREATE TYPE {name} AS ENUM ({', '.join(chr(39) + x.replace(chr(39), chr(39) * 2) + chr(39) for x in labels)})"
    )


def _domain(w: _World) -> str:
    (base, value), name = w.pick(w.types), w.new()
    w.types.append((name, value))
    w.made.append(f"DOMAIN {name}")
    default, check = w.maybe(f" DEFAULT {value}"), w.maybe(f" CONSTRAINT {w.own()} CHECK (VALUE IS NOT NULL)")
    return f"CREATE DOMAIN {name} AS {base}{default}{w.maybe(' NOT NULL')}{check}{w.maybe(' CHECK (VALUE::text <> $$%s$$)')}"


def _composite(w: _World) -> str:
    name = w.new()
    parts = ", ".join(f"{w.own()} {w.pick(w.types)[0]}" for _ in range(w.pick((0, 1, 2, 3))))
    w.types.append((name, "NULL"))
    w.made.append(f"TYPE {name}")
    return f"CREATE TYPE {name} AS ({parts})"


def _range(w: _World) -> str:
    name = w.new()
    w.types.append((name, "'empty'"))
    w.made.append(f"TYPE {name}")
    subtype = w.pick(("text", "uuid", "numeric", "timestamptz", "date"))
    extra = w.pick(
        ("", ', COLLATION = "C"', f", MULTIRANGE_TYPE_NAME = {w.new()}", ", SUBTYPE_OPCLASS = text_pattern_ops")
    )
    return f"CREATE TYPE {name} AS RANGE (SUBTYPE = {subtype}{extra})"


def _collation(w: _World) -> str:
    name = w.new()
    w.made.append(f"COLLATION {name}")
    how = w.pick(("(LOCALE = 'C')", "(LC_COLLATE = 'C', LC_CTYPE = 'POSIX')"))
    return f"CREATE COLLATION {name} {how}"


def _sequence(w: _World) -> str:
    name = w.new()
    w.made.append(f"SEQUENCE {name}")
    w.types.append(("bigint", f"nextval('{name.replace(chr(39), chr(39) * 2)}')"))
    return (
        f"CREATE {w.pick(('', '', 'UNLOGGED ' if w.major >= 15 else ''))}SEQUENCE {name}"
        f"{w.pick(('', ' AS smallint', ' AS integer'))}{w.pick(('', ' INCREMENT 5', ' INCREMENT -1'))}"
        f"{w.pick(('', ' MINVALUE -100 MAXVALUE 30000', ' CACHE 20'))}{w.maybe(' CYCLE')}"
    )


def _table(w: _World) -> str:
    name, columns, lines = w.new(), list[str](), list[str]()
    for _ in range(w.pick((1, 2, 3, 4, 6))):
        column, (type_, value) = w.own(), w.pick(w.types)
        columns.append(column)
        identity = w.pick(
            (" GENERATED ALWAYS AS IDENTITY", " GENERATED BY DEFAULT AS IDENTITY (START 7 INCREMENT 3 CYCLE)")
        )
        rest = w.pick(
            ("", "", f" DEFAULT {value}", f" DEFAULT {value}", " NOT NULL", f" NOT NULL DEFAULT {value}", identity)
        )
        rest = rest if "IDENTITY" not in rest or type_ in ("integer", "bigint") else ""
        extra = w.pick(("", "", "", ' COLLATE "C"', " STORAGE EXTERNAL" if w.major >= 16 else "", " COMPRESSION pglz"))
        lines.append(f"{column} {type_}{extra if type_ == 'text' else ''}{rest}")
    if w.pick((False, False, True)):
        column = w.own()
        columns.append(column)
        kind = w.pick(("STORED", "VIRTUAL" if w.major >= 18 else "STORED"))
        lines.append(f"{column} integer GENERATED ALWAYS AS (length('{w.pick(NAMES[:5])}') + 1) {kind}")
    first = columns[0]
    key = w.pick((f"PRIMARY KEY ({first})", f"UNIQUE ({first})", "", f"CONSTRAINT {w.own()} PRIMARY KEY ({first}) DEFERRABLE",
                  f"CONSTRAINT {w.own()} UNIQUE NULLS NOT DISTINCT ({first})"))  # fmt: skip
    check = w.pick(
        ("", "", f"CONSTRAINT {w.own()} CHECK ({first} IS NOT NULL)", f"CHECK ({first}::text <> '{{}}') NO INHERIT")
    )
    tail, parents = "", sorted(w.tables)
    way = w.pick(("", "", "", "INHERITS", "LIST", "RANGE", "HASH", "WITH"))
    if way == "INHERITS" and parents:
        tail = f" INHERITS ({w.pick(parents)})"
    elif way in ("LIST", "RANGE", "HASH"):
        tail, key = f" PARTITION BY {way} ({first})", key if "PRIMARY" in key else ""
        w.parents.append((name, way))
    elif way == "WITH":
        tail = w.pick((" WITH (fillfactor=70)", " WITH (autovacuum_enabled=false, toast.autovacuum_enabled=false)"))
    if not tail.startswith(" PARTITION") and key and "DEFERRABLE" not in key:
        w.keyed.append((name, first))
    w.tables[name] = columns
    w.made.append(f"TABLE {name}")
    lines += [part for part in (key, check) if part]
    unlogged = "UNLOGGED " if not tail and w.pick((False, False, False, True)) else ""
    return f"CREATE {unlogged}TABLE {name} ({', '.join(lines)}){tail}"


def _partition(w: _World) -> str:
    if not w.parents:
        return _table(w)
    (parent, way), name = w.pick(w.parents), w.new()
    bound = {
        "LIST": w.pick(("FOR VALUES IN (NULL)", "DEFAULT", "FOR VALUES IN ('1')", "FOR VALUES IN ('2026-01-31')")),
        "RANGE": w.pick(("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)", "DEFAULT", "FOR VALUES FROM ('1') TO ('5')")),
        "HASH": f"FOR VALUES WITH (MODULUS 3, REMAINDER {w.pick((0, 1, 2))})",
    }[way]
    w.tables[name] = list(w.tables[parent])
    w.made.append(f"TABLE {name}")
    sub = w.pick(("", "", f" PARTITION BY HASH ({w.tables[parent][-1]})"))
    if sub:
        w.parents.append((name, "HASH"))
    return f"CREATE TABLE {name} PARTITION OF {parent} {bound}{sub}"


def _index(w: _World) -> str:
    table = w.table()
    one, other = w.column(table), w.column(table)
    keys = w.pick((one, f"{one}, {other} DESC NULLS LAST", f"lower({one}::text)", f"({one} IS NULL), {other}",
                   f'{one} COLLATE "C" text_pattern_ops'))  # fmt: skip
    method = w.pick(("", "", " USING btree", " USING hash", " USING brin", " USING gin", " USING gist"))
    tail = w.pick(
        ("", "", f" INCLUDE ({other})", f" WHERE {one} IS NOT NULL", " WITH (fillfactor=50)", " NULLS NOT DISTINCT")
    )
    only = w.pick(("", "", "", "ONLY "))
    return f"CREATE {w.maybe('UNIQUE ')}INDEX {w.own()} ON {only}{table}{method} ({keys}){tail}"


def _foreign_key(w: _World) -> str:
    if not w.keyed:
        return _table(w)
    (parent, key), table = w.pick(w.keyed), w.table()
    actions = w.pick(
        ("", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE RESTRICT", " MATCH FULL", " ON DELETE SET DEFAULT")
    )
    when = w.pick(
        ("", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED", " NOT VALID", " NOT ENFORCED" if w.major >= 18 else "")
    )
    return f"ALTER TABLE {table} ADD CONSTRAINT {w.own()} FOREIGN KEY ({w.column(table)}) REFERENCES {parent} ({key}){actions}{when}"


def _constraint(w: _World) -> str:
    table = w.table()
    one, other = w.column(table), w.column(table)
    what = w.pick((f"CHECK ({one} IS NOT NULL OR {other} IS NULL) NOT VALID", f"UNIQUE ({one}, {other})", f"PRIMARY KEY ({other})",
                   f"EXCLUDE USING gist ({one} WITH =)", f"EXCLUDE (({one}::text) WITH =) WHERE ({other} IS NOT NULL)",
                   f"UNIQUE ({one}) INCLUDE ({other})", f"CHECK ({one}::text < 'z')"))  # fmt: skip
    return f"ALTER TABLE {table} ADD CONSTRAINT {w.own()} {what}"


def _alter_table(w: _World) -> str:
    table = w.table()
    column = w.column(table)
    (type_, value) = w.pick(w.types)
    what = w.pick((
        "ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY", "REPLICA IDENTITY FULL", "REPLICA IDENTITY NOTHING",
        f"ALTER COLUMN {column} SET STATISTICS 55", f"ALTER COLUMN {column} SET (n_distinct = -0.5)", "SET (fillfactor = 44)",
        f"ALTER COLUMN {column} SET STORAGE {w.pick(('PLAIN', 'EXTERNAL', 'MAIN'))}", f"ALTER COLUMN {column} SET NOT NULL",
        f"ALTER COLUMN {column} DROP NOT NULL", f"ALTER COLUMN {column} SET COMPRESSION pglz", f"DROP COLUMN {column}",
        f"ADD COLUMN {w.own()} {type_} DEFAULT {value}", f"ALTER COLUMN {column} SET DEFAULT {value}", "SET UNLOGGED",
        f"NO INHERIT {w.table()}", f"INHERIT {w.table()}", f"ALTER COLUMN {column} DROP DEFAULT",
        f"ADD CONSTRAINT {w.own()} NOT NULL {column}{w.pick(('', ' NO INHERIT', ' NOT VALID'))}" if w.major >= 18 else "SET LOGGED",
    ))  # fmt: skip
    return f"ALTER TABLE {w.pick(('', '', 'ONLY '))}{table} {what}"


def _view(w: _World) -> str:
    name, table = w.new(), w.pick([*sorted(w.tables), *w.views] or ["public.none"])
    columns = w.tables.get(table, ["1 AS one"])
    body = w.pick((f"SELECT * FROM {table}", f"SELECT {columns[0]}, count(*) AS n FROM {table} GROUP BY 1",
                   f"SELECT x.{columns[-1]} AS \"Last\" FROM {table} x WHERE x.{columns[0]} IS NOT NULL"))  # fmt: skip
    options = w.pick(
        ("", "", " WITH (security_barrier=true)", " WITH (security_invoker=true)" if w.major >= 15 else "")
    )
    w.made.append(f"VIEW {name}")
    w.views.append(name)
    return f"CREATE VIEW {name}{options} AS {body}{w.pick(('', '', ' WITH CHECK OPTION'))}"


def _materialized(w: _World) -> str:
    name, table = w.new(), w.pick([*sorted(w.tables), *w.views] or ["public.none"])
    w.made.append(f"MATERIALIZED VIEW {name}")
    return f"CREATE MATERIALIZED VIEW {name}{w.maybe(' WITH (fillfactor=30)')} AS SELECT * FROM {table}{w.maybe(' WITH NO DATA')}"


def _function(w: _World) -> str:
    name, (type_, value) = w.new(), w.pick(w.types)
    row = w.pick(sorted(w.tables)) if w.tables else "text"
    # A nameless NULL in a body reads `NULL::text` when printed, and `NULL::text AS text` when that is read and printed
    # once more: PostgreSQL's own drift, in pg_dump too.
    head, argument = w.pick((
        (f"(x {type_}) RETURNS {type_}", type_), (f"(x {type_} DEFAULT {value}) RETURNS text", type_), (f"(x {row}) RETURNS boolean", row),
        (f"() RETURNS SETOF {row}", ""), ("(VARIADIC x integer[]) RETURNS integer", "integer[]"), ("(x text, OUT y text, OUT z int)", "text"),
        (f"(x anyelement) RETURNS TABLE (y {type_}, \"Z z\" text)", "anyelement"), ("(text) RETURNS integer", "text"),
    ))  # fmt: skip
    body = w.pick(("LANGUAGE plpgsql AS $x$ BEGIN RETURN NULL; END {} %s $x$", "LANGUAGE sql AS 'SELECT NULL'",
                   "LANGUAGE sql RETURN NULL", "LANGUAGE sql BEGIN ATOMIC SELECT NULL AS x; END"))  # fmt: skip
    flags = w.pick(("", " IMMUTABLE STRICT", " STABLE SECURITY DEFINER", " PARALLEL SAFE COST 7", " SET search_path = public, pg_temp",
                    " LEAKPROOF", " IMMUTABLE"))  # fmt: skip
    w.functions.append(f"{name}({argument})")
    w.made.append(f"FUNCTION {name}({argument})")
    return f"CREATE FUNCTION {name}{head}{flags} {body}"


def _used_function(w: _World) -> str:
    """A check or default through a function of the schema's own: where circles come from."""
    table = w.table()
    name = w.pick(w.functions).split("(")[0]
    return w.pick((
        f"ALTER TABLE {table} ADD CONSTRAINT {w.own()} CHECK ({name}({w.column(table)}) IS NOT NULL)",
        f"ALTER TABLE {table} ADD CONSTRAINT {w.own()} CHECK ({name}({table.split('.')[-1]}.*) IS NOT NULL)",
        f"ALTER TABLE {table} ALTER COLUMN {w.column(table)} SET DEFAULT {name}()",
        f"CREATE INDEX {w.own()} ON {table} ({name}({w.column(table)}))",
        f"CREATE VIEW {w.new()} AS SELECT {name}(t.*) AS f FROM {table} t",
    ))  # fmt: skip


def _atomic(w: _World) -> str:
    name, table = w.new(), w.table()
    w.functions.append(f"{name}()")
    return f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM {table}; END"


def _procedure(w: _World) -> str:
    name = w.new()
    w.made.append(f"PROCEDURE {name}(integer)")
    return (
        f"CREATE PROCEDURE {name}({w.pick(('x integer', 'INOUT x integer DEFAULT 3'))}) LANGUAGE plpgsql AS 'BEGIN END'"
    )


def _aggregate(w: _World) -> str:
    name = w.new()
    w.made.append(f"AGGREGATE {name}(integer)")
    extra = w.pick(("", ", INITCOND = '0'", ", PARALLEL = safe", ", MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer",
                    ", COMBINEFUNC = int4pl, SORTOP = <"))  # fmt: skip
    return f"CREATE AGGREGATE {name}(integer) (SFUNC = int4pl, STYPE = integer{extra})"


def _operator(w: _World) -> str:
    name = f"{w.pick(w.schemas)}.{w.pick(('===', '<->>', '@#', '~%'))}"
    w.made.append(f"OPERATOR {name}(integer, integer)")
    extra = w.pick(("", ", HASHES, MERGES", f", COMMUTATOR = OPERATOR({name})", ", RESTRICT = eqsel, JOIN = eqjoinsel"))
    return f"CREATE OPERATOR {name} (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq{extra})"


def _operator_class(w: _World) -> str:
    name = w.new()
    family = w.pick(("", f" FAMILY {w.new()}"))
    if family:
        return f"CREATE OPERATOR FAMILY {family.removeprefix(' FAMILY ')} USING btree"
    return f"CREATE OPERATOR CLASS {name} FOR TYPE integer USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)"


def _cast(w: _World) -> str:
    one, other = w.pick(w.types)[0], w.pick(w.types)[0]
    return f"CREATE CAST ({one} AS {other}) WITH INOUT{w.pick(('', ' AS ASSIGNMENT', ' AS IMPLICIT'))}"


def _text_search(w: _World) -> str:
    name = w.new()
    what, body = w.pick((("CONFIGURATION", "(COPY = simple)"), ("CONFIGURATION", "(PARSER = \"default\")"),
                         ("DICTIONARY", "(TEMPLATE = simple, ACCEPT = false)"), ("DICTIONARY", "(TEMPLATE = snowball, LANGUAGE = 'english')")))  # fmt: skip
    w.made.append(f"TEXT SEARCH {what} {name}")
    return f"CREATE TEXT SEARCH {what} {name} {body}"


def _trigger(w: _World) -> str:
    if not w.triggers or w.pick((False, False, True)):
        name = w.new()
        w.triggers.append(name)
        return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    table, function = w.table(), w.pick(w.triggers)
    what = w.pick((
        "BEFORE INSERT ON {} FOR EACH ROW", f"AFTER UPDATE OF {w.column(table)} ON {{}}", "AFTER DELETE ON {} REFERENCING OLD TABLE AS o",
        "AFTER INSERT OR UPDATE ON {} FOR EACH ROW WHEN (NEW IS NOT NULL)", "BEFORE TRUNCATE ON {}",
    )).format(table)  # fmt: skip
    constraint = w.pick(("", "", "CONSTRAINT ")) if what.startswith("AFTER INSERT") else ""
    return f"CREATE {constraint}TRIGGER {w.own()} {what} EXECUTE FUNCTION {function}({w.pick(('', chr(39) + '{} %s' + chr(39)))})"


def _trigger_state(w: _World) -> str:
    return f"ALTER TABLE {w.table()} {w.pick(('DISABLE TRIGGER USER', 'ENABLE TRIGGER USER'))}"


def _rule(w: _World) -> str:
    event, body = w.pick(("INSERT", "UPDATE", "DELETE")), w.pick(("INSTEAD NOTHING", "ALSO NOTIFY x", "ALSO SELECT 1"))
    return f"CREATE RULE {w.own()} AS ON {event} TO {w.pick([w.table(), *w.views])} DO {body}"


def _policy(w: _World) -> str:
    table = w.table()
    kind = w.pick(("", " AS RESTRICTIVE", " FOR SELECT", ' FOR UPDATE TO "Drawn Writer"', " TO drawn_reader, PUBLIC"))
    return f"CREATE POLICY {w.own()} ON {table}{kind} USING ({w.column(table)} IS NOT NULL)"


def _statistics(w: _World) -> str:
    table = w.table()
    name = w.new()
    w.made.append(f"STATISTICS {name}")
    return f"CREATE STATISTICS {name}{w.pick(('', ' (ndistinct, mcv)'))} ON {w.column(table)}, {w.column(table)} FROM {table}"


def _comment(w: _World) -> str:
    text = w.pick(("'plain'", "'it''s {} %s'", "E'two\\nlines'", "E'back\\\\slash'", "'größe'"))
    table = w.table()
    on = w.pick([*w.made, f"COLUMN {table}.{w.column(table)}"] if w.made else ["SCHEMA public"])
    return f"COMMENT ON {on} IS {text}"


def _owner(w: _World) -> str:
    on = w.pick(w.made or ["SCHEMA public"])
    return f"ALTER {on} OWNER TO {quoted(w.pick(ROLES))}"


def _grant(w: _World) -> str:
    on = w.pick(w.made or ["SCHEMA public"])
    on = on.replace("MATERIALIZED VIEW ", "TABLE ").replace("VIEW ", "TABLE ").replace("AGGREGATE ", "FUNCTION ")
    table = w.table()
    return w.pick((
        f"GRANT ALL ON {on} TO drawn_reader", f"GRANT ALL ON {on} TO \"Drawn Writer\" WITH GRANT OPTION", f"REVOKE ALL ON {on} FROM PUBLIC",
        f"GRANT SELECT, INSERT ON {table} TO PUBLIC", f"GRANT SELECT ({w.column(table)}) ON {table} TO drawn_reader",
        f"REVOKE ALL ON {on} FROM CURRENT_USER",
    ))  # fmt: skip


def _default_privileges(w: _World) -> str:
    where = w.pick(("", f" IN SCHEMA {w.pick(w.schemas)}", " FOR ROLE drawn_reader"))
    what = w.pick(
        (
            "GRANT SELECT ON TABLES TO drawn_reader",
            "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            'GRANT USAGE ON TYPES TO "Drawn Writer"',
        )
    )
    return f"ALTER DEFAULT PRIVILEGES{where} {what}"


def _publication(w: _World) -> str:
    table = w.table()
    what = w.pick(("FOR ALL TABLES", f"FOR TABLE {table}", f"FOR TABLE ONLY {table}", "", f"FOR TABLES IN SCHEMA {w.pick(w.schemas)}",
                   f"FOR TABLE {table} ({w.column(table)})", f"FOR TABLE {table} WHERE ({w.column(table)} IS NULL)"))  # fmt: skip
    return (
        f"CREATE PUBLICATION {w.own()} {what}{w.pick(('', ' WITH (publish = ' + chr(39) + 'insert' + chr(39) + ')'))}"
    )


def _foreign(w: _World) -> str:
    name = w.own()
    wrapper, server = f"w{name[1:-1]}", f"s{name[1:-1]}"
    table = w.new()
    return (
        f"CREATE FOREIGN DATA WRAPPER {quoted(wrapper)}; CREATE SERVER {quoted(server)} FOREIGN DATA WRAPPER {quoted(wrapper)}"
        f" OPTIONS (host 'it''s'); CREATE FOREIGN TABLE {table} (a integer OPTIONS (x 'y') NOT NULL, b {w.pick(w.types)[0]})"
        f" SERVER {quoted(server)}{w.pick(('', ' OPTIONS (name ' + chr(39) + '{}' + chr(39) + ')'))};"
        f" CREATE USER MAPPING FOR {w.pick(('PUBLIC', 'drawn_reader'))} SERVER {quoted(server)} OPTIONS (user 'me')"
    ).replace('""', '"')


def _event_trigger(w: _World) -> str:
    name = w.new()
    return (
        f"CREATE FUNCTION {name}() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        f" CREATE EVENT TRIGGER {w.own()} ON {w.pick(('ddl_command_start', 'sql_drop'))}"
        f"{w.maybe(' WHEN TAG IN (' + chr(39) + 'DROP TABLE' + chr(39) + ')')} EXECUTE FUNCTION {name}()"
    )


_MAKERS: tuple[Callable[[_World], str], ...] = (
    _schema, _enum, _domain, _composite, _range, _collation, _sequence, _table, _table, _table, _table, _partition, _partition,
    _index, _index, _foreign_key, _foreign_key, _constraint, _alter_table, _alter_table, _view, _view, _materialized, _function,
    _function, _used_function, _used_function, _atomic, _procedure, _aggregate, _operator, _operator_class, _cast, _text_search,
    _trigger, _trigger, _trigger_state, _rule, _policy, _statistics, _comment, _comment, _owner, _grant, _grant,
    _default_privileges, _publication, _foreign, _event_trigger,
)  # fmt: skip


@st.composite
def scripts(draw: st.DrawFn, major: int) -> list[str]:
    """Statements in the order in which they are tried, 5 to 40 of them."""

    def pick(choices: Sequence[T]) -> T:
        return choices[draw(st.integers(0, len(choices) - 1))]

    world = _World(pick=pick, major=major)
    makers = draw(st.lists(st.sampled_from(_MAKERS), min_size=5, max_size=40))
    return [_table(world), *(maker(world) for maker in makers)]
