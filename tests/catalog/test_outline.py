"""What is shown to a person on a terminal leaves no object out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from round_trip import skip_what_the_server_lacks

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.outline import outline
from pgmason.catalog.reading import read_catalog
from pgmason.names import printable, quoted
from pgmason.postgres.server import Server

KINDS = sorted((Path(__file__).parent / "kinds").glob("*.sql"))


@pytest.mark.parametrize("file", KINDS, ids=lambda file: file.stem)
def test_every_object_is_shown(server: Server, database_on: Callable, file: Path) -> None:
    """Under its name; what a column or a constraint brings with it is told there."""
    text = file.read_text(encoding="utf-8")
    skip_what_the_server_lacks(server, text)
    database = database_on(server)
    with server.connect(database.scratch.name) as admin:
        admin.execute("SET search_path = public;\n" + text)
        admin.execute("RESET ALL")
        catalog = read_catalog(admin)
    shown = outline(catalog)
    for identity, state in catalog.objects.items():
        brought = isinstance(state, Index) and state.constraint is not None
        brought = brought or (isinstance(state, Sequence) and state.owned_by is not None)
        name = identity.name if not (identity.is_member or isinstance(state, Index)) else quoted(identity.own_name)
        assert brought or printable(name) in shown, str(identity)
