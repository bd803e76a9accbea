"""The two sides of a product, its schema file and its migrations, compared as far as the file's language reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gate_input import Given, make_schema

from pgmason.catalog.kinds.check import Check
from pgmason.config import Product, read_workspace
from pgmason.evidence import Gap, Status
from pgmason.gate.criteria.schema_matches_migrations import SchemaMatchesMigrations
from pgmason.gate.product_run import ProductRun
from pgmason.names import ObjectId

TODAY = Given.__dataclass_fields__["today"].default

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
SHOP = {
    "pgmason.toml": '[products.shop]\nschema = "prisma:schema.prisma"\nmigrations = "migrations"\nformat = "prisma"\n',
    "schema.prisma": DATASOURCE
    + "model User {\n  id Int @id @default(autoincrement())\n  email String @unique\n  age Int?\n\n"
    + '  @@map("users")\n}\n',
    "migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "migrations/1_init/migration.sql": 'CREATE TABLE users (id serial, email text NOT NULL, age integer,\n'
    'CONSTRAINT users_pkey PRIMARY KEY (id));\nCREATE UNIQUE INDEX users_email_key ON users (email);\n',
}  # fmt: skip
BY_HAND = """
ALTER TABLE users ADD CONSTRAINT grown_up CHECK (age > 17);
CREATE INDEX users_young_idx ON users (age) WHERE age < 30;
CREATE INDEX users_lower_idx ON users (lower(email));
CREATE VIEW names AS SELECT email FROM users;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (true);
COMMENT ON TABLE users IS 'people';
"""


def run_of(folder: Path, files: dict[str, str]) -> ProductRun:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return ProductRun(product=read_workspace(folder / "pgmason.toml").product(None), today=TODAY)


def test_the_same_on_both_sides_is_proven(tmp_path: Path) -> None:
    verdict = SchemaMatchesMigrations().judge(run_of(tmp_path, SHOP))
    assert verdict.status is Status.PROVEN
    assert verdict.evidence is not None
    assert verdict.evidence.actual == "0 objects differ"


def test_what_is_written_by_hand_beyond_the_language_is_kept_and_counted(tmp_path: Path) -> None:
    by_hand = {"migrations/2_by_hand/migration.sql": BY_HAND}
    verdict = SchemaMatchesMigrations().judge(run_of(tmp_path, SHOP | by_hand))
    assert verdict.status is Status.PROVEN
    # check, two indexes, view, function, trigger, policy; the comment and the row security of the table are one
    assert verdict.evidence is not None
    assert "kept, beyond schema.prisma: 8 objects" in verdict.evidence.read


def test_a_difference_refutes_at_its_line_in_the_schema_file(tmp_path: Path) -> None:
    changed = SHOP["schema.prisma"].replace("  age Int?\n", "  age Int?\n  born DateTime?\n")
    verdict = SchemaMatchesMigrations().judge(run_of(tmp_path, SHOP | {"schema.prisma": changed}))
    assert (verdict.status, verdict.gap) == (Status.NOT_PROVEN, Gap.REFUTED)
    (failure,) = verdict.failing
    assert (failure.subject, str(failure.place)) == ("public.users.born", "schema.prisma:8")
    assert verdict.next_command == "pgmason schema diff migrations:migrations prisma:schema.prisma"


def test_an_invalid_schema_file_refutes_with_all_its_faults_and_stops_nothing_else(tmp_path: Path) -> None:
    wrong = SHOP["schema.prisma"].replace("age Int?", "age Int? @nope\n  x Nothing")
    run = run_of(tmp_path, SHOP | {"schema.prisma": wrong})
    verdict = SchemaMatchesMigrations().judge(run)
    assert (verdict.status, verdict.gap) == (Status.NOT_PROVEN, Gap.REFUTED)
    (failure,) = verdict.failing
    assert str(failure.place) == "schema.prisma:8"
    assert '(column 5; Prisma: Type "Nothing" is neither a built-in type)' in failure.what
    assert [one.called for one in run.findings() if one.object] == [""]


def test_a_schema_file_that_postgresql_refuses_is_told_at_its_line(tmp_path: Path) -> None:
    wrong = SHOP["schema.prisma"].replace("age Int?", 'age Int? @default(dbgenerated("none()"))')
    verdict = SchemaMatchesMigrations().judge(run_of(tmp_path, SHOP | {"schema.prisma": wrong}))
    assert (verdict.status, verdict.gap) == (Status.NOT_PROVEN, Gap.REFUTED)
    assert [str(failure.place) for failure in verdict.failing] == ["schema.prisma:7"]


def test_models_that_are_not_pascal_case_are_told(tmp_path: Path) -> None:
    run = run_of(tmp_path, SHOP | {"schema.prisma": SHOP["schema.prisma"].replace("model User", "model app_user")})
    (finding,) = [one for one in run.findings() if one.detail == "model"]
    assert (finding.rule, finding.called, str(finding.place)) == (
        "name-outside-convention",
        "model app_user",
        "schema.prisma:4",
    )
    assert "AppUser" in finding.message


def test_an_edited_schema_file_is_judged_anew(tmp_path: Path) -> None:
    before = run_of(tmp_path, SHOP).fingerprint(*SchemaMatchesMigrations.inputs)
    assert run_of(tmp_path, SHOP).fingerprint(*SchemaMatchesMigrations.inputs) == before
    changed = SHOP["schema.prisma"].replace("age Int?", "age Int? // years")
    after = run_of(tmp_path, SHOP | {"schema.prisma": changed}).fingerprint(*SchemaMatchesMigrations.inputs)
    assert after != before


def test_findings_and_the_document_use_the_names_of_the_schema_file(tmp_path: Path) -> None:
    run = run_of(tmp_path, SHOP)
    (finding,) = [one for one in run.findings() if one.rule == "table-without-timestamps" and one.object]
    assert (finding.called, str(finding.place)) == ("model User", "schema.prisma:4")
    assert finding.told.endswith("(model User)")
    assert run.model_input().called[ObjectId("column", ("public", "users", "email"))] == "User.email"


def test_without_a_language_everything_that_differs_refutes(product: Callable[..., Product]) -> None:
    catalog: Any = make_schema()
    check = ObjectId("check", ("public", "orders", "positive"))
    state = Check(columns=(), definition="CHECK (true)", validated=True)
    more = replace(catalog, objects={**catalog.objects, check: state})
    verdict = SchemaMatchesMigrations().judge(Given(product=product(), catalog_=more, declared_=catalog))
    assert (verdict.status, [failure.subject for failure in verdict.failing]) == (
        Status.NOT_PROVEN,
        ["public.orders.positive"],
    )


def test_one_side_alone_is_not_applicable(product: Callable[..., Product]) -> None:
    verdict = SchemaMatchesMigrations().judge(Given(product=product(), catalog_=make_schema(), declared_=None))
    assert verdict.status is Status.NOT_APPLICABLE
