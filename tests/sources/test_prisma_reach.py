"""A table, a schema.prisma for it, and SQL by hand beside it: what is judged, what is kept, what is the same.

Each case has a schema of its own in one database, so that both sides are read once and the engine is asked once.

Prisma's own engine is the judge: it says which statements it would write next, and where it writes none there is no
drift. Where the reader and the engine part, `PARTED` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from prisma_engine import PrismaEngine
from prisma_judging import empty_database

from pgmason.catalog.kinds import all_kinds
from pgmason.plan.diff import Change, Comparison, compare
from pgmason.plan.telling import as_json, as_text
from pgmason.postgres.server import Server
from pgmason.sources import Context, Reading, read_source
from pgmason.sources.prisma.reach import SAYS

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
PREVIEW = 'generator client {\n  provider = "x"\n  previewFeatures = ["partialIndexes"]\n}\n'
TABLE = 'CREATE TABLE "T" (id integer NOT NULL, k text NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY (id));\n'
BY_HAND = """
CREATE VIEW v AS SELECT k FROM "T";
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON "T" FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE "T" ADD CONSTRAINT positive CHECK (id > 0), ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON "T" USING (true);
CREATE INDEX partial ON "T" (k) WHERE id > 3;
CREATE INDEX expression ON "T" (lower(k));
CREATE DOMAIN d AS text; CREATE SEQUENCE s; CREATE SCHEMA other; CREATE TABLE other.o (id integer);
COMMENT ON TABLE "T" IS 'told'; COMMENT ON COLUMN "T".k IS 'told';
"""


@dataclass(frozen=True, slots=True)
class Case:
    """`schema`: the model's lines besides id and k. `sql`: what stands in the database besides the table."""

    name: str
    schema: str
    sql: str
    drift: tuple[str, ...] = ()  # names of the objects that differ
    kept: tuple[str, ...] = ()
    preview: bool = False


def column(definition: str) -> str:
    return f'ALTER TABLE "T" ADD COLUMN z {definition};'


SELF = 'z Int?\n  up T? @relation("r", fields: [z], references: [id])\n  down T[] @relation("r")'
KEY = 'ALTER TABLE "T" ADD CONSTRAINT "{}" FOREIGN KEY (z) REFERENCES "T" ON UPDATE CASCADE ON DELETE SET NULL'
CASES = (
    Case("by hand", "", BY_HAND, kept=("T", "k", "expression", "f", "p", "partial", "positive", "t", "v")),
    Case("a table too many", "", "CREATE TABLE b (id integer);", ("b",)),
    Case("a type too many", "", "CREATE TYPE e AS ENUM ('a');", ("e",)),
    Case("an index too many", "", 'CREATE INDEX i ON "T" (k);', ("i",)),
    Case("an index too few", "@@index([k])", "", ("T_k_idx",)),
    Case("an index of another name", "@@index([k])", 'CREATE INDEX i ON "T" (k);', ("T_k_idx", "i")),
    Case("partial, schema without WHERE", "@@index([k])", 'CREATE INDEX "T_k_idx" ON "T" (k) WHERE id > 3;',
         kept=("T_k_idx",)),
    Case("partial, in reach", "", 'CREATE INDEX i ON "T" (k) WHERE id > 3;', ("i",), preview=True),
    Case("partial, the same", '@@index([k], where: raw("id > 3"))', 'CREATE INDEX "T_k_idx" ON "T" (k) WHERE id > 3;',
         preview=True),
    Case("partial, another", '@@index([k], where: raw("id > 4"))', 'CREATE INDEX "T_k_idx" ON "T" (k) WHERE id > 3;',
         ("T_k_idx",), preview=True),
    Case("an expression under the name", "@@index([k])", 'CREATE INDEX "T_k_idx" ON "T" (lower(k));', ("T_k_idx",)),
    Case("columns carried", "@@index([k])", 'CREATE INDEX "T_k_idx" ON "T" (k) INCLUDE (id);', ("T_k_idx",)),
    Case("a collation", "@@index([k])", 'CREATE INDEX "T_k_idx" ON "T" (k COLLATE "C");'),
    Case("nulls last", "@@index([k, id(sort: Desc)])", 'CREATE INDEX "T_k_id_idx" ON "T" (k, id DESC NULLS LAST);'),
    Case("fillfactor", "@@index([k])", 'CREATE INDEX "T_k_idx" ON "T" (k) WITH (fillfactor = 70);', kept=("T_k_idx",)),
    Case("a unique constraint", "@@unique([k])", 'ALTER TABLE "T" ADD CONSTRAINT "T_k_key" UNIQUE (k);',
         kept=("T_k_key",)),
    Case("a unique constraint too many", "", 'ALTER TABLE "T" ADD CONSTRAINT "T_k_key" UNIQUE (k);', ("T_k_key",),
         ("T_k_key",)),
    Case("nulls not distinct", "@@unique([k])", 'CREATE UNIQUE INDEX "T_k_key" ON "T" (k) NULLS NOT DISTINCT;',
         kept=("T_k_key",)),
    Case("an identity", "z Int @default(autoincrement())", column("integer GENERATED ALWAYS AS IDENTITY")),
    Case("an identity too many", "z Int", column("integer GENERATED ALWAYS AS IDENTITY"), ("z",)),
    Case("a sequence by hand", "z Int @default(autoincrement())",
         "CREATE SEQUENCE s; " + column("integer NOT NULL DEFAULT nextval('s')"), kept=("T_z_seq", "s")),
    Case("generated", "z Int?", column("integer GENERATED ALWAYS AS (id + 1) STORED"), ("z",)),
    Case("generated, said", 'z Int? @default(dbgenerated("(id + 1)"))',
         column("integer GENERATED ALWAYS AS (id + 1) STORED")),
    Case("a default left open", "z Int? @default(dbgenerated())", column("integer DEFAULT 3"), kept=()),
    Case("now()", "z DateTime @default(now())", column("timestamp(3) NOT NULL DEFAULT now()")),
    Case("another clock", "z DateTime @default(now())", column("timestamp(3) NOT NULL DEFAULT localtimestamp"), ("z",)),
    Case("a precision of six", "z DateTime @db.Timestamp", column("timestamp(6) NOT NULL")),
    Case("a precision of three", "z DateTime", column("timestamp NOT NULL"), ("z",)),
    Case("digits", "z Decimal @default(1.5)", column("numeric(65,30) NOT NULL DEFAULT 1.50")),
    Case("another number", "z Decimal @default(1.5)", column("numeric(65,30) NOT NULL DEFAULT 1.51"), ("z",)),
    Case("spaces in JSON", 'z Json @default("{\\"a\\": 1}")', column("jsonb NOT NULL DEFAULT '{\"a\":1}'")),
    Case("a list as text", 'z String[] @default(["a", "b c"])', column("text[] DEFAULT '{a,\"b c\"}'")),
    Case("a list too short", 'z String[] @default(["a", "b"])', column("text[] DEFAULT '{a}'"), ("z",)),
    Case("a list and no default", "z String[]", column("text[] DEFAULT '{}'"), ("z",)),
    Case("a list NOT NULL", "z String[]", column("text[] NOT NULL"), kept=("z",)),
    Case("a default too many", "z DateTime @updatedAt", column("timestamp(3) NOT NULL DEFAULT now()"), ("z",)),
    Case("letters of another case", 'z String @default("x")', column("text NOT NULL DEFAULT 'X'"), ("z",)),
    Case("a longer text", "z String @db.VarChar(20)", column("varchar(30) NOT NULL"), ("z",)),
    Case("one character", "z String @db.Char(1)", column("char NOT NULL")),
    Case("NULL allowed", "z Int", column("integer"), ("z",)),
    Case("a key not valid", SELF, column("integer") + KEY.format("T_z_fkey") + " DEFERRABLE NOT VALID;",
         kept=("T_z_fkey",)),
    Case("a key of another name", SELF, column("integer") + KEY.format("other") + ";", ("T_z_fkey", "other")),
    Case("a key of other actions", SELF,
         column("integer") + 'ALTER TABLE "T" ADD CONSTRAINT "T_z_fkey" FOREIGN KEY (z) REFERENCES "T";',
         ("T_z_fkey",)),
    Case("partitions", "", "CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id);"
         "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (3);", ("p",), ("p1",)),
    Case("an operator class", '@@index([k(ops: raw("text_pattern_ops"))])',
         'CREATE INDEX "T_k_idx" ON "T" (k text_pattern_ops);'),
    Case("a function's default", 'z String @default(dbgenerated("md5(\'x\')"))',
         column("text NOT NULL DEFAULT md5('x')")),
    Case("another type that Prisma has not", 'z Unsupported("circle")', column("point NOT NULL"), ("z",)),
)  # fmt: skip

# Where PostgreSQL decides, and the engine sees something else.
PARTED = {
    "an operator class": "the engine drops the index and makes the same again, each time",
    "a function's default": "the engine sets the default that is there, because it is spelled otherwise in pg_catalog",
    "another type that Prisma has not": "the engine does not compare types that it does not know",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What our comparison says of all cases, and the statements that the engine would write, by the case's schema."""

    comparison: Comparison
    engine: str

    def of(self, case: Case) -> tuple[list[Change], list[Change], list[str]]:
        """(what differs, what is kept, what the engine writes) in the schema of a case."""
        schema = schema_name(case)
        differ = [change for change in self.comparison.changes if change.object.path[0] == schema]
        kept = [change for change in self.comparison.kept if change.object.path[0] in (schema, f"other_{schema}")]
        written = [line for line in self.engine.splitlines() if f'"{schema}"' in line and not line.startswith("--")]
        return differ, kept, written


def schema_name(case: Case) -> str:
    return f"c{CASES.index(case)}"


def model_of(case: Case) -> str:
    schema = schema_name(case)
    lines = case.schema.replace(" T?", f" {schema.upper()}?").replace(" T[]", f" {schema.upper()}[]")
    return f'model {schema.upper()} {{\n  id Int @id\n  k String\n  {lines}\n  @@map("T")\n  @@schema("{schema}")\n}}\n'


@pytest.fixture(scope="module")
def outcomes(
    engine: PrismaEngine, prisma_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, Outcome]:
    """By whether the preview feature is on."""
    return {
        preview: outcome_of(engine, prisma_server, tmp_path_factory.mktemp("reach"), preview=preview)
        for preview in (False, True)
    }


def outcome_of(engine: PrismaEngine, server: Server, folder: Path, *, preview: bool) -> Outcome:
    cases = [case for case in CASES if case.preview is preview]
    schemas = ", ".join(f'"{schema_name(case)}"' for case in cases)
    schema = f'datasource db {{\n  provider = "postgresql"\n  schemas = [{schemas}]\n}}\n'
    schema += (PREVIEW if preview else "") + "".join(map(model_of, cases))
    script = "".join(
        f"CREATE SCHEMA {schema_name(case)}; SET search_path = {schema_name(case)};\n{TABLE}"
        + case.sql.replace("other.o", f"other_{schema_name(case)}.o").replace(
            "SCHEMA other", f"SCHEMA other_{schema_name(case)}"
        )
        for case in cases
    )
    (folder / "by_hand.sql").write_text(script)
    (folder / "schema.prisma").write_text(schema)
    context = Context(base=folder, root=folder, major=server.choice.installation.major)
    sides: list[Reading] = [read_source(source, context) for source in ("sql:by_hand.sql", "prisma:schema.prisma")]
    comparison = compare(sides[0].catalog, sides[1].catalog, reaches=[side.reach for side in sides])
    with empty_database(server) as database:
        database.apply(script)
        return Outcome(comparison, engine.drift(database.url, {"schema.prisma": schema}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_drift_is_what_the_language_can_say(case: Case, outcomes: dict[bool, Outcome]) -> None:
    differ, kept, written = outcomes[case.preview].of(case)
    assert {change.object.own_name for change in differ} == set(case.drift)
    names = {change.object.own_name for change in kept}
    assert [name for name in case.kept if name not in names] == []
    assert bool(written) == (bool(case.drift) is not (case.name in PARTED)), written


@pytest.mark.parametrize("source", ["sql:by_hand.sql", "migrations:prisma/migrations"])
def test_what_is_kept_is_listed_by_name(source: str, prisma_server: Server, tmp_path: Path) -> None:
    (tmp_path / "by_hand.sql").write_text(TABLE + BY_HAND)
    for name, sql in (("1_init", TABLE), ("2_by_hand", BY_HAND)):
        (tmp_path / "prisma" / "migrations" / name).mkdir(parents=True)
        (tmp_path / "prisma" / "migrations" / name / "migration.sql").write_text(sql)
    (tmp_path / "schema.prisma").write_text(f"{DATASOURCE}model T {{\n  id Int @id\n  k String\n}}\n")
    context = Context(base=tmp_path, root=tmp_path, major=prisma_server.choice.installation.major)
    one, other = (read_source(side, context) for side in (source, "prisma:schema.prisma"))
    comparison = compare(one.catalog, other.catalog, reaches=[one.reach, other.reach])
    assert comparison.changes == ()
    lines = [line.split(maxsplit=1) for line in as_text(comparison).splitlines()]
    assert "kept, beyond schema.prisma:" in as_text(comparison).splitlines()
    for line in (
        ["check", 'public."T".positive'],
        ["trigger", 'public."T".t'],
        ["policy", 'public."T".p'],
        ["index", "public.expression, public.partial"],
        ["comment", 'table public."T", column public."T".k'],
        ["view", "public.v"],
        ["function", "public.f()"],
        ["domain", "public.d"],
        ["no", "difference"],
    ):
        assert line in lines
    answer = as_json(comparison)
    assert (answer["changes"], answer["beyond"]) == ([], ["schema.prisma"])
    assert len(answer["kept"]) == len(comparison.kept)


def test_every_kind_that_the_language_has_is_one_of_ours() -> None:
    states = {kind.name: kind.state for kind in all_kinds()}
    for kind, fields in SAYS.items():
        assert set(fields) <= set(states[kind].__dataclass_fields__)
