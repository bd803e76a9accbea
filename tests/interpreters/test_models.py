"""SQLAlchemy models as products have them, imported by a Python that has the libraries."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from same_catalogs import assert_same

from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.errors import UnknownSource
from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.permission import CodeRefused, allow_code
from pgmason.plan.diff import compare
from pgmason.sources import Context, read_source
from pgmason.sources.product import read_product

LEDGER = Path(__file__).parents[2] / "examples" / "ledger"


@pytest.fixture
def models(tmp_path: Path, product_python: Path) -> Callable[..., Context]:
    """A package `shop` with these modules, and how it is read."""

    def make(**modules: str) -> Context:
        (tmp_path / "shop").mkdir(exist_ok=True)
        for name, text in {"__init__": "", **modules}.items():
            (tmp_path / "shop" / f"{name}.py").write_text(text, encoding="utf-8")
        return Context(base=tmp_path, root=tmp_path, python=str(product_python))

    return make


BASE = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\n"
ORDER = (
    "from sqlalchemy.orm import Mapped, mapped_column\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
)


def tables(catalog: Catalog) -> set[str]:
    return {identity.name for identity, _ in catalog.tables}


def test_the_example_from_its_models_is_the_example_from_its_migrations(tmp_path: Path, product_python: Path) -> None:
    """But for what its README says that SQLAlchemy has no words for: the partitions and the view."""
    shutil.copytree(LEDGER, tmp_path / "ledger")
    context = Context(base=tmp_path / "ledger", root=tmp_path, python=str(product_python))
    modelled = read_source("sqlalchemy:ledger.models:Base", context).catalog
    migrated = read_source("migrations:migrations", context).catalog
    differing = {change.object.name for change in compare(modelled, migrated).changes}
    assert differing == {"public.entries_2026_01", "public.entries_2026_02", "public.trial_balance"}


WITHOUT_TYPE = BASE + "from sqlalchemy import Table, Column\nTable('t', Base.metadata, Column('c'))\n"
WITH_REGISTRY = (
    "from sqlalchemy.orm import Mapped, mapped_column, registry\nreg = registry()\n"
    "@reg.mapped\nclass Order:\n    __tablename__ = 'orders'\n"
    "    id: Mapped[int] = mapped_column(primary_key=True)\n"
)
WITH_SQLMODEL = (
    "from sqlmodel import Field, SQLModel\n"
    "class Order(SQLModel, table=True):\n    __tablename__ = 'orders'\n"
    "    id: int | None = Field(default=None, primary_key=True)\n"
)


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        (BASE + ORDER + "class Inner:\n    def made():\n        return [Base.metadata]\n", "Inner.made"),
        (WITH_REGISTRY, "reg"),
        (WITH_SQLMODEL, "SQLModel"),
    ],
    ids=["function", "registry", "sqlmodel"],
)
def test_whatever_holds_the_metadata_will_do(models: Callable[..., Context], text: str, attribute: str) -> None:
    reading = read_source(f"sqlalchemy:shop.models:{attribute}", models(models=text))
    assert tables(reading.catalog) == {"public.orders"}
    assert reading.notes == ()


def test_a_flask_application_says_its_models_and_those_of_other_databases_are_passed_over(
    product: Callable[..., Context], made_by_hand: Callable[[str], Catalog]
) -> None:
    context = product("flask_shop")
    reading = read_source("sqlalchemy:app:create_app", context)
    assert_same(reading.catalog, made_by_hand("flask_shop"))
    assert reading.notes == ("passed over, the models of another database (bind statistics)",)
    assert_same(read_source("sqlalchemy:app:db", context).catalog, reading.catalog)


def test_metadata_that_was_imported_by_half_is_told(product: Callable[..., Context], product_python: Path) -> None:
    context = product("filtered", environment={"SECRET_KEY": "no secret"})
    reading = read_source("sqlalchemy:app.models:Base", context)
    assert tables(reading.catalog) == {"public.people", "audit.visits"}
    [note] = reading.notes
    assert note == (
        "define tables and are not imported by app.models:Base, so their tables are missing here: app/forgotten.py"
    )
    both = Product(
        name="filtered",
        root=context.root,
        schema="sqlalchemy:app.models:Base",
        migrations="alembic",
        format="alembic",
        python=str(product_python),
        environment=context.environment,
        criteria={},
    )
    told = read_product(both, what="tests")
    assert "public.forgotten" in tables(told.catalog)  # the migrations stand
    [beside] = [note for note in told.notes if "unknown to" in note]
    assert beside.startswith("made by the migrations and unknown to sqlalchemy:app.models:Base: public.forgotten; kept")
    unreadable = replace(both, schema="sqlalchemy:app.nothing:Base")
    assert any(note.startswith("the models were not read: ") for note in read_product(unreadable, what="tests").notes)


def test_ddl_of_listeners_is_sent_where_they_send_it(models: Callable[..., Context]) -> None:
    text = (
        BASE
        + ORDER
        + (
            "from sqlalchemy import DDL, event, text\n"
            "event.listen(Base.metadata, 'before_create', DDL('CREATE DOMAIN percent AS int CHECK (VALUE %% 2 = 0)'))\n"
            "@event.listens_for(Order.__table__, 'after_create')\n"
            "def views(target, connection, **named):\n"
            "    connection.execute(text(\"CREATE VIEW v AS SELECT id, '1\\\\:2' AS t FROM orders\"))\n"
        )
    )
    catalog = read_source("sqlalchemy:shop.models:Base", models(models=text)).catalog
    assert {identity.name for identity in catalog.objects} >= {"public.percent", "public.v"}


def test_a_schema_that_create_all_would_miss_is_made(models: Callable[..., Context]) -> None:
    text = BASE + ORDER.replace("'orders'\n", "'orders'\n    __table_args__ = {'schema': 'Odd one'}\n")
    assert tables(read_source("sqlalchemy:shop.models:Base", models(models=text)).catalog) == {'"Odd one".orders'}


def test_what_was_imported_is_asked_again_when_a_file_of_it_changes(models: Callable[..., Context]) -> None:
    context = models(db=BASE, models="from shop.db import Base\n" + ORDER)
    assert tables(read_source("sqlalchemy:shop.models:Base", context).catalog) == {"public.orders"}
    models(
        db=BASE.replace("class Base", "def unused(): ...\nclass Base"),
        models="from shop.db import Base\n" + ORDER.replace("orders", "bills"),
    )
    assert tables(read_source("sqlalchemy:shop.models:Base", context).catalog) == {"public.bills"}
    walk = (
        "import importlib, pkgutil, shop\nfrom shop.db import Base\n"
        "for one in pkgutil.iter_modules(shop.__path__):\n    importlib.import_module(f'shop.{one.name}')\n"
    )
    models(every=walk)
    assert tables(read_source("sqlalchemy:shop.every:Base", context).catalog) == {"public.bills"}
    models(every=walk, late="from shop.db import Base\n" + ORDER.replace("orders", "late").replace("Order", "Late"))
    assert tables(read_source("sqlalchemy:shop.every:Base", context).catalog) == {"public.bills", "public.late"}


@pytest.mark.parametrize(
    ("source", "text", "message", "where"),
    [
        ("shop.nothing:Base", "", "import failed: ModuleNotFoundError: No module named", "shop.nothing:Base"),
        ("shop.models:x", "x = 7\n", "import failed: NoMetadata: shop.models:x is int", "shop.models:x"),
        (
            "shop.models:Base",
            "import os\nos.environ['TOKEN']\n",
            "import failed: KeyError: 'TOKEN'",
            "shop/models.py:2",
        ),
        ("shop.models:Base", "def (\n", "import failed: SyntaxError", "shop/models.py:1"),
        ("shop.models:Base", "raise SystemExit(3)\n", "import failed: SystemExit: 3", "shop/models.py:1"),
        ("shop.models:Base", WITHOUT_TYPE, "DDL failed: CompileError", "shop.models:Base"),
    ],
)
def test_models_that_cannot_be_read_are_told(
    models: Callable[..., Context], source: str, text: str, message: str, where: str
) -> None:
    with pytest.raises(ProgramFailed) as failed:
        read_source(f"sqlalchemy:{source}", models(models=text))
    assert failed.value.what.startswith(f"models {message}")
    assert failed.value.where == where
    assert failed.value.exit_code == 3
    mended = {
        "shop.nothing:Base": "shop is the product's own, and has no such module",
        "def (\n": "mend that line",
        WITHOUT_TYPE: "cannot write that model",
    }
    assert mended.get(source, mended.get(text, "name")) in (failed.value.fix or "")
    assert [step.command for step in failed.value.next] == ["pgmason check"]


def test_a_program_that_eats_memory_is_ended(models: Callable[..., Context]) -> None:
    with pytest.raises(ProgramFailed, match="models import failed: MemoryError"):
        read_source("sqlalchemy:shop.models:Base", models(models="x = bytearray(6_000_000_000)\n"))


def test_nothing_of_the_callers_environment_reaches_the_models(
    models: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://root:secret@db.example.com/production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    spy = (
        "import os\nleft = [n for n, v in os.environ.items() if 'secret' in v or 'production' in v]\n"
        "assert not left, left\nassert not os.listdir(os.path.expanduser('~'))\n"
    )
    assert tables(read_source("sqlalchemy:shop.models:Base", models(models=spy + BASE + ORDER)).catalog)


def test_models_are_refused_by_name_without_code(models: Callable[..., Context]) -> None:
    allow_code(False)
    try:
        with pytest.raises(CodeRefused, match="its models would have to be run"):
            read_source("sqlalchemy:shop.models:Base", models(models=BASE))
    finally:
        allow_code(True)
    with pytest.raises(UnknownSource, match="names MODULE:ATTRIBUTE"):
        read_source("sqlalchemy:shop.models", models(models=BASE))
