"""Running rules, and the fixes they show, on a database of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection, connect

from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.findings import Finding
from pgmason.rules import SchemaInput, SchemaRule, check_schema, rule_named
from pgmason.statements import read_script

__all__ = ["autocommit", "product", "run", "schema_rule", "verdict"]


def product(**settings: Any) -> Product:
    """A product with these settings and every other at its default."""
    return Product(**{"name": "shop", "root": Path(), "criteria": {}, **settings})


def schema_rule(name: str) -> SchemaRule:
    rule = rule_named(name)
    assert isinstance(rule, SchemaRule)
    return rule


def verdict(catalog: Catalog, rule: str | None = None, **settings: Any) -> tuple[Finding, ...]:
    """What one rule, or all of them, find in a catalog."""
    rules = None if rule is None else [schema_rule(rule)]
    return check_schema(SchemaInput(product=product(**settings), catalog=catalog, places={}), rules)


def autocommit(url: str) -> Connection[Any]:
    """A connection in which each statement is a transaction, as CONCURRENTLY needs it."""
    return connect(url, autocommit=True)


def run(connection: Connection[Any], sql: str) -> None:
    """Run SQL statement by statement, as a person would paste it."""
    for statement in read_script(sql).statements:
        connection.execute(statement.text.encode())
