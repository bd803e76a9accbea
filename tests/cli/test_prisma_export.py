"""`schema export --as prisma`, as somebody types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SQL = """
CREATE TABLE customers (id serial PRIMARY KEY, email text NOT NULL UNIQUE, CHECK (email <> ''));
CREATE TABLE orders (id serial PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers ON UPDATE CASCADE);
"""


def typed(folder: Path, *words: str, exit: int = 0) -> tuple[str, str]:
    """What the command says on stdout and stderr."""
    command = [sys.executable, "-m", "pgmason", "schema", "export", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == exit, done.stderr
    return done.stdout, done.stderr


def test_any_source_is_written_as_a_schema_and_an_existing_one_is_edited(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SQL, encoding="utf-8")
    out, err = typed(tmp_path, "sql:schema.sql", "--as", "prisma")
    assert "model Orders {" in out
    assert "  customer   Customers @relation(fields: [customerId], references: [id], onDelete: NoAction)\n" in out
    assert "beyond schema.prisma: public.customers: check customers_email_check" in err

    mine = out.replace("model Orders {", "// ours\nmodel Purchase {").replace("Orders[]", "Purchase[]")
    (tmp_path / "schema.prisma").write_text(mine, encoding="utf-8")
    out, err = typed(tmp_path, "sql:schema.sql", "--as", "prisma", "--into", "schema.prisma")
    assert (out, "says it already" in err) == ("", True)
    assert (tmp_path / "schema.prisma").read_text(encoding="utf-8") == mine

    (tmp_path / "schema.sql").write_text(SQL + "ALTER TABLE orders ADD note varchar(80);", encoding="utf-8")
    out, err = typed(tmp_path, "sql:schema.sql", "--as", "prisma", "--into", "schema.prisma")
    assert (out, "edited schema.prisma" in err) == ("", True)
    changed = (tmp_path / "schema.prisma").read_text(encoding="utf-8").splitlines()
    assert [line for line in changed if line not in mine.splitlines()] == ["  note       String?   @db.VarChar(80)"]


def test_a_file_is_edited_or_written_not_both(tmp_path: Path) -> None:
    _, err = typed(tmp_path, "empty", "--as", "prisma", "--into", "a.prisma", "--to", "b.prisma", exit=2)
    assert "--into" in err
    _, err = typed(tmp_path, "empty", "--as", "sql", "--into", "a.prisma", exit=2)
    assert "--as prisma" in err
