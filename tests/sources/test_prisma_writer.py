"""Catalogs written as schema.prisma, and existing files edited: Prisma's engine takes them, and sees no drift."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from prisma_engine import PrismaEngine, files_of
from prisma_judging import Database, difference, empty_database

from pgmason.catalog.model import Catalog
from pgmason.plan.diff import compare
from pgmason.postgres.server import Server
from pgmason.sources import Context, Reading, read_source
from pgmason.sources.prisma import read_prisma, schema_of
from pgmason.sources.prisma.version import NEWEST, Version
from pgmason.sources.prisma.writer import Style, edit_schema, write_schema
from pgmason.sources.prisma.writer.features import features_of
from pgmason.statements import read_script

HERE = Path(__file__).parent
EXPORTS = sorted((HERE / "prisma_exports").glob("*.sql"))
SHOP = HERE / "prisma_edits" / "shop.prisma"
EDITS = sorted((HERE / "prisma_edits").glob("*.sql"))
# What the engine wants although the file says all that the language can; each cannot be said otherwise.
DRIFT = {
    "a1_pkey": "over a type that Prisma has not",
    "a2_pkey": "over a list",
    "a7_c_fkey": "refers to such a key",
    "refers_h_fkey": "a bigint refers to an integer, which no relation does",
    "refers_m_fkey": "over a type that Prisma has not",
    "kinds_txt_idx1": "the engine forgets the operator class that it has just made",
    '"ch" SET DATA TYPE': "the engine forgets the quotes of this type",
    "nothing": "a table without columns",
}


def context(server: Server) -> Context:
    return Context(base=HERE, root=HERE, major=server.choice.installation.major)


def written(catalog: Catalog, engine: PrismaEngine, folder: Path) -> dict[str, str]:
    """The catalog as a schema.prisma in that folder, which the engine takes and finds laid out as it would itself."""
    file = folder / "schema.prisma"
    file.write_text(write_schema(catalog).text, encoding="utf-8")
    assert engine.faults(files_of(file)) == []
    laid_out = engine.formatted(files_of(file))["schema.prisma"]
    assert difference(laid_out.splitlines(), file.read_text(encoding="utf-8").splitlines()) == ""
    return files_of(file)


def read_again(folder: Path, server: Server) -> Reading:
    base = Context(base=folder, root=folder, major=server.choice.installation.major)
    return read_source(f"prisma:{folder / 'schema.prisma'}", base)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.stem)
def test_a_database_is_written_so_that_the_engine_sees_no_drift(
    export: Path, engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    with empty_database(prisma_server) as database:
        database.apply(export.read_text(encoding="utf-8"))
        catalog = database.read()
        files = written(catalog, engine, tmp_path)
        wanted = [one.text for one in read_script(engine.drift(database.url, files)).statements]
    assert [text for text in wanted if not any(known in text for known in DRIFT)] == []
    if export.stem == "beyond":  # holds types that only it has, so that the file makes no database of its own
        return
    anew = read_again(tmp_path, prisma_server)
    changes = compare(catalog, anew.catalog, reaches=[anew.reach]).changes
    assert [one.object.own_name for one in changes if one.object.own_name not in DRIFT] == []


def test_what_the_language_cannot_say_stands_in_the_file_and_is_told(prisma_server: Server) -> None:
    with empty_database(prisma_server) as database:
        database.apply((HERE / "prisma_exports" / "beyond.sql").read_text(encoding="utf-8"))
        catalog = database.read()
    result = write_schema(catalog)
    told = "\n".join(map(str, result.beyond))
    for what in (
        "check kinds_id_check", "check lower_than", "policy all_of_it", "row security", "exclusion constraint",
        "kinds_lower_idx", "partition public.part_2020", "INHERITS (public.heap)",
        "materialized view public.kept", "function public.twice", "the domain public.positive",
        "GENERATED ALWAYS AS ((id + 1))", "GENERATED ALWAYS AS IDENTITY", "COLLATE pg_catalog.C", "NOT NULL of a list",
        "DEFERRABLE", "fillfactor=70", "NULLS FIRST", "INCLUDE (big)", "rule no_delete", "extended statistics",
        "table public.nothing", "counts by public.lone", "NULLS NOT DISTINCT", "enum public.empty_enum",
        "composite type public.pair", "the comment on index public.kinds_lower_idx",
    ):  # fmt: skip
        assert what in told, what
    assert '@@index([sm], where: raw("(sm > 0)"))' in result.text
    comments = "\n".join(line for line in result.text.splitlines() if line.startswith("//"))
    for one in result.beyond:
        assert " ".join(one.what.split())[:40] in " ".join(comments.replace("//", " ").split()), one
    older = write_schema(catalog, Style(features=features_of(Version(7, 3, 0, "package.json"))))
    assert '  previewFeatures = ["views"]\n' in older.text
    assert [one for one in older.beyond if one.what.endswith("WHERE (sm > 0)")]
    assert "/// What there is,\n/// in two lines.\n" in result.text
    assert "  /// always positive\n" in result.text


@pytest.mark.corpus
@pytest.mark.parametrize("sample", ["chinook", "pagila"])
def test_a_sample_database_is_written_so_that_the_engine_sees_no_drift(
    sample: str, corpus: Path, engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    [file] = (corpus / "samples" / sample).glob("*.sql")
    script = read_script(file.read_text(encoding="utf-8"))
    with empty_database(prisma_server) as database:
        database.apply(
            ";\n".join(one.text for one in script.statements if one.form not in ("copy_stmt", "insert_stmt"))
        )
        catalog = database.read()
        files = written(catalog, engine, tmp_path)
        assert engine.drift(database.url, files) == ""
    anew = read_again(tmp_path, prisma_server)
    assert compare(catalog, anew.catalog, reaches=[anew.reach]).changes == ()
    with empty_database(prisma_server) as theirs:
        theirs.apply(engine.create(files))
        assert difference(theirs.read(), anew.catalog) == ""


@pytest.fixture(scope="module")
def shop(prisma_server: Server) -> Catalog:
    return read_prisma(SHOP, context(prisma_server)).catalog


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.stem)
def test_an_existing_file_is_edited_where_it_says_something_else(
    edit: Path, shop: Catalog, engine: PrismaEngine, prisma_server: Server
) -> None:
    text = SHOP.read_text(encoding="utf-8")
    change = edit.read_text(encoding="utf-8")
    most = int(change.split()[3])
    with empty_database(prisma_server) as database:
        database.apply(engine.create({"schema.prisma": text}) + change)
        new = edited(text, shop, database, prisma_server)
        assert engine.faults({"schema.prisma": new}) == []
        assert engine.drift(database.url, {"schema.prisma": new}) == ""
    before, after = text.splitlines(), new.splitlines()
    differ = [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
    assert len(differ) <= most, "\n".join(differ)
    comments = [line for line in after if "//" in line]
    assert [line.split("//")[1] for line in before if "//" in line] == [line.split("//")[1] for line in comments]


def edited(text: str, shop: Catalog, database: Database, server: Server) -> str:
    """The shop's file as it is edited for what a database has."""
    schema = schema_of(SHOP, context(server))
    result = edit_schema(schema, NEWEST, before=shop, after=database.read())
    [(_, new)] = result.files.items() or [("", text)]
    return new


def test_join_tables_are_relations_where_the_product_s_prisma_makes_them_so(
    engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    """Before Prisma 6 a join table had a unique index, since then a primary key; the other one is a model."""
    with empty_database(prisma_server) as database:
        database.apply((HERE / "prisma_exports" / "relations.sql").read_text(encoding="utf-8"))
        catalog = database.read()
    old, new = (write_schema(catalog, Style(join_keys=keys)).text for keys in (False, True))
    assert ("model Older {" in old, "model Friends {" in old) == (False, True)
    assert ("model Older {" in new, "model Friends {" in new) == (True, False)
    assert engine.faults({"schema.prisma": old}) == []
    (tmp_path / "schema.prisma").write_text(old, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}', encoding="utf-8")
    anew = read_again(tmp_path, prisma_server)
    assert compare(catalog, anew.catalog, reaches=[anew.reach]).changes == ()


def test_of_several_files_only_that_which_says_it_is_edited(
    engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    head, _, models = SHOP.read_text(encoding="utf-8").partition("/// Somebody who buys.")
    orders, enums = models.split("/// how far")
    texts = {"base.prisma": head, "enums.prisma": f"/// how far{enums}", "models/shop.prisma": f"// ours\n{orders}"}
    texts["models/shop.prisma"] = texts["models/shop.prisma"].replace("\n", "\r\n")
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    here = Context(base=tmp_path, root=tmp_path, major=prisma_server.choice.installation.major)
    before = read_prisma(tmp_path, here).catalog
    with empty_database(prisma_server) as database:
        database.apply(
            engine.create(texts) + "ALTER TABLE orders ADD note text; CREATE TABLE other (id int PRIMARY KEY);"
        )
        result = edit_schema(schema_of(tmp_path, here), NEWEST, before=before, after=database.read())
        assert list(result.files) == ["models/shop.prisma"]
        assert engine.drift(database.url, texts | result.files) == ""
    assert result.files["models/shop.prisma"].count("\n") == result.files["models/shop.prisma"].count("\r\n")
