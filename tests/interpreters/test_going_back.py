"""The DOWN of a program is what the product's own tool does when it goes back: tried on products by the real tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgmason.config import read_workspace
from pgmason.formats import read_history
from pgmason.interpreters.permission import CodeRefused, allow_code
from pgmason.prove.down import DownProof, Outcome, prove_program_down
from pgmason.prove.pending import migration_inputs
from pgmason.rules import check_migration
from pgmason.sources import Context
from pgmason.sources.recorded import recording_of

SECRET = {"environment": {"SECRET_KEY": "no secret"}}
FLASK = {"environment": {"FLASK_APP": "app:create_app"}}


def proof(context: Context, folder: str, version: str) -> DownProof:
    recording = recording_of(read_history(context.base / folder), context)
    migration = next(one for one in recording.history.migrations if one.version == version)
    return prove_program_down(recording.history, recording.steps[: recording.steps.index(version)], migration, context)


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "folder", "settings", "version"),
    [
        ("branches", "db", {}, "aa02"),  # a merge of two
        ("flask_shop", "migrations", FLASK, "ab12cd"),  # the first of all
        ("library", ".", {}, "books.0001_initial"),  # after those that Django has itself
    ],
)
def test_a_way_back_that_works_is_proven_by_the_tool(
    product: Callable[..., Context], name: str, folder: str, settings: dict[str, Any], version: str
) -> None:
    done = proof(product(name, **settings), folder, version)
    assert (done.outcome, done.lost) == (Outcome.RESTORES, ())


def test_what_a_downgrade_forgets_is_told(product: Callable[..., Context]) -> None:
    done = proof(product("filtered", **SECRET), "alembic", "one")  # its downgrade drops two tables of five
    assert done.outcome is Outcome.DIFFERS
    assert [lost.split()[1:3] for lost in done.lost] == [
        ["schema", "billing"],
        ["table", "billing.invoices"],
        ["table", "public.forgotten"],
        ["table", "public.legacy_orders"],
    ]


def test_a_downgrade_after_which_the_upgrade_does_not_run_is_told(product: Callable[..., Context]) -> None:
    """The schema is as it was, and the row that the UP asks for has another status."""
    done = proof(product("enums"), "migrations", "0003")
    assert done.outcome is Outcome.NOT_AGAIN
    assert "the rows of the first revision are there" in done.lost[0]


@pytest.mark.parametrize(
    ("name", "folder", "version", "said"),
    [
        ("enums", "migrations", "0002", "NotImplementedError: a value of an enum stays"),
        ("library", ".", "books.0002_pages", "IrreversibleError"),
    ],
)
def test_a_tool_that_cannot_go_back_says_why(
    product: Callable[..., Context], name: str, folder: str, version: str, said: str
) -> None:
    done = proof(product(name), folder, version)
    assert done.outcome is Outcome.FAILS
    assert said in done.lost[0]


def test_node_pg_migrate_goes_back_by_itself_where_it_can(product: Callable[..., Context], product_node: Path) -> None:
    context = product("ticket_office")
    (context.base / "node_modules").symlink_to(product_node / "node_modules")
    # neither has a `down`
    assert proof(context, "migrations", "1700000000000_events").outcome is Outcome.RESTORES
    filled = proof(context, "migrations", "1700000003000_fill")
    assert filled.outcome is Outcome.FAILS
    assert "Impossible to automatically infer down migration" in filled.lost[0]


def test_pending_programs_are_judged_and_found_at_their_upgrade(
    product: Callable[..., Context], tmp_path: Path, product_python: Path
) -> None:
    context = product("branches")
    phone = context.base / "db/versions/ff01_phone.py"
    rewrite(phone, 'op.drop_column("customers", "phone")', 'op.execute("SELECT 1")')
    (tmp_path / "pgmason.toml").write_text(
        f'[products.shop]\npath = "branches"\nmigrations = "db"\npython = "{product_python}"\n', encoding="utf-8"
    )
    shop = read_workspace(tmp_path / "pgmason.toml").product(None)
    history = read_history(context.base / "db")
    pending = [one for one in history.migrations if one.version in ("ff01", "bb03")]
    inputs = migration_inputs(shop, history, pending, what="tests")
    assert [one.name for one in inputs] == ["ff01_phone", "bb03_after_the_merge"]
    assert [one.undone.how for one in inputs if one.undone is not None] == ["differs", "restores"]
    found = {(one.rule, str(one.place)) for each in inputs for one in check_migration(each)}
    lines = (context.base / "db/versions/bb03_after_the_merge.py").read_text(encoding="utf-8").split("\n")
    line = lines.index("def upgrade():") + 1
    assert ("down-does-not-restore", "branches/db/versions/ff01_phone.py:1") in found
    assert ("not-null-reads-the-table", f"branches/db/versions/bb03_after_the_merge.py:{line}") in found


def test_no_code_refuses_the_way_back_by_name(product: Callable[..., Context]) -> None:
    context = product("branches")
    recording = recording_of(read_history(context.base / "db"), context)
    allow_code(False)
    try:
        with pytest.raises(CodeRefused, match=r"its migrations \(alembic\) would have to be run"):
            prove_program_down(recording.history, (), recording.history.migrations[0], context)
    finally:
        allow_code(True)
