"""Where a schema.prisma is found, which Prisma it is for, and where what it makes is pointed to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgmason.errors import StatementFailed, UnknownSource, Unsupported
from pgmason.names import ObjectId
from pgmason.plan.diff import compare
from pgmason.sources import Context, kind_of, read_source
from pgmason.sources.prisma import schema_of
from pgmason.sources.prisma.faults import SchemaInvalid
from pgmason.sources.prisma.files import schema_files
from pgmason.sources.prisma.lexer import tokens_of
from pgmason.sources.prisma.lowering import lower
from pgmason.sources.prisma.parser import parse
from pgmason.sources.prisma.places import named_in_config
from pgmason.sources.prisma.version import NEWEST, Version, version_of

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
MODEL = "model A {\n  id Int @id\n}\n"
MANY = "model A {\n  id Int @id\n  bs B[]\n}\nmodel B {\n  id Int @id\n  as A[]\n}\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"schema.prisma": ""}, ["schema.prisma"]),
        ({"prisma/schema.prisma": ""}, ["prisma/schema.prisma"]),
        ({"prisma/schema/a.prisma": "", "prisma/schema/deep/b.prisma": "", "prisma/migrations/c.prisma": ""},
         ["prisma/schema/a.prisma", "prisma/schema/deep/b.prisma"]),
        ({"package.json": '{"prisma": {"schema": "db/my.prisma"}}', "db/my.prisma": "", "prisma/schema.prisma": ""},
         ["db/my.prisma"]),
        ({"prisma.config.ts": 'export default defineConfig({ schema: "db", migrations: { path: "m" } })',
          "db/a.prisma": "", "db/b.prisma": "", "package.json": '{"prisma": {"schema": "no.prisma"}}'},
         ["db/a.prisma", "db/b.prisma"]),
        ({"prisma.config.ts": "export default { /* schema: 'no' */ schema: path.join('db', 'x.prisma') }",
          "db/x.prisma": ""}, ["db/x.prisma"]),
        ({"schema.prisma": "", "node_modules/p/schema.prisma": "", "apps/web/package.json": "{}",
          "apps/web/schema.prisma": ""}, ["schema.prisma"]),
    ],
)  # fmt: skip
def test_a_project_s_folder_gives_the_files_that_prisma_would_take(
    files: dict[str, str], found: list[str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    assert [file.relative_to(tmp_path).as_posix() for file in schema_files(tmp_path, shown=".")] == found


def test_what_is_no_schema_is_told_by_name(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"new/20260101_a/ops.json": "{}", "empty/readme.md": "", "package.json": '{"prisma": {"schema": "x"}}'},
    )
    for path, error, words in (
        ("new", Unsupported, "Prisma 8"),
        ("empty", UnknownSource, "holds no .prisma file"),
        ("nowhere", UnknownSource, "no such file"),
        (".", UnknownSource, "names a schema that is not there"),
    ):
        with pytest.raises(error, match=words):
            schema_files(tmp_path / path, shown=path)


def test_prisma_config_is_read_as_text_and_never_run() -> None:
    text = "import path from 'node:path'\n// schema: 'no'\nexport default defineConfig({\n"
    text += "  schema: path.join(__dirname, 'prisma', 'schema'),\n  migrations: { seed: 'x', path: `db/m` },\n})\n"
    named = named_in_config(text)
    assert (named.schema, named.migrations) == ("prisma/schema", "db/m")
    assert named_in_config("schema: process.env.SCHEMA").schema is None


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, NEWEST),
        ({"package.json": '{"devDependencies": {"prisma": "^5.4.1"}}'}, (5, 4, 1)),
        ({"package.json": '{"dependencies": {"@prisma/client": "6.x"}}'}, (6, 0, 0)),
        ({"package.json": '{"devDependencies": {"prisma": "^5.4.1"}}',
          "package-lock.json": json.dumps({"packages": {"node_modules/prisma": {"version": "5.22.0"}}}, indent=2)},
         (5, 22, 0)),
        ({"package.json": '{"devDependencies": {"prisma": "^6.0.0"}}',
          "pnpm-lock.yaml": "packages:\n\n  prisma@6.2.1(typescript@5.7.3):\n    resolution: {}\n"}, (6, 2, 1)),
        ({"package.json": '{"devDependencies": {"prisma": "^5.0.0"}}',
          "yarn.lock": '"prisma@^5.0.0":\n  version "5.1.1"\n'}, (5, 1, 1)),
        ({"package.json": "{}", "apps/api/package.json": '{"devDependencies": {"prisma": "~4.16.2"}}'}, (4, 16, 2)),
        ({"package.json": '{"devDependencies": {"prisma": "workspace:*"}}'}, NEWEST),
        ({"package.json": "no JSON"}, NEWEST),
    ],
)  # fmt: skip
def test_the_version_is_the_lock_file_s_else_the_manifest_s(
    files: dict[str, str], version: Version | tuple[int, int, int], tmp_path: Path
) -> None:
    folder = write(tmp_path, files) / "apps" / "api" / "prisma"
    folder.mkdir(parents=True, exist_ok=True)
    found = version_of(folder, tmp_path)
    assert (found.major, found.minor, found.patch) == (
        (version.major, version.minor, version.patch) if isinstance(version, Version) else version
    )


def test_a_join_table_has_a_key_since_prisma_6_and_a_unique_index_before(tmp_path: Path) -> None:
    write(tmp_path, {"schema.prisma": DATASOURCE + MANY})
    schema = schema_of(tmp_path / "schema.prisma", Context(base=tmp_path, root=tmp_path))
    since, before = (
        [statement.sql for statement in lower(schema, version) if '"_AToB"' in statement.sql]
        for version in (Version(6), Version(5, 22))
    )
    assert 'CONSTRAINT "_AToB_AB_pkey" PRIMARY KEY ("A","B")' in since[0]
    assert "PRIMARY KEY" not in before[0]
    assert 'CREATE UNIQUE INDEX "_AToB_AB_unique" ON "_AToB"("A", "B")' in before


@pytest.mark.corpus
def test_join_tables_of_prisma_5_are_those_that_a_real_history_made(corpus: Path, tmp_path: Path) -> None:
    product = corpus / "prisma" / "trigger"
    shutil.copy(product / "schema.prisma", tmp_path / "schema.prisma")
    write(tmp_path, {"package.json": '{"devDependencies": {"prisma": "5.4.1"}}'})
    migrations = read_source(f"migrations:{product / 'migrations'}", Context(base=product, root=product))
    schema = read_source("prisma:schema.prisma", Context(base=tmp_path, root=tmp_path))
    changes = compare(migrations.catalog, schema.catalog, reaches=[schema.reach]).changes
    joins = {change.object.path for change in changes if change.object.own_name.endswith(("_AB_unique", "_AB_pkey"))}
    assert joins == set()
    assert sum(index.own_name.endswith("_AB_unique") for index in schema.catalog.objects) == 4


def test_what_a_schema_makes_points_into_its_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "prisma/base.prisma": DATASOURCE + "enum Role {\n  ADMIN\n}\n",
            "prisma/user.prisma": "model User {\n  id Int @id @default(autoincrement())\n  email String @unique\n"
            "  posts Post[]\n  role Role\n\n  @@index([role, email])\n  @@map(\"users\")\n}\n",
            "prisma/post.prisma": "model Post {\n  id Int @id\n  userId Int @map(\"user_id\")\n"
            "  user User @relation(fields: [userId], references: [id])\n  tags Tag[]\n}\n"
            "model Tag {\n  id Int @id\n  posts Post[]\n}\n",
        },
    )  # fmt: skip
    context = Context(base=tmp_path, root=tmp_path)
    reading = read_source("prisma:prisma", context)
    expected = {
        ("enum", "Role"): "prisma/base.prisma:4",
        ("table", "users"): "prisma/user.prisma:1",
        ("column", "users", "email"): "prisma/user.prisma:3",
        ("index", "users_email_key"): "prisma/user.prisma:3",
        ("index", "users_role_email_idx"): "prisma/user.prisma:7",
        ("primary key", "users", "users_pkey"): "prisma/user.prisma:2",
        ("sequence", "users_id_seq"): "prisma/user.prisma:2",
        ("foreign key", "Post", "Post_user_id_fkey"): "prisma/post.prisma:4",
        ("table", "_PostToTag"): "prisma/post.prisma:5",
    }
    for (kind, *path), place in expected.items():
        assert str(reading.places[ObjectId(kind, ("public", *path))]) == place
    found = kind_of("prisma:prisma", context)
    assert found is not None
    assert found[0].calls is not None
    called = {identity.path[1:]: name.words for identity, name in found[0].calls(found[1], context).items()}
    assert called[("users",)] == "model User"
    assert called[("Post", "user_id")] == "Post.userId"
    assert called[("Post", "Post_user_id_fkey")] == "relation Post.user"
    assert called[("_PostToTag",)] == "relation Post.tags, Tag.posts"
    assert called[("users_role_email_idx",)] == "User @@index([role, email])"
    assert called[("users_email_key",)] == "User.email @unique"


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"schema.prisma": DATASOURCE.replace("}", '  directUrl = env("DIRECT")\n}') + MODEL},
         "its migrations go by directUrl: the database itself is database:env:DIRECT"),
        ({"schema.prisma": DATASOURCE.replace("}", '  url = env("X")\n}') + MODEL,
          "package.json": '{"devDependencies": {"prisma": "^7.1.0"}}'},
         "Prisma 7 refuses url in the datasource (P1012): it belongs in prisma.config.ts"),
        ({"schema.prisma": DATASOURCE + MANY},
         "no package.json says which Prisma this is for: join tables are as since Prisma 6"),
    ],
)  # fmt: skip
def test_what_a_reader_must_know_of_the_schema_is_noted(files: dict[str, str], note: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    assert note in read_source("prisma:schema.prisma", Context(base=tmp_path, root=tmp_path)).notes


def test_what_postgresql_refuses_is_told_at_the_field(tmp_path: Path) -> None:
    text = DATASOURCE + 'model A {\n  id Int @id\n  b Int @default(dbgenerated("nonsense("))\n}\n'
    write(tmp_path, {"schema.prisma": text})
    with pytest.raises(StatementFailed) as failed:
        read_source("prisma:schema.prisma", Context(base=tmp_path, root=tmp_path))
    assert failed.value.file == "schema.prisma"
    write(tmp_path, {"schema.prisma": text.replace("nonsense(", "no_such_function()")})
    with pytest.raises(StatementFailed) as failed:
        read_source("prisma:schema.prisma", Context(base=tmp_path, root=tmp_path))
    assert (failed.value.where, failed.value.sqlstate) == ("schema.prisma:6", "42883")


def test_a_default_that_reads_another_column_is_a_generated_column(tmp_path: Path) -> None:
    field = 'b Unsupported("tsvector")? @default(dbgenerated("to_tsvector(\'simple\'::regconfig, c)"))'
    write(tmp_path, {"schema.prisma": f"{DATASOURCE}model A {{\n  id Int @id\n  {field}\n  c String\n}}\n"})
    reading = read_source("prisma:schema.prisma", Context(base=tmp_path, root=tmp_path))
    column = reading.catalog.objects[ObjectId("column", ("public", "A", "b"))]
    assert (column.generated, column.expression) == ("stored", "to_tsvector('simple'::regconfig, c)")
    assert "schema.prisma:6: a generated column, because its dbgenerated() speaks of others" in reading.notes


def test_all_faults_of_a_schema_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    write(tmp_path, {"schema.prisma": f'{DATASOURCE}model A {{\n  id Int @id @nope\n  b Int @default("x")\n}}\n'})
    with pytest.raises(SchemaInvalid) as refused:
        schema_of(tmp_path / "schema.prisma", Context(base=tmp_path, root=tmp_path))
    error = refused.value.as_json()["error"]
    assert (error["code"], error["prisma"], error["where"]) == ("prisma-schema-invalid", "P1012", "schema.prisma:5:14")
    assert [(fault["line"], fault["column"], fault["prisma"]) for fault in error["faults"]] == [
        (5, 14, 'Attribute not known: "@nope"'),
        (6, 9, 'Error parsing attribute "@default"'),
    ]


@given(st.text(alphabet=st.sampled_from('model enum A{}@()[]":=?!.,-_/*\\\n\t 1é'), max_size=200))
def test_any_text_is_cut_into_all_of_its_words_and_never_stops_the_parser(text: str) -> None:
    tokens = tokens_of(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    ends = [0, *(token.end for token in tokens)]
    between = [text[end : token.start] for end, token in zip(ends, tokens, strict=False)]
    assert "".join(between).strip() == ""
    document, _ = parse(text, file="schema.prisma")
    assert document.text == text


def test_brackets_without_end_are_refused_and_do_not_end_the_interpreter() -> None:
    _, faults = parse(f"{DATASOURCE}model A {{\n  id Int @default({'[' * 5000})\n}}\n", file="schema.prisma")
    assert "deeper" in faults[0].message
