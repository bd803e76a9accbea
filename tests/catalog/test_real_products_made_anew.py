"""Real products' schemas, made by their own migrations, exported, and made anew: the same, says PostgreSQL."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from round_trip import make_roles, round_trip

from pgmason.postgres.scratch import offer_extensions
from pgmason.postgres.server import Server
from pgmason.statements import extensions_created, read_script, roles_named

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.products import PRODUCTS, RealProduct  # noqa: E402  # the list that the long proofs use, too

# Rows are no schema, and COPY waits for them.
_NO_SCHEMA = frozenset({"copy_stmt", "insert_stmt"})


@pytest.mark.corpus
@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_real_product_made_anew_is_the_same(server: Server, corpus: Path, product: RealProduct) -> None:
    statements = [f'CREATE EXTENSION IF NOT EXISTS "{name}" SCHEMA public' for name in product.beforehand]
    extensions, roles = set(product.beforehand), set()
    for file in product.sql_files(corpus):
        script = read_script(file.read_text(encoding="utf-8-sig"), file=file.name)
        statements += [statement.text for statement in script.statements if statement.form not in _NO_SCHEMA]
        extensions |= set(extensions_created(script))
        roles |= roles_named(script)
    assert statements
    offer_extensions(server, extensions)
    make_roles(server, sorted(roles))
    trip = round_trip(server, statements)
    assert trip.accepted == len(statements), "a statement was refused, so this is not the product's schema"
    assert len(trip.before.tables) > 10
    trip.require_the_same()
